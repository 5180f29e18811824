import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { canonicalCIDR, canonicalIP, inCIDR, isLoopbackIP, withoutHostMask } from '../../server/src/base/ip.ts';

const seed = 20261126;
const numRuns = 2_000;
const address = fc.ipV4();
const prefix = fc.integer({ min: 0, max: 32 });

describe('networks of IPv4 are read as the library reads them', () => {
  it('what lies in one', () => {
    fc.assert(
      fc.property(address, address, prefix, fc.boolean(), (ip, base, bits, isNear) => {
        const network = `${isNear ? ip : base}/${bits}`;
        const [parsed, length] = ipaddr.IPv4.parseCIDR(network);
        expect(inCIDR(ip, network)).toBe(ipaddr.IPv4.parse(ip).match(parsed, length));
      }),
      { seed, numRuns },
    );
  });

  it('where one begins', () => {
    fc.assert(
      fc.property(address, prefix, (ip, bits) => {
        expect(canonicalCIDR(`${ip}/${bits}`)).toBe(`${ipaddr.IPv4.networkAddressFromCIDR(`${ip}/${bits}`)}/${bits}`);
      }),
      { seed, numRuns },
    );
  });

  it.each([
    ['10.0.0.1', '10.0.0.0/24', true],
    ['10.0.1.1', '10.0.0.0/24', false],
    ['255.255.255.255', '0.0.0.0/0', true],
    ['10.0.0.1', '10.0.0.1/32', true],
    ['fd00::1', 'fd00::/8', true],
    ['10.0.0.1', 'fd00::/8', false],
    ['10.0.0.1', '10.0.0.1', false],
    ['10.0.0.1', '10.0.0.0/33', false],
    ['10.0.0.1', '10.0.0.0/', false],
    ['10.0.0.1', '__proto__/24', false],
  ])('%s in %s: %s', (ip, network, isIn) => {
    expect(inCIDR(ip, network)).toBe(isIn);
  });
});

describe('a name with a colon is no address', () => {
  it.each(['shop/web:http', 'a:b:c:d', '::g', 'constructor:'])('%s', (text) => {
    expect(canonicalIP(text)).toBeUndefined();
  });
});

describe('the mask of one address is left out', () => {
  it.each([
    ['10.0.0.1/32', '10.0.0.1'],
    ['fd00::1/128', 'fd00::1'],
    ['10.0.0.1', '10.0.0.1'],
    ['10.244.0.0/16', '10.244.0.0/16'],
    // 2^96 addresses.
    ['fd00:244::/32', 'fd00:244::/32'],
  ])('%s: %s', (network, text) => {
    expect(withoutHostMask(network)).toBe(text);
  });
});

describe('loopback addresses', () => {
  it('are those of 127.0.0.0/8 in IPv4', () => {
    fc.assert(
      fc.property(address, fc.boolean(), (ip, isNear) => {
        const asked = isNear ? ip.replace(/^\d+/, '127') : ip;
        expect(isLoopbackIP(asked)).toBe(inCIDR(asked, '127.0.0.0/8'));
      }),
      { seed, numRuns },
    );
  });

  it.each([
    ['::1', true],
    ['::1/128', true],
    ['127.0.0.0/8', true],
    ['::', false],
    ['::1:0:0:0', false],
    ['::10', false],
    ['::/0', false],
    ['1.127.0.0', false],
    ['', false],
  ])('%s: %s', (text, isOne) => {
    expect(isLoopbackIP(text)).toBe(isOne);
  });
});
