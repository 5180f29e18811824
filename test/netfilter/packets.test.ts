import { describe, expect, it } from 'vitest';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import { address, assumedBy, enumerate, type PacketTexts, pathWords } from './support.ts';

const remote: EnumerateOptions = { isLocal: () => false };

function outcomes(text: string, given: PacketTexts = {}, options = remote): readonly string[] {
  return enumerate(text, given, options).outcomes.map((outcome) => [outcome.verdict, ...assumedBy(outcome)].join(': '));
}

describe('a packet that a rule sends to this node', () => {
  const redirect = `*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -j REDIRECT --to-ports 15006
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A INPUT -p tcp -j ACCEPT
-A FORWARD -p tcp -j DROP
COMMIT
`;

  it('is local once it is redirected, whatever is known of addresses', () => {
    for (const isLocal of [undefined, () => false, () => true] as const) {
      const found = enumerate(redirect, {}, isLocal === undefined ? {} : { isLocal }).outcomes;
      expect(found.map((outcome) => outcome.verdict)).toEqual(['accept', 'drop']);
      expect(found.map(pathWords)).toEqual([
        'nat PREROUTING redirect to :15006; filter INPUT accept',
        'nat PREROUTING redirect without an address: drop',
      ]);
    }
  });

  it('has an address of the node, which rules ask for', () => {
    const asking = redirect.replace('-A INPUT -p tcp', '-A INPUT -d 192.0.2.1/32 -p tcp').replace(':INPUT ACCEPT', ':INPUT DROP');
    expect(outcomes(asking)).toContain(
      'accept: The interface that the packet came in by has an address, which REDIRECT gives it.: The address that REDIRECT gave lies in 192.0.2.1/32.',
    );
    expect(outcomes(asking, {}, { ...remote, redirectAddress: () => address('192.0.2.1') })).toEqual(['accept']);
    expect(outcomes(asking, {}, { ...remote, redirectAddress: () => address('192.0.2.2') })).toEqual(['drop']);
    expect(outcomes(redirect, {}, { ...remote, redirectAddress: () => null })).toEqual(['drop']);
  });

  it('never has a loopback address, unless this node sends it', () => {
    const asking = redirect.replace('-A INPUT -p tcp', '-A INPUT -d 127.0.0.0/8 -p tcp').replace(':INPUT ACCEPT', ':INPUT DROP');
    expect(outcomes(asking).map((text) => text.split(':')[0])).toEqual(['drop', 'drop']);
    const sent = '*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -j REDIRECT --to-ports 15001\nCOMMIT\n';
    expect(enumerate(sent, { isFromHere: true }, remote).outcomes.map(({ packet }) => packet.destination.text)).toEqual([
      '127.0.0.1',
    ]);
  });

  it('is local by 127.0.0.1 and ::1 always', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n';
    expect(outcomes(text, { to: '127.0.0.1' })).toEqual(['accept']);
    expect(outcomes(text, { to: '127.8.0.1' }, {})).toEqual(['accept']);
  });

  it('is for all nodes by 255.255.255.255, and for none beyond', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j DROP\nCOMMIT\n';
    expect(outcomes(text, { to: '255.255.255.255' }, {})).toEqual(['accept']);
    expect(outcomes(text, { to: '255.255.255.254' }, { isLocal: () => false })).toEqual(['drop']);
  });

  it('is caught by TPROXY, mark and all', () => {
    const text = `*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
-A PREROUTING -p tcp -j TPROXY --on-port 15001 --on-ip 0.0.0.0 --tproxy-mark 0x200/0xf00
-A INPUT -m mark --mark 0x200/0xf00 -j DROP
COMMIT
`;
    expect(outcomes(text, { mark: 0x100 })).toEqual(['drop']);
  });

  it('is delivered where it is multicast and the node listens, and dropped before INPUT where not', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j REJECT\nCOMMIT\n';
    expect(outcomes(text, { to: '224.0.0.251' })).toEqual([
      'drop: This node does not listen to the multicast group 224.0.0.251, and drops the packet before INPUT.',
      'accept: This node listens to the multicast group 224.0.0.251.',
    ]);
  });
});

describe('flags, ICMP types and what conntrack says', () => {
  it('are separate: NOTRACK leaves a SYN a SYN and an echo request one', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j CT --notrack
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP
-A FORWARD -p icmp -m icmp --icmp-type 8 -j DROP
COMMIT
`;
    expect(outcomes(text)).toEqual(['drop']);
    expect(outcomes(text, { protocol: 'icmp', sport: null, dport: null })).toEqual(['drop']);
    expect(outcomes(text, { state: 'INVALID' })).toEqual(['drop']);
    expect(outcomes(text, { flags: 2, state: 'ESTABLISHED' })).toEqual(['drop']);
  });

  it('show a template as a connection without addresses', () => {
    const raw = (match: string) =>
      outcomes(`*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT\n-A PREROUTING ${match} -j DROP\nCOMMIT\n`);
    expect(raw('-m conntrack ! --ctrepldst 10.0.0.1')).toEqual(['drop']);
    expect(raw('-m conntrack --ctorigdst 10.0.0.1')).toEqual(['accept']);
    expect(raw('-m conntrack --ctorigdstport 0')).toEqual(['drop']);
    expect(raw('-m conntrack --ctorigdstport 1')).toEqual(['accept']);
    expect(raw('-m conntrack --ctdir ORIGINAL --ctstatus CONFIRMED')).toEqual(['drop']);
    expect(raw('-m connmark ! --mark 0x1')).toEqual(['drop']);
    expect(raw('-m connbytes --connbytes 1 --connbytes-mode packets --connbytes-dir both')).toEqual(['accept']);
  });

  it('have no mark of a connection behind table raw where they are invalid, template or not', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j CT --zone 0
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m connmark ! --mark 0x1 -j DROP
COMMIT
`;
    expect(outcomes(text, { state: 'INVALID' })).toEqual(['accept']);
    expect(outcomes(text)).toEqual(['drop']);
  });

  it('show a template to rules in table raw', () => {
    const raw = (rules: string) =>
      outcomes(`*raw\n:PREROUTING ACCEPT [0:0]\n${rules}\n-A PREROUTING -m state --state NEW -j DROP\nCOMMIT\n`);
    expect(raw('-A PREROUTING -j CT --zone 5')).toEqual(['drop']);
    expect(raw('-A PREROUTING -j MARK --set-mark 0x1')).toEqual(['accept']);
    expect(raw('-A PREROUTING -j CT --zone 5\n-A PREROUTING -j NOTRACK')).toEqual(['drop']);
  });

  it('ask nat for the first packet alone, and for none without a connection', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DNAT --to-destination 10.9.9.9\nCOMMIT\n';
    const to = (given: PacketTexts) => enumerate(text, given, remote).outcomes.map(({ packet }) => packet.destination.text);
    expect(to({})).toEqual(['10.9.9.9']);
    expect(to({ state: 'RELATED' })).toEqual(['10.9.9.9']);
    expect(to({ state: 'RELATED', protocol: 'icmp' })).toEqual(['10.0.0.1']);
    expect(to({ state: 'ESTABLISHED' })).toEqual(['10.0.0.1']);
    expect(to({ state: 'INVALID' })).toEqual(['10.0.0.1']);
  });
});

describe('a packet of this node whose destination changes', () => {
  it('is routed once more, and may leave by another interface', () => {
    const text = `*nat
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -o eth0 -p tcp -j DNAT --to-destination 10.244.0.9
-A POSTROUTING ! -o eth0 -j ACCEPT
COMMIT
`;
    const found = enumerate(text, { isFromHere: true, out: 'eth0' }, remote).outcomes;
    expect(found.map((outcome) => [pathWords(outcome), ...assumedBy(outcome)])).toEqual([
      [
        'nat OUTPUT dnat to 10.244.0.9; nat POSTROUTING accept',
        'The packet does not leave by eth0 after its destination changed.',
      ],
      ['nat OUTPUT dnat to 10.244.0.9', 'The packet leaves by eth0 after its destination changed.'],
    ]);
    expect(outcomes(text, { isFromHere: true }).length).toBe(3);
  });
});

describe('a packet that is only passed on', () => {
  const owned = (match: string) => `*mangle
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -m owner ${match} -j DROP
COMMIT
`;

  it.each([
    ['--uid-owner 0', 'accept'],
    ['! --uid-owner 0', 'drop'],
    ['! --gid-owner 0', 'drop'],
    ['--socket-exists', 'accept'],
    ['! --socket-exists', 'drop'],
    ['! --uid-owner 0 --gid-owner 0', 'accept'],
    ['! --uid-owner 0 ! --gid-owner 0', 'drop'],
  ])('has no socket: -m owner %s: %s', (match, verdict) => {
    expect(outcomes(owned(match))).toEqual([verdict]);
  });

  it('unlike one of this node', () => {
    expect(outcomes(owned('--uid-owner 0'), { isFromHere: true, uid: 0 })).toEqual(['drop']);
    expect(outcomes(owned('--uid-owner 1-9'), { isFromHere: true, uid: 0 })).toEqual(['accept']);
    expect(outcomes(owned('--socket-exists'), { isFromHere: true })).toEqual(['drop']);
  });
});

describe('types of IPv6 addresses', () => {
  const text = (type: string) => `# Generated by ip6tables-save v1.8.9 on x
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m addrtype --dst-type ${type} -j DROP
COMMIT
`;
  it.each([
    ['UNICAST', 'drop'],
    ['LOCAL', 'drop'],
    ['UNICAST,LOCAL', 'drop'],
    ['MULTICAST', 'accept'],
    ['UNSPEC', 'accept'],
  ])('%s of a local address: %s', (type, verdict) => {
    expect(outcomes(text(type), { from: 'fd00::9', to: 'fd00::1' }, { isLocal: () => true })).toEqual([verdict]);
  });

  it('are one type in IPv4', () => {
    const ipv4 = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m addrtype --dst-type UNICAST -j DROP\nCOMMIT\n';
    expect(outcomes(ipv4, {}, { isLocal: () => true })).toEqual(['accept']);
  });
});

describe('a connection', () => {
  const text = `*filter
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctdir REPLY -j ACCEPT
-A FORWARD -m conntrack --ctstate NEW --ctdir ORIGINAL -j ACCEPT
COMMIT
`;

  it('has a direction', () => {
    expect(outcomes(text)).toEqual(['accept']);
    expect(outcomes(text, { state: 'ESTABLISHED', direction: 'reply' })).toEqual(['accept']);
    expect(outcomes(text, { state: 'ESTABLISHED', direction: 'original' })).toEqual(['drop']);
    expect(outcomes(text, { state: 'ESTABLISHED' })).toEqual([
      'drop: The packet goes the way of the first packet of its connection.',
      'accept: The packet is an answer within its connection.',
    ]);
  });
});
