/** Random rulesets over everything that a packet, its connection or the node is asked for. */
import fc from 'fast-check';
import type { Family } from '../../server/src/catalog/types.ts';

type Rules = readonly string[];

/** Matches that may stand in any chain, for either family. */
const anywhere = (family: Family): Rules => {
  const [pod, pods, client] =
    family === 'ipv4' ? ['10.244.0.2', '10.244.0.0/24', '192.168.50.2'] : ['fd00:244::2', 'fd00:244::/64', 'fd00:50::2'];
  const icmp = family === 'ipv4' ? ['-p icmp -m icmp --icmp-type', 8, 0] : ['-p ipv6-icmp -m icmp6 --icmpv6-type', 128, 129];
  const hop = family === 'ipv4' ? '-m ttl --ttl' : '-m hl --hl';
  return [
    '',
    '',
    `-s ${pods}`,
    `! -s ${client}`,
    `-d ${pod}`,
    `! -d ${pods}`,
    '-p tcp',
    '-p udp',
    '! -p tcp',
    '-p udp -m udp --dport 53',
    '-p tcp -m tcp --dport 80:8080',
    '-p tcp -m tcp ! --sport 1:1024',
    '-p tcp -m multiport --ports 80,8080',
    '-p udp -m multiport ! --dports 53,5353',
    `${icmp[0]} ${icmp[1]}`,
    `${icmp[0]} ${icmp[2]}`,
    '-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN',
    '-p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK',
    '-p tcp -m tcp ! --tcp-flags SYN SYN',
    '-m conntrack --ctstate NEW',
    '-m conntrack --ctstate RELATED,ESTABLISHED',
    '-m conntrack ! --ctstate INVALID',
    '-m conntrack --ctstate DNAT',
    '-m conntrack --ctstate SNAT',
    '-m conntrack --ctstate UNTRACKED',
    '-m conntrack --ctdir ORIGINAL',
    '-m conntrack --ctdir REPLY',
    '-m conntrack --ctstatus SEEN_REPLY',
    '-m conntrack ! --ctstatus CONFIRMED',
    `-m conntrack --ctorigsrc ${client}`,
    `-m conntrack --ctreplsrc ${pod}`,
    `-m conntrack ! --ctrepldst ${client}`,
    '-p udp -m conntrack --ctorigdstport 53',
    '-m state --state NEW,ESTABLISHED',
    '-m mark --mark 0x1/0x1',
    '-m mark ! --mark 0x4/0x4',
    '-m connmark --mark 0x1/0x1',
    '-m connmark ! --mark 0x2/0x2',
    '-m addrtype --dst-type LOCAL',
    '-m addrtype ! --dst-type LOCAL',
    '-m addrtype --src-type LOCAL',
    '-m addrtype --dst-type UNICAST',
    `${hop}-eq 64`,
    `${hop}-lt 64`,
    '-m length --length 0:52',
    '-m dscp ! --dscp 0',
    '-m connbytes --connbytes 2 --connbytes-dir both --connbytes-mode packets',
    '-m limit --limit 1000/sec --limit-burst 10000',
    '-m statistic --mode nth --every 1 --packet 0',
    '-m recent --set --name L',
    '-m recent --rcheck --name L',
    '-m pkttype --pkt-type unicast',
    '-m comment --comment "x -d 1.2.3.4/32 y"',
  ];
};

const sent = ['-m owner --uid-owner 0', '-m owner ! --uid-owner 0', '-m owner --socket-exists', '-m owner ! --gid-owner 5'];
const marks = ['MARK --set-xmark 0x1/0x1', 'MARK --set-xmark 0x5/0xff', 'MARK --and-mark 0xfffffffe', 'MARK --xor-mark 0x4'];
const connectionMarks = [
  'CONNMARK --save-mark',
  'CONNMARK --restore-mark',
  'CONNMARK --set-xmark 0x1/0xff',
  'CONNMARK --save-mark --nfmask 0x1 --ctmask 0x3',
];
const flow = ['ACCEPT', 'RETURN', 'A', 'B', '-g B', ''];
const into = ['-i eth0', '! -i cali+', '-i veth+'];
const out = ['-o eth0', '! -o cali12ab34', '-o veth+'];

interface Place {
  readonly chain: string;
  readonly matches: Rules;
  readonly targets: Rules;
}

/** What may stand where: match and target of each table's built-in chains. */
function placesOf(family: Family): Readonly<Record<string, readonly Place[]>> {
  const [pod, other, node] =
    family === 'ipv4' ? ['10.244.0.2', '10.244.0.3', '192.168.50.1'] : ['fd00:244::2', 'fd00:244::3', 'fd00:50::1'];
  const at = (ip: string, port: number): string => (family === 'ipv4' ? `${ip}:${port}` : `[${ip}]:${port}`);
  const destination = [`DNAT --to-destination ${at(pod, 8080)}`, `DNAT --to-destination ${other}`, 'REDIRECT --to-ports 15001'];
  const source = ['MASQUERADE', `SNAT --to-source ${node}`];
  const hop = family === 'ipv4' ? 'TTL --ttl-set 33' : 'HL --hl-set 33';
  const mangled = [...flow, ...marks, ...connectionMarks, 'DSCP --set-dscp 0x0a', hop];
  const filtered = [...flow, ...flow, 'DROP'];
  const place = (chain: string, matches: Rules, targets: Rules): Place => ({ chain, matches, targets });
  return {
    raw: [
      place('PREROUTING', into, ['ACCEPT', 'CT --notrack', 'CT --zone 0', '', '']),
      place('OUTPUT', out, ['ACCEPT', 'NOTRACK', '']),
    ],
    mangle: [
      place('PREROUTING', into, mangled),
      place('INPUT', into, mangled),
      place('FORWARD', [...into, ...out], mangled),
      place('OUTPUT', [...out, ...sent], mangled),
      place('POSTROUTING', [...out, ...sent], mangled),
    ],
    nat: [
      place('PREROUTING', into, [...flow, ...destination]),
      place('INPUT', into, [...flow, `SNAT --to-source ${node}`]),
      place('OUTPUT', [...out, ...sent], [...flow, ...destination]),
      place('POSTROUTING', out, [...flow, ...source]),
    ],
    filter: [
      place('INPUT', into, filtered),
      place('FORWARD', [...into, ...out], filtered),
      place('OUTPUT', [...out, ...sent], filtered),
    ],
  };
}

/** A NAT target with a port needs a protocol that has ports. */
function goTogether([match, target]: readonly [string, string]): boolean {
  return !/8080|to-ports/.test(target) || /^-p (?:tcp|udp)/.test(match);
}

function rule(chain: string, matches: Rules, targets: Rules): fc.Arbitrary<string> {
  return fc
    .tuple(fc.constantFrom(...matches), fc.constantFrom(...targets))
    .filter(goTogether)
    .map(([match, target]) =>
      ['-A', chain, match, target === '' || target.startsWith('-g') ? target : `-j ${target}`]
        .filter((part) => part !== '')
        .join(' '),
    );
}

function table(name: string, places: readonly Place[], family: Family): fc.Arbitrary<string> {
  const matches = anywhere(family);
  const own =
    name === 'mangle' ? ['RETURN', '', ...marks] : name === 'filter' ? ['ACCEPT', 'RETURN', ''] : ['ACCEPT', 'RETURN', ''];
  const built = places.map((place) =>
    fc.array(rule(place.chain, [...matches, ...place.matches], place.targets), { maxLength: 4 }),
  );
  const user = (chain: string, more: Rules) => fc.array(rule(chain, matches, [...own, ...more]), { maxLength: 3 });
  const later = name === 'raw' ? [] : ['B', '-g B'];
  return fc
    .tuple(fc.tuple(...built), user('A', later), user('B', []), fc.constantFrom('ACCEPT', 'ACCEPT', 'ACCEPT', 'DROP'))
    .map(([lists, a, b, policy]) => {
      const declared = places.map(({ chain }) => `:${chain} ${name === 'filter' ? policy : 'ACCEPT'} [0:0]`);
      return [`*${name}`, ...declared, ':A - [0:0]', ':B - [0:0]', ...lists.flat(), ...a, ...b, 'COMMIT', ''].join('\n');
    });
}

/** A ruleset of all tables, as restore input. */
export function randomRules(family: Family): fc.Arbitrary<string> {
  return fc
    .tuple(...Object.entries(placesOf(family)).map(([name, places]) => table(name, places, family)))
    .map((tables) => tables.join(''));
}
