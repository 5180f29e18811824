import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import { readBundle } from '../../server/src/node/bundle.ts';
import { nodeKnowledge } from '../../server/src/node/knowledge.ts';
import { addressOfInterface, redirectAddressOf } from '../../server/src/node/look-ups/own-address.ts';
import { type PacketTexts, packet, ruleset } from '../netfilter/support.ts';

const addresses = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet 192.0.2.1/24 scope global eth0
    inet 198.51.100.1/24 scope global eth0
    inet6 2001:db8::1/64 scope global
    inet6 fe80::1/64 scope link
3: cali1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet6 fe80::2/64 scope link
4: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet 10.42.0.1/24 scope global cni0
    inet6 fd42::1/64 scope global
    inet6 fe80::3/64 scope link
`;
const links = `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
3: cali1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
`;
const facts = readBundle([
  { path: 'ip-addr.txt', text: addresses },
  { path: 'ip-link.txt', text: links },
]);

describe('what is delivered to the node', () => {
  const routes = `local default dev lo table 100
default via 192.0.2.254 dev eth0
local 192.0.2.1 dev eth0 table local
local 203.0.113.0/24 dev lo table local
broadcast 192.0.2.255 dev eth0 table local
blackhole 198.18.0.0/15
`;
  const rules = `0: from all lookup local
50: from all fwmark 0x1 lookup 100
32766: from all lookup main
32767: from all lookup default
`;
  const known = nodeKnowledge(
    readBundle([
      { path: 'ip-addr.txt', text: addresses },
      { path: 'ip-route.txt', text: routes },
      { path: 'ip-rule.txt', text: rules },
    ]),
  );

  it('are its addresses, and what table local has; not what another table has for some packets', () => {
    const own = ['192.0.2.1', '203.0.113.9', '8.8.8.8'].map((ip) => known.isLocal?.(ip));
    expect(own).toEqual([true, true, false]);
  });

  it('are the last addresses of its networks', () => {
    const ofAll = ['192.0.2.255', '198.51.100.255', '10.42.0.255', '10.42.0.254', 'fd42::ff'].map((ip) =>
      known.isBroadcast?.(ip),
    );
    expect(ofAll).toEqual([true, true, true, false, false]);
    expect(
      nodeKnowledge(readBundle([{ path: 'ip-route.txt', text: 'default via 192.0.2.254 dev eth0' }])).isBroadcast?.(
        '192.0.2.255',
      ),
    ).toBe(undefined);
  });

  it('is what the routes lead there, by marks too', () => {
    const lead = (given: PacketTexts) => known.routed?.(packet({ in: 'eth0', ...given }));
    expect(
      [
        { to: '8.8.8.8' },
        { to: '8.8.8.8', mark: 1 },
        { to: '198.18.0.1' },
        { to: '192.0.2.1' },
        { to: '2001:db8::9', from: 'fd00::1' },
      ].map(lead),
    ).toEqual(['on', 'here', 'nowhere', 'here', undefined]);
  });
});

describe('the address that MASQUERADE gives', () => {
  const given = (name: string, destination: string): string | undefined =>
    addressOfInterface(facts, name, { destination, nextHop: destination });

  it('is the one of the interface whose network has the next hop, else its first', () => {
    expect([given('eth0', '198.51.100.9'), given('eth0', '203.0.113.9')]).toEqual(['198.51.100.1', '192.0.2.1']);
  });

  it("is another interface's where that has none, or lo's alone", () => {
    expect([given('cali1', '10.42.0.9'), given('lo', '10.42.0.1')]).toEqual(['192.0.2.1', '192.0.2.1']);
  });

  it("is near to the destination for IPv6, and the destination itself where that is the node's own", () => {
    expect([given('eth0', 'fd42::9'), given('cali1', 'fd42::9'), given('cali1', '2001:db8::9'), given('lo', 'fd42::1')]).toEqual([
      '2001:db8::1',
      'fd42::1',
      '2001:db8::1',
      'fd42::1',
    ]);
  });
});

describe('the address that REDIRECT gives', () => {
  const given = (name: string, destination: string) => redirectAddressOf(facts, name, destination);

  it("is the interface's first, or none", () => {
    expect([given('eth0', '203.0.113.9'), given('cali1', '203.0.113.9')]).toEqual(['192.0.2.1', null]);
    expect([given('eth0', '2001:db8::9'), given('cali1', '2001:db8::9'), given('eth0', 'fe80::9')]).toEqual([
      '2001:db8::1',
      'fe80::2',
      'fe80::1',
    ]);
  });

  it('is not known of an interface that nothing tells of', () => {
    expect(given('eth9', '203.0.113.9')).toBeUndefined();
    expect(redirectAddressOf(readBundle([]), 'eth0', '203.0.113.9')).toBeUndefined();
  });
});

describe('a packet through a node that is known', () => {
  const outcomes = (text: string, given: PacketTexts) =>
    runToEnd(enumerateSteps(ruleset(text), packet(given), nodeKnowledge(facts))).outcomes;

  it('is dropped by REDIRECT where its interface has no address', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n';
    expect(outcomes(text, { in: 'cali1' }).map(({ verdict }) => verdict)).toEqual(['drop']);
    expect(outcomes(text, { in: 'eth0' }).map((each) => each.packet.destination.text)).toEqual(['192.0.2.1']);
  });

  it('is not translated where MASQUERADE gives what it has', () => {
    const text = (options: string) => `*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -j MASQUERADE${options}\nCOMMIT\n`;
    const source = (options: string, from: string) =>
      outcomes(text(options), { from, in: 'cni0', out: 'eth0' }).map((each) => [
        each.packet.source?.text,
        each.packet.sport,
        each.packet.snat,
      ]);
    expect(source('', '192.0.2.1')).toEqual([['192.0.2.1', 40000, false]]);
    expect(source('', '10.42.0.9')).toEqual([['192.0.2.1', 40000, true]]);
    expect(source(' --random-fully', '10.42.0.9')).toEqual([['192.0.2.1', null, true]]);
  });
});
