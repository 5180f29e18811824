/**
 * What a rule means, whatever its spelling: typed values, defaults filled in, options in the order in which iptables-save prints them.
 * Two rules with the same canonical text have the same meaning.
 */
import { findMatch, findTarget } from '../catalog/lookup.ts';
import type { ExtensionSpec, Family } from '../catalog/types.ts';
import { readValue, type ValueContext } from '../catalog/values/read-value.ts';
import { quoteText, type Value } from '../catalog/values/values.ts';
import type { LineContext } from '../syntax/line.ts';
import { familyOfOptions } from '../syntax/rule-family.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import { settleMatch } from './meaning-of-matches.ts';
import { settleTarget } from './meaning-of-targets.ts';

export interface OptionMeaning {
  /** As iptables-save prints it: "--dport", "-s". */
  readonly name: string;
  readonly negated: boolean;
  /** Undefined for a flag. A value that iptables would refuse is a text, as typed. */
  readonly value: Value | undefined;
}

/** A match, a target or a chain that the rule jumps to. */
export interface ExtensionMeaning {
  readonly name: string;
  readonly options: readonly OptionMeaning[];
}

export interface RuleMeaning {
  /** Where the dump does not say, by the addresses and options of the rule; IPv4 where these do not say either. */
  readonly family: Family;
  readonly chain: string;
  /** `-s` and `-d`; undefined for any address. Several networks stand for several rules. */
  readonly source: OptionMeaning | undefined;
  readonly destination: OptionMeaning | undefined;
  readonly inInterface: OptionMeaning | undefined;
  readonly outInterface: OptionMeaning | undefined;
  /** `-p`; undefined for any. */
  readonly protocol: OptionMeaning | undefined;
  /** `-f`: second and further fragments only; negated: all others. */
  readonly fragment: OptionMeaning | undefined;
  /** In the order in which they were loaded; a match that `-p` loads for one of its options stands where that option does. */
  readonly matches: readonly ExtensionMeaning[];
  /** Undefined where the rule only counts. */
  readonly target: ExtensionMeaning | undefined;
  readonly isGoto: boolean;
}

/** The family of a rule: its dump's, or what its own words say. */
export function familyOf(rule: RuleStatement, context: LineContext): Family {
  return context.family ?? familyOfOptions(rule.options) ?? 'ipv4';
}

function asTyped(option: RuleOption): Value | undefined {
  if (option.values.length === 0) return undefined;
  const raw = option.values.map((word) => word.text).join(' ');
  const text = option.values.map((word) => (word.quoted ? quoteText(word.text) : word.text)).join(' ');
  return { type: 'text', raw, text };
}

function meaningOfOption(option: RuleOption, context: ValueContext): OptionMeaning {
  const { spec } = option;
  const negated = option.negation !== undefined;
  if (spec === undefined) return { name: option.name, negated, value: asTyped(option) };
  const words = option.values.map((word) => word.text);
  const value = words.length === 0 && spec.optionalValues > 0 ? undefined : readValue(spec, words, context);
  return { name: spec.saved, negated, value: value?.type === 'fault' ? asTyped(option) : value };
}

interface Draft {
  readonly name: string;
  readonly spec: ExtensionSpec | undefined;
  readonly options: { readonly option: RuleOption; readonly meaning: OptionMeaning }[];
}

/** The meaning of a rule. Never throws: what iptables would refuse is kept as typed. */
export function meaningOf(rule: RuleStatement, context: LineContext): RuleMeaning {
  const family = familyOf(rule, context);
  const core = new Map<string, OptionMeaning>();
  const matches: Draft[] = [];
  const target: Draft['options'] = [];
  const unknown: OptionMeaning[] = [];
  let protocol = 0;
  for (const option of rule.options) {
    const { spec } = option;
    const meaning = meaningOfOption(option, { family, protocol });
    if (spec === undefined) {
      // It may be an option of a match that nobody knows, or of the target.
      const last = matches.at(-1);
      if (last !== undefined && last.spec === undefined) last.options.push({ option, meaning });
      else unknown.push(meaning);
    } else if (spec.long === '--match' && spec.extension === undefined) {
      const name = option.values[0]?.text ?? '';
      const found = findMatch(name);
      matches.push({ name: found?.name ?? name, spec: found, options: [] });
    } else if (spec.extension === undefined) {
      core.set(spec.long, meaning);
      if (spec.long === '--protocol' && meaning.value?.type === 'protocol') protocol = meaning.value.number;
    } else if (spec.extension.kind === 'target') {
      target.push({ option, meaning });
    } else {
      // A match that `-p` loaded has no `-m` of its own: it is loaded by the first of its options.
      if (option.instance > matches.length) matches.push({ name: spec.extension.name, spec: spec.extension, options: [] });
      matches[option.instance - 1]?.options.push({ option, meaning });
    }
  }
  return {
    family,
    chain: rule.chain.text,
    source: unlessAny(core.get('--source')),
    destination: unlessAny(core.get('--destination')),
    inInterface: unlessAny(core.get('--in-interface')),
    outInterface: unlessAny(core.get('--out-interface')),
    protocol: unlessAny(core.get('--protocol')),
    fragment: core.get('--fragments'),
    matches: joinTransportMatches(matches.flatMap((draft) => settle(draft, family) ?? [])),
    target: targetOf(rule, target, unknown, family),
    isGoto: rule.isGoto,
  };
}

/** An option that lets everything through says nothing. */
function unlessAny(option: OptionMeaning | undefined): OptionMeaning | undefined {
  const value = option?.value;
  if (option === undefined || value === undefined || option.negated) return option;
  switch (value.type) {
    case 'networks':
      return value.networks.length === 1 && value.networks[0]?.mask === 0n ? undefined : option;
    case 'interface':
      return value.prefix && value.name === '' ? undefined : option;
    case 'protocol':
      return value.number === 0 ? undefined : option;
    default:
      return option;
  }
}

/** Extensions whose options mean another thing in another order. */
const orderCounts: ReadonlySet<string> = new Set(['policy', 'srh', 'CONNMARK']);

function inSavedOrder(draft: Draft): readonly OptionMeaning[] {
  if (draft.spec === undefined || orderCounts.has(draft.spec.name)) return draft.options.map(({ meaning }) => meaning);
  return [...draft.options]
    .sort((one, other) => (one.option.spec?.index ?? 0) - (other.option.spec?.index ?? 0))
    .map(({ meaning }) => meaning);
}

function settle(draft: Draft, family: Family): ExtensionMeaning | undefined {
  const options = inSavedOrder(draft);
  return draft.spec === undefined ? { name: draft.name, options } : settleMatch(draft.spec.name, options, family);
}

/** Two loads of the tcp or udp match are one in the nft back end, as long as they do not speak of the same thing. */
function joinTransportMatches(matches: readonly ExtensionMeaning[]): readonly ExtensionMeaning[] {
  const joined: ExtensionMeaning[] = [];
  for (const match of matches) {
    const isTransport = match.name === 'tcp' || match.name === 'udp';
    const index = isTransport ? joined.findIndex(({ name }) => name === match.name) : -1;
    const first = joined[index];
    if (first === undefined || first.options.some(({ name }) => match.options.some((other) => other.name === name))) {
      joined.push(match);
      continue;
    }
    const order = findMatch(match.name)?.options.map(({ saved }) => saved) ?? [];
    const options = [...first.options, ...match.options].sort(
      (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
    );
    joined[index] = { name: match.name, options };
  }
  return joined;
}

function targetOf(
  rule: RuleStatement,
  options: Draft['options'],
  unknown: readonly OptionMeaning[],
  family: Family,
): ExtensionMeaning | undefined {
  if (rule.target === undefined) return unknown.length === 0 ? undefined : { name: '', options: unknown };
  const name = rule.target.text;
  const spec = rule.isGoto ? undefined : findTarget(name);
  const inOrder = inSavedOrder({ name, spec, options });
  if (spec === undefined) return { name, options: [...inOrder, ...unknown] };
  const settled = settleTarget(spec.name, inOrder, family);
  return { name: settled.name, options: [...settled.options, ...unknown] };
}
