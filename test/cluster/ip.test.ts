import { describe, expect, it } from 'vitest';
import { canonicalCIDR, canonicalIP, hostPort, inCIDR, parseHostPort } from '../../server/src/base/ip.ts';

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['010.000.0.1', '10.0.0.1'],
    ['FD00:0:0:0::1', 'fd00::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::', '::'],
    ['256.0.0.1', undefined],
    ['10.0.0', undefined],
    ['10.0.0.1.', undefined],
    ['10.0.0.1/32', undefined],
    ['fe80::1%eth0', undefined],
    ['1::2::3', undefined],
    ['None', undefined],
    ['', undefined],
  ])('%s is %s', (text, expected) => {
    expect(canonicalIP(text)).toBe(expected);
  });

  it.each([
    ['10.244.3.7/16', '10.244.0.0/16'],
    ['10.0.0.1', '10.0.0.1/32'],
    ['FD00:10:244::7/48', 'fd00:10:244::/48'],
    ['::/0', '::/0'],
    ['10.0.0.0/33', undefined],
    ['10.0.0.0/', undefined],
    ['x/8', undefined],
  ])('network %s is %s', (text, expected) => {
    expect(canonicalCIDR(text)).toBe(expected);
  });

  it('belong to networks of their family', () => {
    expect(inCIDR('10.244.3.7', '10.244.0.0/16')).toBe(true);
    expect(inCIDR('10.245.0.1', '10.244.0.0/16')).toBe(false);
    expect(inCIDR('fd00::1', '0.0.0.0/0')).toBe(false);
    expect(inCIDR('junk', '0.0.0.0/0')).toBe(false);
  });

  it('are written and read with a port', () => {
    expect(hostPort('10.0.0.1', 80)).toBe('10.0.0.1:80');
    expect(hostPort('fd00::1', 80)).toBe('[fd00::1]:80');
    expect(parseHostPort('[fd00::1]:80')).toEqual({ ip: 'fd00::1', port: 80 });
    expect(parseHostPort('fd00::1')).toEqual({ ip: 'fd00::1', port: null });
    expect(parseHostPort('10.0.0.1:80')).toEqual({ ip: '10.0.0.1', port: 80 });
    expect(parseHostPort('10.0.0.1')).toEqual({ ip: '10.0.0.1', port: null });
    expect(parseHostPort('10.0.0.1:99999')).toBeUndefined();
    expect(parseHostPort('web:80')).toBeUndefined();
  });
});
