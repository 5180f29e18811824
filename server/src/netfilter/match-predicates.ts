/**
 * What the matches of a rule say of a packet. Matches that the rules alone do not decide answer with a doubt or an assumption, never with a guess.
 */

import type { Family } from '../catalog/types.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import { type Answer, doubt, negate, perhapsNegated, type Test } from './answer.ts';
import {
  addressTest,
  canonicalProtocol,
  interfaceTest,
  networkTest,
  portSet,
  portTest,
  protocolTest,
} from './core-match-predicates.ts';
import { type LoadedMatch, loadedMatches, markValue, optionsText, valueText } from './option-view.ts';
import { hasConnection, type IPAddress, ipAddress, type Packet } from './packet.ts';

type MatchReader = (match: LoadedMatch, family: Family) => readonly Test[];

const always: readonly Test[] = [];

function optionNamed(match: LoadedMatch, name: string): RuleOption | undefined {
  return match.options.find((option) => option.name === name);
}

/** One test for each option that a table has a reader for; an option without one leaves the whole match in doubt. */
function byOption(readers: Readonly<Record<string, (option: RuleOption, family: Family) => Test | null>>): MatchReader {
  return (match, family) => {
    const tests: Test[] = [];
    for (const option of match.options) {
      const reader = Object.hasOwn(readers, option.name) ? readers[option.name] : undefined;
      if (reader === undefined) return [unknownTest(match)];
      const test = reader(option, family);
      if (test !== null) tests.push(perhapsNegated(test, option.negation !== undefined));
    }
    return tests;
  };
}

/** A match that asks for something which neither the packet nor the rules say. */
function unknownTest(match: LoadedMatch, likely = false): Test {
  const text = `${match.name === '' ? '' : `-m ${match.name} `}${optionsText(match.options)}`.trim();
  const answer = doubt({ about: 'other', key: text, yes: `"${text}" matches.`, no: `"${text}" does not match.`, likely });
  return () => answer;
}

function assumed(holds: boolean, assumption: string): MatchReader {
  const answer: Answer = { kind: 'assumed', holds, assumption };
  return () => [() => answer];
}

function states(text: string): ReadonlySet<string> {
  return new Set(text.toUpperCase().split(','));
}

function stateTest(option: RuleOption): Test {
  const wanted = states(valueText(option));
  return (packet) => {
    if (packet.state === 'UNTRACKED') return wanted.has('UNTRACKED');
    // Before conntrack has seen it a packet counts as invalid (xt_conntrack.c, conntrack_mt).
    if (!hasConnection(packet)) return wanted.has('INVALID');
    return wanted.has(packet.state) || (packet.dnat && wanted.has('DNAT')) || (packet.snat && wanted.has('SNAT'));
  };
}

function markTest(option: RuleOption, of: 'mark' | 'connectionMark'): Test | null {
  const wanted = markValue(valueText(option));
  return wanted === undefined ? () => false : (packet) => ((packet[of] & wanted.mask) ^ wanted.value) === 0;
}

function ipTest(option: RuleOption, family: Family, get: (packet: Packet) => IPAddress | null): Test {
  const inNetwork = networkTest(valueText(option), family);
  return (packet) => {
    const address = get(packet);
    return address !== null && inNetwork?.(address) === true;
  };
}

const connectionOptions = byOption({
  '--ctproto': (option) => {
    const wanted = canonicalProtocol(valueText(option));
    return (packet) => wanted === '' || packet.protocol === wanted;
  },
  '--ctorigsrc': (option, family) => ipTest(option, family, (packet) => packet.original.source),
  '--ctorigdst': (option, family) => ipTest(option, family, (packet) => packet.original.destination),
  '--ctreplsrc': (option, family) => ipTest(option, family, (packet) => packet.destination),
  '--ctorigdstport': (option) => {
    const ports = portSet(valueText(option));
    return (packet) => packet.original.dport !== null && ports?.(packet.original.dport) === true;
  },
  '--ctdir': (option) => () => valueText(option).toUpperCase() === 'ORIGINAL',
});

/** Without a connection only the state is asked for; a rule that does not ask for it does not match then, whatever its `!` (conntrack_mt). */
const conntrack: MatchReader = (match, family) => {
  const isState = (option: RuleOption): boolean => option.name === '--ctstate';
  const states = match.options.filter(isState);
  const rest = connectionOptions({ ...match, options: match.options.filter((option) => !isState(option)) }, family);
  const asked = states.map((option) => perhapsNegated(stateTest(option), option.negation !== undefined));
  return [
    ...asked,
    ...rest.map(
      (test): Test =>
        (packet, knows) =>
          hasConnection(packet) ? test(packet, knows) : states.length > 0,
    ),
  ];
};

/** What kind an address is, as the kernel's routing table has it; 'unicast' still may be the node's own. */
function plainType(address: IPAddress): 'MULTICAST' | 'BROADCAST' | 'LOOPBACK' | 'ANYCAST' | 'UNSPEC' | 'unicast' {
  if (address.family === 'ipv4') {
    if (address.low >>> 28 === 0xe) return 'MULTICAST';
    if (address.low === 0xffff_ffff) return 'BROADCAST';
    if (address.low >>> 24 === 127) return 'LOOPBACK';
    return address.low === 0 ? 'UNSPEC' : 'unicast';
  }
  if (address.bits >> 120n === 0xffn) return 'MULTICAST';
  if (address.bits === 1n) return 'LOOPBACK';
  return address.bits === 0n ? 'UNSPEC' : 'unicast';
}

/** The doubt whether an address is one of the node's own: rules and routing ask it with one voice. */
export function localDoubt(address: string): Answer {
  return doubt({
    about: 'local',
    key: `local ${address}`,
    yes: `${address} is an address of this node.`,
    no: `${address} is no address of this node.`,
    likely: false,
  });
}

/** Whether this node sent a packet: just now, or to itself by lo. */
function isOurs(packet: Packet): boolean {
  return packet.isFromHere || packet.in === 'lo';
}

function addressTypeTest(option: RuleOption, end: 'source' | 'destination'): Test {
  const wanted = states(valueText(option));
  return (packet, knows) => {
    const address = end === 'source' ? packet.source : packet.destination;
    // MASQUERADE picks one of the node's own addresses.
    if (address === null) return wanted.has('LOCAL');
    const type = plainType(address);
    if (type === 'LOOPBACK') return wanted.has('LOCAL');
    if (type !== 'unicast') return wanted.has(type);
    const unicast = wanted.has('UNICAST');
    const local = wanted.has('LOCAL');
    if (unicast === local) return unicast;
    // A packet with one of our own sources that came from elsewhere would have been dropped as martian.
    const known = end === 'source' && packet.source === packet.original.source ? isOurs(packet) : knows.isLocal(address.text);
    if (known !== undefined) return known === local;
    const answer = localDoubt(address.text);
    return local ? answer : negate(answer);
  };
}

function rangeTest(option: RuleOption, family: Family, end: 'source' | 'destination'): Test {
  const [firstText = '', lastText] = valueText(option).split('-');
  const first = ipAddress(firstText);
  const last = lastText === undefined ? first : ipAddress(lastText);
  return (packet) => {
    const address = end === 'source' ? packet.source : packet.destination;
    if (address === null || first === undefined || last === undefined || address.family !== family) return false;
    return address.bits >= first.bits && address.bits <= last.bits;
  };
}

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

/** A packet that opens a TCP connection has SYN alone; one within a connection is taken to have ACK alone. */
function tcpFlags(packet: Packet): ReadonlySet<string> {
  return new Set(packet.state === 'NEW' ? ['SYN'] : ['ACK']);
}

function flagSet(text: string): readonly string[] {
  const flags = text.toUpperCase().split(',');
  return flags.includes('ALL') ? flagNames : flags.filter((flag) => flagNames.includes(flag));
}

function flagTest(mask: readonly string[], set: readonly string[]): Test {
  return (packet) => {
    const flags = tcpFlags(packet);
    return packet.protocol === 'tcp' && mask.every((flag) => flags.has(flag) === set.includes(flag));
  };
}

/** perhapsNegated is applied by byOption; portTest looks at the negation itself, so it is given an option without. */
function plain(option: RuleOption): RuleOption {
  return option.negation === undefined ? option : { ...option, negation: undefined };
}

const portOptions = {
  '--source-port': (option: RuleOption) => portTest(plain(option), ['source']),
  '--destination-port': (option: RuleOption) => portTest(plain(option), ['destination']),
} as const;

const recent: MatchReader = (match) => {
  const name = valueText(optionNamed(match, '--name')) || 'DEFAULT';
  const seconds = valueText(optionNamed(match, '--seconds'));
  const hits = optionNamed(match, '--hitcount');
  const set = optionNamed(match, '--set');
  // --set puts the address on the list and always matches (xt_recent.c).
  if (set !== undefined) return set.negation === undefined ? always : [() => false];
  const check = ['--rcheck', '--update', '--remove'].map((option) => optionNamed(match, option)).find((option) => option);
  if (check === undefined) return [unknownTest(match)];
  const within = seconds === '' ? '' : ` within ${seconds} s`;
  const often = hits === undefined ? '' : ` at least ${valueText(hits)} times`;
  const answer = doubt({
    about: 'recent',
    key: `recent ${name}${within}${often}`,
    yes: `The client was put on the list ${name}${within}${often}.`,
    no: '',
    likely: false,
  });
  return [() => (check.negation === undefined ? answer : negate(answer))];
};

const statistic: MatchReader = (match) => {
  const negated = match.options.some((option) => option.negation !== undefined);
  const mode = valueText(optionNamed(match, '--mode'));
  const every = readNumber(valueText(optionNamed(match, '--every')), 1, 0xffff_ffff);
  const value = Number.parseFloat(valueText(optionNamed(match, '--probability')));
  const probability = mode === 'nth' ? (every === undefined ? Number.NaN : 1 / every) : value;
  return [byChance(negated ? 1 - probability : probability) ?? unknownTest(match)];
};

/** A match by chance; undefined where it is no probability. */
export function byChance(probability: number): Test | undefined {
  if (!(probability >= 0 && probability <= 1)) return undefined;
  const answer: Answer = { kind: 'chance', probability };
  return () => answer;
}

const set: MatchReader = (match) => {
  const option = optionNamed(match, '--match-set');
  const name = valueText(option);
  const directions = (option?.values[1]?.text ?? '').split(',');
  if (option === undefined) return [unknownTest(match)];
  return [
    (packet, knows) => {
      const known = knows.isInSet?.(name, directions, packet);
      if (known !== undefined) return known === (option.negation === undefined);
      const what = directions.map((direction) => (direction === 'src' ? packet.source?.text : packet.destination.text) ?? '?');
      // A second direction is a port or an interface in most kinds of sets.
      const shown = what.filter((text, at) => at === 0 || text !== what[at - 1]).join(', ');
      const answer = doubt({
        about: 'set',
        key: `set ${name} ${directions.join(',')} ${shown}`,
        yes: `The set ${name} has ${shown}.`,
        no: `The set ${name} does not have ${shown}.`,
        likely: false,
      });
      return option.negation === undefined ? answer : negate(answer);
    },
  ];
};

const icmp: MatchReader = (match) => {
  const option = match.options[0];
  if (option === undefined) return always;
  const text = valueText(option).toLowerCase();
  // What a new connection asks with: an echo request.
  const isEcho = ['8', '8/0', 'echo-request', 'ping', 'any', '255', '128', '128/0'].includes(text);
  return [perhapsNegated((packet) => packet.state === 'NEW' && isEcho, option.negation !== undefined)];
};

const owner: MatchReader = (match) => {
  const unknown = unknownTest(match);
  return [(packet, knows) => (packet.isFromHere ? unknown(packet, knows) : false)];
};

const policy: MatchReader = (match) => {
  const wanted = optionNamed(match, '--pol');
  const holds = (valueText(wanted) === 'none') === (wanted?.negation === undefined);
  return [() => ({ kind: 'assumed', holds, assumption: 'No packet comes out of, or goes into, an IPsec tunnel.' })];
};

const physdev: MatchReader = (match) => {
  const tests = match.options.map((option): Test => {
    const answer: Answer = {
      kind: 'assumed',
      holds: option.negation !== undefined,
      assumption: 'No packet comes in or leaves by a port of a bridge.',
    };
    return () => answer;
  });
  return tests;
};

const connectionMark = byOption({ '--mark': (option) => markTest(option, 'connectionMark') });

const readers: Readonly<Record<string, MatchReader>> = {
  comment: () => always,
  // It counts what passes and always matches.
  nfacct: () => always,
  standard: () => always,
  tcp: byOption({
    ...portOptions,
    '--syn': () => flagTest(['FIN', 'SYN', 'RST', 'ACK'], ['SYN']),
    '--tcp-flags': (option) => flagTest(flagSet(option.values[0]?.text ?? ''), flagSet(option.values[1]?.text ?? '')),
  }),
  udp: byOption(portOptions),
  udplite: byOption(portOptions),
  sctp: byOption(portOptions),
  dccp: byOption(portOptions),
  multiport: byOption({
    '--source-ports': (option) => portTest(plain(option), ['source']),
    '--destination-ports': (option) => portTest(plain(option), ['destination']),
    '--ports': (option) => portTest(plain(option), ['source', 'destination']),
  }),
  mark: byOption({ '--mark': (option) => markTest(option, 'mark') }),
  connmark: (match, family) =>
    connectionMark(match, family).map(
      (test): Test =>
        (packet, knows) =>
          hasConnection(packet) && test(packet, knows),
    ),
  state: byOption({ '--state': stateTest }),
  conntrack,
  addrtype: byOption({
    '--src-type': (option) => addressTypeTest(option, 'source'),
    '--dst-type': (option) => addressTypeTest(option, 'destination'),
    '--limit-iface-in': () => null,
    '--limit-iface-out': () => null,
  }),
  iprange: byOption({
    '--src-range': (option, family) => rangeTest(option, family, 'source'),
    '--dst-range': (option, family) => rangeTest(option, family, 'destination'),
  }),
  statistic,
  recent,
  set,
  icmp,
  icmp6: icmp,
  owner,
  policy,
  physdev,
  limit: assumed(true, 'Rates stay within the limits of -m limit and -m hashlimit.'),
  hashlimit: assumed(true, 'Rates stay within the limits of -m limit and -m hashlimit.'),
  quota: assumed(true, 'No quota is used up.'),
  rpfilter: (match) => {
    const holds = optionNamed(match, '--invert') === undefined;
    return [() => ({ kind: 'assumed', holds, assumption: 'Packets come in by the interface that answers would leave by.' })];
  },
  pkttype: byOption({
    '--pkt-type': (option) => () => ({
      kind: 'assumed',
      holds: valueText(option) === 'unicast',
      assumption: 'Packets are addressed to this node alone, not broadcast.',
    }),
  }),
};

/** The tests of a rule, iptables' own first, as they stand in it. */
export function testsOf(rule: RuleStatement, family: Family): readonly Test[] {
  const tests: Test[] = [];
  for (const option of rule.options) {
    switch (option.name) {
      case '--source':
        tests.push(addressTest(option, family, 'source'));
        break;
      case '--destination':
        tests.push(addressTest(option, family, 'destination'));
        break;
      case '--protocol':
        tests.push(protocolTest(option));
        break;
      case '--in-interface':
        tests.push(interfaceTest(option, 'in'));
        break;
      case '--out-interface':
        tests.push(interfaceTest(option, 'out'));
        break;
      case '--fragments':
        tests.push(perhapsNegated(() => false, option.negation !== undefined));
        break;
      case '--ipv4':
        if (family !== 'ipv4') tests.push(() => false);
        break;
      case '--ipv6':
        if (family !== 'ipv6') tests.push(() => false);
        break;
      default:
    }
  }
  for (const match of loadedMatches(rule)) {
    const reader = Object.hasOwn(readers, match.name) ? readers[match.name] : undefined;
    tests.push(...(reader === undefined ? [unknownTest(match)] : reader(match, family)));
  }
  return tests;
}
