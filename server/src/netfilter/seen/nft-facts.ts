/** What a rule asks for and does, as far as nft's words for a rule of iptables-nft say it too: by this the two are told to be one. */
import type { RuleStatement } from '../../syntax/statement.ts';
import { natRange } from '../actions.ts';
import { canonicalProtocol } from '../core-match-predicates.ts';
import { ipAddress } from '../packet.ts';

/** Empty text for what is not asked for. */
export interface RuleFacts {
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly in: string;
  readonly out: string;
  readonly sport: string;
  readonly dport: string;
  /** "jump KUBE-SEP-A", "accept", "drop", "return", "continue". */
  readonly verdict: string;
  /** "10.244.0.2:8080" of DNAT and SNAT. */
  readonly nat: string;
}

/** "10.0.0.1", "10.0.0.0/8", "!10.0.0.1". */
function networkText(text: string, negated: boolean): string {
  const slash = text.indexOf('/');
  const address = ipAddress(slash < 0 ? text : text.slice(0, slash));
  const isWhole = slash < 0 || text.slice(slash + 1) === '32' || text.slice(slash + 1) === '128';
  const printed = address === undefined ? text : `${address.text}${isWhole ? '' : text.slice(slash)}`;
  return `${negated ? '!' : ''}${printed}`;
}

function natText(text: string): string {
  const range = natRange(text);
  if (range === null) return text;
  return `${range.first?.text ?? ''} ${range.firstPort ?? ''}`;
}

const accepting: ReadonlySet<string> = new Set(['ACCEPT', 'DNAT', 'SNAT', 'MASQUERADE', 'REDIRECT', 'NETMAP']);

function verdictOf({ target, isGoto }: RuleStatement, isChain: (name: string) => boolean): string {
  const name = target?.text ?? '';
  if (name !== '' && isChain(name)) return `${isGoto ? 'goto' : 'jump'} ${name}`;
  if (accepting.has(name)) return 'accept';
  if (name === 'DROP' || name === 'REJECT') return 'drop';
  return name === 'RETURN' ? 'return' : 'continue';
}

/** Of a rule in a dump. */
export function factsOfRule(rule: RuleStatement, isChain: (name: string) => boolean): RuleFacts {
  const value = (name: string): { readonly text: string; readonly negated: boolean } => {
    const option = rule.options.find((each) => each.name === name);
    return { text: option?.values[0]?.text ?? '', negated: option?.negation !== undefined };
  };
  const network = (name: string): string => {
    const { text, negated } = value(name);
    return text === '' ? '' : networkText(text, negated);
  };
  const plain = (name: string): string => {
    const { text, negated } = value(name);
    return text === '' ? '' : `${negated ? '!' : ''}${text}`;
  };
  const nat = value('--to-destination').text || value('--to-source').text;
  const protocol = value('--protocol');
  return {
    protocol: protocol.text === '' ? '' : `${protocol.negated ? '!' : ''}${canonicalProtocol(protocol.text)}`,
    source: network('--source'),
    destination: network('--destination'),
    in: plain('--in-interface'),
    out: plain('--out-interface'),
    sport: plain('--source-port').replace(':', '-'),
    dport: plain('--destination-port').replace(':', '-'),
    verdict: verdictOf(rule, isChain),
    nat: nat === '' ? '' : natText(nat),
  };
}

/** The value behind two words, with ! where `!=` stands between. */
function behind(words: readonly string[], first: readonly string[], second: string): string {
  for (let at = 0; at + 2 < words.length; at += 1) {
    if (!first.includes(words[at] ?? '') || words[at + 1] !== second) continue;
    const negated = words[at + 2] === '!=';
    const value = words[at + (negated ? 3 : 2)] ?? '';
    return `${negated ? '!' : ''}${value}`;
  }
  return '';
}

function interfaceBehind(words: readonly string[], word: string): string {
  const at = words.indexOf(word);
  if (at < 0) return '';
  const negated = words[at + 1] === '!=';
  // nft has an asterisk where iptables has a plus.
  const name = (words[at + (negated ? 2 : 1)] ?? '').replaceAll('"', '').replace(/\*$/, '+');
  return `${negated ? '!' : ''}${name}`;
}

const transports = ['tcp', 'udp', 'sctp', 'dccp', 'udplite', 'icmp', 'icmpv6', 'esp', 'ah'];

/** "tcp", as `meta l4proto` or the options of a protocol's own say it. */
function protocolBehind(words: readonly string[]): string {
  const said =
    behind(words, ['meta'], 'l4proto') ||
    behind(words, ['ip'], 'protocol') ||
    (words.find((word) => transports.includes(word)) ?? '');
  const name = said.replace(/^!/, '');
  return `${said.startsWith('!') ? '!' : ''}${name === 'icmpv6' ? 'ipv6-icmp' : canonicalProtocol(name)}`;
}

/** Of a rule in nft's words, with the verdict that it came to. */
export function factsOfNft(text: string, verdict: string): RuleFacts {
  const words = text.split(' ').filter((word) => word !== '');
  const ip = ['ip', 'ip6'];
  const address = (second: string): string => {
    const found = behind(words, ip, second);
    return found === '' ? '' : networkText(found.replace(/^!/, ''), found.startsWith('!'));
  };
  const to = words.lastIndexOf('to');
  const isNat = to > 0 && (words[to - 1] === 'dnat' || words[to - 1] === 'snat');
  return {
    protocol: protocolBehind(words),
    source: address('saddr'),
    destination: address('daddr'),
    in: interfaceBehind(words, 'iifname'),
    out: interfaceBehind(words, 'oifname'),
    sport: behind(words, [...transports, 'th'], 'sport'),
    dport: behind(words, [...transports, 'th'], 'dport'),
    verdict,
    nat: isNat ? natText(words[to + 1] ?? '') : '',
  };
}

const keys: readonly (keyof RuleFacts)[] = ['source', 'destination', 'in', 'out', 'sport', 'dport', 'verdict', 'nat'];

/** Whether two rules may be one: what both say is the same. A set of ports has a form of its own in nft, and not every match names its protocol. */
export function mayBeSame(rule: RuleFacts, nft: RuleFacts): boolean {
  if (nft.protocol !== '' && nft.protocol !== rule.protocol) return false;
  return keys.every((key) => rule[key] === nft[key] || ((key === 'sport' || key === 'dport') && nft[key].startsWith('{')));
}

/** The protocol that a rule in iptables' words is for; undefined where it does not say one. */
export function protocolIn(text: string): string | undefined {
  const match = /(?:^| )-p (\S+)/.exec(text);
  return match?.[1] === undefined || text.includes('! -p') ? undefined : canonicalProtocol(match[1]) || undefined;
}
