import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endpointHash,
  hash16,
  hashedPrefix,
  portHash,
  portmapChain,
  portName,
  splitHashedName,
} from '../../server/src/kube/identity/chain-names.ts';

/** RFC 4648, by its definition: the digest as one number in base 32. */
function referenceHash16(text: string): string {
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 20);
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  let value = BigInt(`0x${digest}`);
  let out = '';
  for (let digit = 0; digit < 16; digit += 1) {
    out = digits.charAt(Number(value % 32n)) + out;
    value /= 32n;
  }
  return out;
}

describe("kube-proxy's chain names", () => {
  // All but the last are names that kube-proxy 1.34 and 1.16 wrote on real nodes.
  it.each([
    [portHash('kube-system/kube-dns:dns', 'udp'), 'TCOU7JCQXEZGVUNU'],
    [portHash('kube-system/kube-dns:dns-tcp', 'tcp'), 'ERIFXISQEP7F7OF4'],
    [portHash('default/kubernetes:https', 'tcp'), 'NPX46M4PTMTKRN6Y'],
    [portHash('shop/orders', 'tcp'), 'LB7WH76ELV6HGCHZ'],
    [portHash('monitoring/sigtran:m3ua', 'sctp'), 'M3EOYTKNTQIR3Z4V'],
    [endpointHash('shop/web:http', 'tcp', '10.244.0.11:8080'), 'GXKVICYM64SODBWJ'],
    [endpointHash('shop/web:http', 'tcp', '[fd00:10:244::b]:8080'), 'TGFAPLI5VVTD2KQI'],
  ])('%s', (actual, expected) => {
    expect(actual).toBe(expected);
  });

  it('have no colon behind a Service with an unnamed port', () => {
    expect(portName('shop', 'orders', '')).toBe('shop/orders');
    expect(portName('shop', 'web', 'http')).toBe('shop/web:http');
  });

  it('hash as RFC 4648 and SHA-256 say, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(hash16(text)).toBe(referenceHash16(text));
      }),
      { seed: 11, numRuns: 200 },
    );
    expect(hash16('x'.repeat(5000))).toBe(referenceHash16('x'.repeat(5000)));
  });

  it('are taken apart', () => {
    expect(splitHashedName('KUBE-SVC-TCOU7JCQXEZGVUNU')).toEqual({ prefix: 'KUBE-SVC-', hash: 'TCOU7JCQXEZGVUNU' });
    expect(splitHashedName('KUBE-SVC-tcou7jcqxezgvunu')).toBeUndefined();
    expect(splitHashedName('KUBE-SERVICES')).toBeUndefined();
    expect(hashedPrefix('KUBE-SEP-redacted')).toBe('KUBE-SEP-');
    expect(hashedPrefix('KUBE-SEP-')).toBeUndefined();
  });
});

describe("portmap's chain names", () => {
  it('are 28 characters of sha512', () => {
    const digest = createHash('sha512').update('cbr0abc').digest('hex');
    expect(portmapChain('cbr0', 'abc')).toBe(`CNI-DN-${digest}`.slice(0, 28));
  });
});
