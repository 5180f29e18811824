import { describe, expect, it } from 'vitest';
import type { NodeRecord } from '../../server/src/cluster/objects.ts';
import { nodeAddress } from '../../server/src/kube/proxy/node-address.ts';

function node(...addresses: readonly [type: string, address: string][]): NodeRecord {
  return {
    kind: 'Node',
    name: 'node-a',
    addresses: addresses.map(([type, address]) => ({ type, address })),
    podCIDRs: [],
    zone: '',
    labels: {},
    kubeletVersion: '',
  };
}

const both = node(['ExternalIP', '203.0.113.5'], ['InternalIP', '192.0.2.1'], ['InternalIP', 'fd00::1'], ['Hostname', 'node-a']);

describe('the address by which kube-proxy knows its node', () => {
  it('is an internal one before an external one, of the family', () => {
    expect(nodeAddress(both, { family: 'ipv4', version: 34 })).toBe('192.0.2.1');
    expect(nodeAddress(both, { family: 'ipv6', version: 34 })).toBe('fd00::1');
    expect(nodeAddress(node(['ExternalIP', '203.0.113.5']), { family: 'ipv4', version: 34 })).toBe('203.0.113.5');
  });

  it('is loopback where the node has none of the family, or is not known', () => {
    expect(nodeAddress(node(['InternalIP', '192.0.2.1']), { family: 'ipv6', version: 34 })).toBe('::1');
    expect(nodeAddress(node(['Hostname', 'node-a'], ['InternalIP', 'node-a']), { family: 'ipv4', version: 34 })).toBe(
      '127.0.0.1',
    );
    expect(nodeAddress(undefined, { family: 'ipv4', version: 34 })).toBe('127.0.0.1');
    expect(nodeAddress(undefined, { family: 'ipv6', version: 34 })).toBe('::1');
  });

  it('is that of the first family alone in 1.28', () => {
    expect(nodeAddress(both, { family: 'ipv4', version: 28 })).toBe('192.0.2.1');
    expect(nodeAddress(both, { family: 'ipv6', version: 28 })).toBe('::');
    expect(nodeAddress(undefined, { family: 'ipv6', version: 28 })).toBe('::1');
  });

  it('is not looked for before', () => {
    expect(nodeAddress(both, { family: 'ipv4', version: 27 })).toBe('0.0.0.0');
    expect(nodeAddress(both, { family: 'ipv6', version: 27 })).toBe('::');
  });
});
