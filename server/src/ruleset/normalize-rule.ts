/**
 * A rule as iptables-save has it, whatever its spelling: typed values, defaults filled in, options in the order in which iptables-save prints them.
 * Two rules that are equal so mean the same.
 */
import type { NormalizeContext, NormalizedOption } from '../catalog/extension.ts';
import { extensionData, findMatch, findTarget } from '../catalog/lookup.ts';
import type { ExtensionSpec, Family } from '../catalog/types.ts';
import { protocolName } from '../catalog/values/protocols.ts';
import { readValue, type ValueContext } from '../catalog/values/read-value.ts';
import { quoteText, type Value } from '../catalog/values/values.ts';
import type { LineContext } from '../syntax/line.ts';
import { familyOfOptions } from '../syntax/rule-family.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';

/** A match, a target or a chain that the rule jumps to. */
export interface NormalizedExtension {
  readonly name: string;
  readonly options: readonly NormalizedOption[];
}

export interface NormalizedRule {
  /** Where the dump does not say, by the addresses and options of the rule; IPv4 where these do not say either. */
  readonly family: Family;
  readonly chain: string;
  /** `-s` and `-d`; undefined for any address. Several networks stand for several rules. */
  readonly source: NormalizedOption | undefined;
  readonly destination: NormalizedOption | undefined;
  readonly inInterface: NormalizedOption | undefined;
  readonly outInterface: NormalizedOption | undefined;
  /** `-p`; undefined for any. */
  readonly protocol: NormalizedOption | undefined;
  /** `-f`: second and further fragments only; negated: all others. */
  readonly fragment: NormalizedOption | undefined;
  /** In the order in which they were loaded; a match that `-p` loads for one of its options stands where that option does. */
  readonly matches: readonly NormalizedExtension[];
  /** Undefined where the rule only counts. */
  readonly target: NormalizedExtension | undefined;
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

function normalizeOption(option: RuleOption, context: ValueContext): NormalizedOption {
  const { spec } = option;
  const negated = option.negation !== undefined;
  if (spec === undefined) return { name: option.name, negated, value: asTyped(option) };
  const words = option.values.map((word) => word.text);
  const value = words.length === 0 && spec.optionalValues > 0 ? undefined : readValue(spec, words, context);
  return { name: spec.saved, negated, value: value?.type === 'fault' ? asTyped(option) : value };
}

/** A match or the target while its options are being collected. */
interface Loaded {
  readonly name: string;
  readonly spec: ExtensionSpec | undefined;
  readonly options: { readonly option: RuleOption; readonly normalized: NormalizedOption }[];
}

/** A rule in its normal form. Never throws: what iptables would refuse is kept as typed. */
export function normalizeRule(rule: RuleStatement, context: LineContext): NormalizedRule {
  const family = familyOf(rule, context);
  const core = new Map<string, NormalizedOption>();
  const matches: Loaded[] = [];
  const target: Loaded['options'] = [];
  const unknown: NormalizedOption[] = [];
  let protocol = 0;
  for (const option of rule.options) {
    const { spec } = option;
    const normalized = normalizeOption(option, { family, protocol });
    if (spec === undefined) {
      // It may be an option of a match that nobody knows, or of the target.
      const last = matches.at(-1);
      if (last !== undefined && last.spec === undefined) last.options.push({ option, normalized });
      else unknown.push(normalized);
    } else if (spec.long === '--match' && spec.extension === undefined) {
      const name = option.values[0]?.text ?? '';
      const found = findMatch(name);
      matches.push({ name: found?.name ?? name, spec: found, options: [] });
    } else if (spec.extension === undefined) {
      core.set(spec.long, normalized);
      if (spec.long === '--protocol' && normalized.value?.type === 'protocol') protocol = normalized.value.number;
    } else if (spec.extension.kind === 'target') {
      target.push({ option, normalized });
    } else {
      // A match that `-p` loaded has no `-m` of its own: it is loaded by the first of its options.
      if (option.instance > matches.length) matches.push({ name: spec.extension.name, spec: spec.extension, options: [] });
      matches[option.instance - 1]?.options.push({ option, normalized });
    }
  }
  const about: NormalizeContext = { family, backend: context.backend };
  return {
    family,
    chain: rule.chain.text,
    source: unlessAny(core.get('--source')),
    destination: unlessAny(core.get('--destination')),
    inInterface: unlessAnyInterface(core.get('--in-interface'), context),
    outInterface: unlessAnyInterface(core.get('--out-interface'), context),
    protocol: unlessAny(inOneByte(core.get('--protocol'), context)),
    fragment: core.get('--fragments'),
    matches: joinMatches(
      matches.flatMap((loaded) => normalizeExtension(loaded, about) ?? []),
      about,
    ),
    target: targetOf(rule, target, unknown, about),
    isGoto: rule.isGoto,
  };
}

/** The nft back end keeps a byte of the protocol: mptcp becomes tcp. */
function inOneByte(option: NormalizedOption | undefined, { backend }: LineContext): NormalizedOption | undefined {
  const value = option?.value;
  if (option === undefined || value?.type !== 'protocol' || value.number < 256 || backend === 'legacy') return option;
  const number = value.number % 256;
  return { ...option, value: { type: 'protocol', number, text: protocolName(number) ?? `${number}` } };
}

/** The legacy back end prints no negation of every interface. */
function unlessAnyInterface(option: NormalizedOption | undefined, { backend }: LineContext): NormalizedOption | undefined {
  return option !== undefined && backend === 'legacy' && option.value?.text === '+' ? undefined : unlessAny(option);
}

/** An option that lets everything through says nothing. */
function unlessAny(option: NormalizedOption | undefined): NormalizedOption | undefined {
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

function inSavedOrder(loaded: Loaded): readonly NormalizedOption[] {
  if (loaded.spec === undefined || extensionData(loaded.spec).orderCounts === true)
    return loaded.options.map(({ normalized }) => normalized);
  return [...loaded.options]
    .sort((one, other) => (one.option.spec?.index ?? 0) - (other.option.spec?.index ?? 0))
    .map(({ normalized }) => normalized);
}

/** Undefined where iptables-save prints none of it. */
function normalizeExtension(loaded: Loaded, context: NormalizeContext): NormalizedExtension | undefined {
  const options = inSavedOrder(loaded);
  if (loaded.spec === undefined) return { name: loaded.name, options };
  const { normalize } = extensionData(loaded.spec);
  const normalized = normalize === undefined ? options : normalize(options, context);
  return normalized === undefined ? undefined : { name: loaded.spec.name, options: normalized };
}

/** Two loads of some matches are one in the nft back end, as long as each has options, and not the same. */
function joinMatches(matches: readonly NormalizedExtension[], { backend }: NormalizeContext): readonly NormalizedExtension[] {
  if (backend === 'legacy') return matches;
  const joined: NormalizedExtension[] = [];
  for (const match of matches) {
    const index = joined.findIndex(({ name }) => name === match.name);
    const first = joined[index];
    const spec = first === undefined ? undefined : findMatch(match.name);
    if (
      first === undefined ||
      spec === undefined ||
      extensionData(spec).nativeInNft === undefined ||
      first.options.length === 0 ||
      match.options.length === 0 ||
      first.options.some(({ name }) => match.options.some((other) => other.name === name))
    ) {
      joined.push(match);
      continue;
    }
    const order = spec.options.map(({ saved }) => saved);
    const options = [...first.options, ...match.options].sort(
      (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
    );
    joined[index] = { name: match.name, options };
  }
  return joined;
}

function targetOf(
  rule: RuleStatement,
  options: Loaded['options'],
  unknown: readonly NormalizedOption[],
  context: NormalizeContext,
): NormalizedExtension | undefined {
  if (rule.target === undefined) return unknown.length === 0 ? undefined : { name: '', options: unknown };
  const name = rule.target.text;
  const spec = rule.isGoto ? undefined : findTarget(name);
  const normalized = normalizeExtension({ name, spec, options }, context);
  return { name: spec?.name ?? name, options: [...(normalized?.options ?? []), ...unknown] };
}
