import { describe, expect, it } from 'vitest';
import {
  chainRequest,
  expectedRequest,
  isChainRequest,
  isExpectedRequest,
  isMapRequest,
  mapRequest,
  ownRequest,
  requestedChain,
} from '../../server/src/base/flow-request.ts';

describe('a request for the graph of a chain', () => {
  it('names the table, the chain and how many jumps are followed', () => {
    expect(chainRequest('filter', 'FORWARD', 5)).toBe('chain:filter/FORWARD@5');
    expect(requestedChain('chain:filter/FORWARD@5')).toEqual({ table: 'filter', chain: 'FORWARD', depth: 5 });
  });

  it('goes three jumps far where it does not say how far', () => {
    expect(chainRequest('nat', 'KUBE-SERVICES')).toBe('chain:nat/KUBE-SERVICES@3');
    expect(requestedChain('chain:nat/KUBE-SERVICES')?.depth).toBe(3);
  });

  it('takes a chain whose name looks like a depth, or has a slash', () => {
    expect(requestedChain('chain:nat/a@b@12')).toEqual({ table: 'nat', chain: 'a@b', depth: 12 });
    expect(requestedChain('chain:nat/a/b')).toEqual({ table: 'nat', chain: 'a/b', depth: 3 });
    expect(requestedChain('chain:nat/web@100')).toEqual({ table: 'nat', chain: 'web@100', depth: 3 });
  });

  it('names the Services that are drawn where there are too many: those of a namespace, or some of them', () => {
    const part = { namespace: 'shop', page: null };
    expect(chainRequest('nat', 'KUBE-SERVICES', 2, part)).toBe('chain:nat/KUBE-SERVICES@2/shop');
    expect(requestedChain('chain:nat/KUBE-SERVICES@2/shop')).toEqual({ table: 'nat', chain: 'KUBE-SERVICES', depth: 2, part });
    const page = chainRequest('nat', 'KUBE-SERVICES', 2, { namespace: 'shop', page: 12 });
    expect(requestedChain(page)?.part).toEqual({ namespace: 'shop', page: 12 });
  });

  it('is another thing than a request for the map', () => {
    expect(isMapRequest(mapRequest)).toBe(true);
    expect(['map', 'map:x', 'shop/map', 'chain:nat/map:'].filter(isMapRequest)).toEqual([]);
    expect(isChainRequest(mapRequest)).toBe(false);
  });

  it.each(['chain:', 'chain:nat', 'chain:nat/', 'chain:/web', 'chain:nat/two words'])('cannot be read: %s', (to) => {
    expect(isChainRequest(to)).toBe(true);
    expect(requestedChain(to)).toBeUndefined();
  });

  it('is none for a Service or an address', () => {
    expect(['shop/chain:http', '10.96.0.1:80', 'expected:shop/web'].filter(isChainRequest)).toEqual([]);
  });
});

describe('a request for a flow', () => {
  it('is for what kube-proxy would make, or for the dump’s own', () => {
    expect(expectedRequest('shop/web:http')).toBe('expected:shop/web:http');
    expect(['expected:shop/web', 'shop/web', 'chain:nat/X'].map(isExpectedRequest)).toEqual([true, false, false]);
    expect(['expected:shop/web', 'shop/web'].map(ownRequest)).toEqual(['shop/web', 'shop/web']);
  });
});
