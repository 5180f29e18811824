import { describe, expect, it } from 'vitest';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import { assumedBy, enumerate, type PacketTexts, pathWords } from './support.ts';

const remote = { isLocal: () => false };

const ways = (text: string, given: PacketTexts, options: EnumerateOptions) =>
  enumerate(text, given, options).outcomes.map(pathWords);

describe('what is delivered to the node', () => {
  it('a broadcast address: delivered where the networks are known, else perhaps', () => {
    const text = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A INPUT -m addrtype --dst-type BROADCAST -j DROP
-A FORWARD -j REJECT
COMMIT
`;
    const to = { to: '192.168.50.255' };
    const known = enumerate(text, to, { ...remote, isBroadcast: (ip) => ip === '192.168.50.255' });
    expect(known.outcomes.map(pathWords)).toEqual(['filter INPUT drop']);
    const elsewhere = enumerate(text, to, { ...remote, isBroadcast: () => false });
    expect(elsewhere.outcomes.map(pathWords)).toEqual(['filter FORWARD reject with icmp-port-unreachable']);
    const unknown = enumerate(text, to, remote);
    expect(unknown.outcomes.map((each) => [pathWords(each), assumedBy(each)])).toEqual([
      [
        'filter FORWARD reject with icmp-port-unreachable',
        ['192.168.50.255 is the broadcast address of no network of this node.'],
      ],
      ['filter INPUT drop', ['192.168.50.255 is the broadcast address of a network of this node.']],
    ]);
  });

  it('where the routes lead decides, whatever addresses are known', () => {
    const text = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -j MARK --set-xmark 0x1/0x1
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -j DROP
:FORWARD ACCEPT [0:0]
-A FORWARD -j REJECT
COMMIT
`;
    const routed: EnumerateOptions['routed'] = ({ mark }) => (mark === 1 ? 'here' : mark === 2 ? 'nowhere' : 'on');
    expect(ways(text, {}, { ...remote, routed })).toEqual([
      'mangle PREROUTING mark 0x1/0x1; mangle PREROUTING policy accept; filter INPUT drop',
    ]);
    expect(ways(text, { protocol: 'udp' }, { ...remote, routed })).toEqual(['filter FORWARD reject with icmp-port-unreachable']);
    const lost = enumerate(text, { protocol: 'udp', mark: 2 }, { ...remote, routed });
    expect(lost.outcomes.map(({ verdict, last }) => [verdict, last])).toEqual([['drop', null]]);
    expect(lost.assumptions).toEqual(['No route of this node leads to 10.0.0.1: it drops the packet before FORWARD.']);
  });

  it('and where they lead nowhere the node sends nothing: at first, behind another mark, behind another destination', () => {
    const text = `*mangle
:OUTPUT ACCEPT [0:0]
-A OUTPUT -d 10.0.0.1 -p udp -j MARK --set-mark 2
COMMIT
*nat
:OUTPUT ACCEPT [0:0]
-A OUTPUT -d 10.0.0.1 -p tcp -j DNAT --to-destination 10.99.0.1
COMMIT
*filter
:OUTPUT ACCEPT [0:0]
-A OUTPUT -j REJECT
COMMIT
`;
    const routed: EnumerateOptions['routed'] = ({ mark, destination }) =>
      mark === 2 || destination.text.startsWith('10.99.') || destination.text.startsWith('224.') ? 'nowhere' : 'on';
    const sent = (given: PacketTexts) => {
      const { outcomes, assumptions } = enumerate(text, { isFromHere: true, ...given }, { ...remote, routed });
      return [...outcomes.map((each) => [each.verdict, pathWords(each)]), assumptions];
    };
    const nowhere = (address: string) => [`No route of this node leads to ${address}: it does not send the packet.`];
    expect(sent({ to: '10.99.0.7' })).toEqual([['drop', ''], nowhere('10.99.0.7')]);
    expect(sent({ protocol: 'udp' })).toEqual([
      ['drop', 'mangle OUTPUT mark 0x2/0xffffffff; mangle OUTPUT policy accept'],
      nowhere('10.0.0.1'),
    ]);
    expect(sent({})).toEqual([['drop', 'nat OUTPUT dnat to 10.99.0.1'], nowhere('10.99.0.1')]);
    // What is for a group leaves by its source's interface; where somebody says the way out, that is it.
    const rejected = [['reject', 'filter OUTPUT reject with icmp-port-unreachable'], []];
    expect(sent({ to: '224.0.0.5', protocol: 'icmp' })).toEqual(rejected);
    expect(sent({ to: '10.99.0.7', protocol: 'icmp', out: 'eth0' })).toEqual(rejected);
  });

  it('is an error about a connection only where that has no NAT, which is said', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED -j ACCEPT
COMMIT
`;
    const given = { to: '192.0.2.1', protocol: 'icmp', icmp: { type: 3, code: 4 }, state: 'RELATED' } as const;
    const { outcomes, assumptions } = enumerate(text, given, { isLocal: (ip) => ip === '192.0.2.1' });
    expect(outcomes.map(pathWords)).toEqual(['filter INPUT accept']);
    expect(assumptions).toEqual([
      'The connection that the error is about is taken to have no NAT: else the error would be translated as answers to it are.',
    ]);
  });
});
