/**
 * Whether every packet that meets one rule would have met another one of its chain, told from what both ask. False says nothing: only what stays as it
 * is on a packet's way through a chain is compared, and only in forms that are told for certain.
 */
import type { NormalizedOption } from '../catalog/extension.ts';
import type { Network } from '../catalog/values/addresses.ts';
import type { NumberRange } from '../catalog/values/values.ts';
import type { LineContext } from '../syntax/line.ts';
import type { RuleStatement } from '../syntax/statement.ts';
import { type NormalizedExtension, type NormalizedRule, normalizeRule } from './normalize-rule.ts';

/** Matches that are asked as a whole, and say the same of a packet wherever it is in a chain. */
const constant = new Set([
  'addrtype',
  'icmp',
  'icmp6',
  'iprange',
  'mac',
  'owner',
  'physdev',
  'pkttype',
  'sctp',
  'dccp',
  'udplite',
]);

/** Matches of ports, of which each option is a condition of its own. */
const ofPorts = new Set(['tcp', 'udp', 'multiport']);

/** A rule to compare; undefined where it asks something that is not told for certain, such as a mark, a limit or a set. */
export function comparableRule(rule: RuleStatement, context: LineContext): NormalizedRule | undefined {
  // As the legacy back end has it: nft leaves out what it thinks says nothing.
  const normalized = normalizeRule(rule, { ...context, backend: 'legacy' });
  const matches = normalized.matches.filter(({ name }) => name !== 'comment');
  const negations = [...coreOf(normalized), ...matches.flatMap(({ options }) => options)].filter((option) => option?.negated);
  if (negations.length < rule.options.filter(({ negation }) => negation !== undefined).length) return undefined;
  return { ...normalized, matches };
}

/** Whether all that a rule asks of a packet can be compared, so that it may cover others. */
export function mayCover({ matches }: NormalizedRule, table: string): boolean {
  return matches.every(
    ({ name, options }) =>
      constant.has(name) ||
      (ofPorts.has(name) && options.every((option) => option.name !== '--tcp-option')) ||
      // CT and NOTRACK, which stand in raw, make another state of it.
      (table !== 'raw' && isOfState(name, options)),
  );
}

/** Whether every packet that meets `other` would have met `rule`, which `mayCover`. Both stand in one chain. */
export function coversRule(rule: NormalizedRule, other: NormalizedRule): boolean {
  return (
    coversAddress(rule.source, other.source) &&
    coversAddress(rule.destination, other.destination) &&
    coversInterface(rule.inInterface, other.inInterface) &&
    coversInterface(rule.outInterface, other.outInterface) &&
    coversProtocol(rule.protocol, other.protocol) &&
    (rule.fragment === undefined || isSame(rule.fragment, other.fragment)) &&
    rule.matches.every((match) => coversMatch(match, other.matches))
  );
}

function coreOf(rule: NormalizedRule): readonly (NormalizedOption | undefined)[] {
  return [rule.source, rule.destination, rule.inInterface, rule.outInterface, rule.protocol, rule.fragment];
}

function isSame(one: NormalizedOption, other: NormalizedOption | undefined): boolean {
  return (
    one.name === other?.name &&
    one.negated === other.negated &&
    one.value?.text === other.value?.text &&
    one.value?.type !== 'text'
  );
}

/** Whether all addresses of one network are in another. */
function isWithin(inner: Network, outer: Network): boolean {
  return (
    inner.family === outer.family && (inner.mask & outer.mask) === outer.mask && (inner.address & outer.mask) === outer.address
  );
}

function areApart(one: Network, other: Network): boolean {
  const mask = one.mask & other.mask;
  return one.family === other.family && (one.address & mask) !== (other.address & mask);
}

function coversAddress(option: NormalizedOption | undefined, other: NormalizedOption | undefined): boolean {
  if (option === undefined) return true;
  if (option.value?.type !== 'networks' || other?.value?.type !== 'networks') return false;
  const { networks } = option.value;
  const { networks: others } = other.value;
  if (!option.negated) return !other.negated && others.every((inner) => networks.some((outer) => isWithin(inner, outer)));
  // iptables refuses several networks behind a negation.
  const [left] = networks;
  if (left === undefined || networks.length > 1) return false;
  return other.negated
    ? others.length === 1 && others.every((outer) => isWithin(left, outer))
    : others.every((each) => areApart(left, each));
}

function coversInterface(option: NormalizedOption | undefined, other: NormalizedOption | undefined): boolean {
  if (option === undefined) return true;
  if (option.value?.type !== 'interface' || other?.value?.type !== 'interface') return false;
  if (option.negated || other.negated || !option.value.prefix) return isSame(option, other);
  return other.value.name.startsWith(option.value.name);
}

function coversProtocol(option: NormalizedOption | undefined, other: NormalizedOption | undefined): boolean {
  if (option === undefined) return true;
  if (option.value?.type !== 'protocol' || other?.value?.type !== 'protocol') return false;
  const isEqual = option.value.number === other.value.number;
  if (!option.negated) return isEqual && !other.negated;
  return isEqual === other.negated;
}

function isOfState(name: string, options: readonly NormalizedOption[]): boolean {
  if (name !== 'conntrack' && name !== 'state') return false;
  return options.length === 1 && options.every((option) => stateOf(option) !== undefined && !option.negated);
}

/** The states that `--ctstate` or `--state` names. */
function stateOf({ name, value }: NormalizedOption): readonly string[] | undefined {
  return (name === '--ctstate' || name === '--state') && value?.type === 'words' ? value.words : undefined;
}

function coversMatch(match: NormalizedExtension, others: readonly NormalizedExtension[]): boolean {
  const { name, options } = match;
  if (ofPorts.has(name)) {
    // Neither takes a fragment without ports; without an option that is all that the match asks.
    if (options.length === 0) return others.some((other) => other.name === name);
    const all = others.filter((other) => ofPorts.has(other.name)).flatMap((other) => other.options);
    return options.every((option) => all.some((other) => coversPorts(option, other)));
  }
  const sameName = others.filter((other) => other.name === name);
  if (!constant.has(name)) return sameName.some((other) => other.options.some((each) => coversState(options[0], each)));
  return sameName.some(
    (other) => other.options.length === options.length && options.every((option, at) => isSame(option, other.options[at])),
  );
}

function coversState(option: NormalizedOption | undefined, other: NormalizedOption): boolean {
  const states = option === undefined ? undefined : stateOf(option);
  const others = stateOf(other);
  if (states === undefined || others === undefined || other.negated) return false;
  return others.every((state) => states.includes(state));
}

/** --dport of tcp, --dports of multiport: by the end that they ask for. */
const ends: Readonly<Record<string, string>> = {
  '--sport': 'source',
  '--sports': 'source',
  '--dport': 'destination',
  '--dports': 'destination',
};

function coversPorts(option: NormalizedOption, other: NormalizedOption): boolean {
  if (isSame(option, other)) return true;
  const end = ends[option.name];
  if (end === undefined || end !== ends[other.name] || option.negated || other.negated) return false;
  if (option.value?.type !== 'ports' || other.value?.type !== 'ports') return false;
  const { ranges } = option.value;
  return other.value.ranges.every((inner) => ranges.some((outer) => isInRange(inner, outer)));
}

/** A range that is reversed holds nothing, and nothing is said of it. */
function isInRange(inner: NumberRange, outer: NumberRange): boolean {
  return inner.from <= inner.to && outer.from <= inner.from && inner.to <= outer.to;
}
