import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { type NodeFacts, noFacts } from '../../server/src/node/facts.ts';
import { isOwn } from '../../server/src/node/look-ups/own-address.ts';
import { routeOf } from '../../server/src/node/look-ups/route.ts';

function factsOf(text: string): NodeFacts {
  return readBundle([{ path: 'node/ip-route.txt', text }]);
}

/** How a packet to an address is routed: by which interfaces and gateways, or what is said instead. */
function way(facts: NodeFacts, destination: string): string {
  const answer = routeOf(facts, { destination, source: '', mark: 0, in: '' });
  if (answer.kind !== 'route') return answer.kind;
  return answer.route.hops.map((hop) => `${hop.interface} ${hop.gateway}`.trim()).join(', ');
}

describe('a route that is not understood', () => {
  it.each([
    ['a type that is not known', 'strange 10.9.0.0/16 dev eth9\n'],
    ['a gateway that is none', '10.9.0.0/16 via somewhere dev eth9\n'],
    ['no way on', '10.9.0.0/16 proto bgp metric 20\n'],
    [
      'a way on that is not understood',
      '10.9.0.0/16 proto bgp\n\tnexthop via somewhere dev eth9\n\tnexthop via 10.0.0.8 dev eth8\n',
    ],
    ['packets of one TOS', '10.9.0.0/16 tos 0x10 via 10.0.0.2 dev eth9\n'],
  ])('leaves open what it covers, and nothing else: %s', (_, line) => {
    const facts = factsOf(`default via 10.0.0.1 dev eth0\n10.9.3.0/24 via 10.0.0.3 dev eth3\n${line}10.0.0.0/24 dev eth0\n`);
    expect(facts.routes?.skipped).toBe(1);
    expect([way(facts, '10.9.1.1'), way(facts, '10.9.3.1'), way(facts, '192.0.2.1'), way(facts, '10.0.0.7')]).toEqual([
      'unknown',
      'eth3 10.0.0.3',
      'eth0 10.0.0.1',
      'eth0',
    ]);
  });

  it('leaves all open where its destination is not understood', () => {
    for (const line of ['what nobody knows\n', '10.9.0.0/1\n', '10.9.0.0/99 dev eth0\n', 'default via somewh\n']) {
      const facts = factsOf(`10.0.0.0/24 dev eth0\n${line}`);
      expect([way(facts, '10.0.0.7'), way(facts, '192.0.2.1')]).toEqual(['unknown', 'unknown']);
    }
  });

  it('keeps its ways on to itself', () => {
    const facts = factsOf(
      '10.0.0.0/24 dev eth0\nstrange 10.9.0.0/16\n\tnexthop via 10.0.0.8 dev eth8\n\tnexthop via 10.0.0.9 dev eth9\n',
    );
    expect([way(facts, '10.0.0.7'), way(facts, '10.9.0.1')]).toEqual(['eth0', 'unknown']);
    const cut = factsOf('\tnexthop via 10.0.0.8 dev eth8\n10.0.0.0/24 dev eth0\n');
    expect(way(cut, '10.0.0.7')).toBe('unknown');
  });

  it('is told of JSON as of text', () => {
    const text = JSON.stringify([
      { dst: 'default', gateway: '10.0.0.1', dev: 'eth0', flags: [] },
      { type: 'strange', dst: '10.9.0.0/16', dev: 'eth9', flags: [] },
      { dst: '10.8.0.0/16', tos: '0x10', gateway: '10.0.0.2', dev: 'eth9', flags: [] },
      { dst: '10.7.0.0/16', gateway: 5, dev: 'eth9', flags: [] },
    ]);
    const facts = factsOf(text);
    expect(facts.routes?.skipped).toBe(3);
    expect(['10.9.0.1', '10.8.0.1', '10.7.0.1', '10.6.0.1'].map((ip) => way(facts, ip))).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'eth0 10.0.0.1',
    ]);
  });
});

it('reads a gateway of the other family', () => {
  expect(way(factsOf('default via inet6 fe80::1 dev eth0\n10.1.0.0/16 via inet6 fe80::2 dev eth1\n'), '10.1.0.1')).toBe(
    'eth1 fe80::2',
  );
});

describe('own addresses by the routes alone', () => {
  it('are known of the family whose local routes are there, where all is understood', () => {
    const local = 'local 10.0.0.5 dev eth0 table local proto kernel scope host src 10.0.0.5\n';
    expect([isOwn(factsOf(local), '10.0.0.5'), isOwn(factsOf(local), '10.0.0.6')]).toEqual([true, false]);
    expect(isOwn(factsOf(local), '2001:db8::1')).toBeUndefined();
    expect(isOwn(factsOf(`${local}what nobody knows\n`), '10.0.0.6')).toBeUndefined();
    expect(isOwn(noFacts, '10.0.0.6')).toBeUndefined();
  });
});
