/**
 * What is wrong with a rule by its line alone, in iptables' words and in the order in which iptables finds it. An error is what no back end that could
 * have written the file loads, whether iptables-restore or the kernel refuses it; what one back end alone refuses is a warning that names it.
 */

import type { GivenOptions } from '../../catalog/extension.ts';
import { findMatch, findTarget } from '../../catalog/lookup.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { ExtensionSpec, Family, OptionSpec, ValueKind } from '../../catalog/types.ts';
import { readValue } from '../../catalog/values/read-value.ts';
import type { LineContext } from '../line.ts';
import type { Problem, RuleOption, Span, Word } from '../statement.ts';
import type { LoadedMatch, Report, UncheckedRule } from './checked-rule.ts';
import { demandsOf, isEntangled, mayBeRefused } from './demands.ts';
import { kernelFault } from './kernel.ts';
import { checkMatchName, reportUnknown } from './names.ts';
import { checkCoreOption, checkListingOptions, checkPlacement, checkRuleNumber } from './placement.ts';
import { isPlainValue } from './quick-value-check.ts';
import { lookedUp, refusal } from './refusal.ts';

function error(at: Span, code: string, message: string): Problem {
  return { code, message, severity: 'error', start: at.start, end: at.end };
}

function warning(at: Span, code: string, message: string): Problem {
  return { code, message, severity: 'warning', start: at.start, end: at.end };
}

/** Takes what is wrong with a rule: at a word, or with the rule when all its words are read. */
export interface RuleReport {
  readonly report: Report;
  readonly reportAtEnd: Report;
}

/** Reports everything that is wrong with a rule. `family` is the dump's, or what the rule itself says. */
export function checkRule(rule: UncheckedRule, context: LineContext, family: Family, { report, reportAtEnd }: RuleReport): void {
  const matches: LoadedMatch[] = [];
  const { options } = rule;
  if (rule.command !== 'append') checkRuleNumber(rule, report);
  let protocol = 0;
  let protocolNegated = false;
  let hasListingOption = false;
  let source: RuleOption | undefined;
  let destination: RuleOption | undefined;
  for (const option of options) {
    const { spec } = option;
    if (spec === undefined) {
      reportUnknown(option, matches, rule, family, report);
      continue;
    }
    if (option.negation !== undefined) checkNegation(option, option.negation, spec, report);
    if (!spec.repeatable) checkRepetition(option, spec, options, report);
    if (spec.value !== undefined && spec.value.type !== 'networks')
      checkValue(option, spec, spec.value, family, protocol, context, report);
    if (spec.extension !== undefined) {
      if (option.instance === -1 && !spec.extension.families.includes(family))
        report(error(option.word, 'wrong-family', `unknown option "${option.word.text}"`));
      // `-p` loads its match when the first of its options comes.
      if (option.instance > matches.length) {
        matches.push({ name: spec.extension.name, spec: spec.extension, instance: option.instance, at: option.word });
        if (!spec.extension.families.includes(family))
          report(error(option.word, 'wrong-family', `unknown option "${option.word.text}"`));
      }
      continue;
    }
    const first = option.values[0];
    if (first === option.word) reportGlued(option, spec, report);
    switch (spec.long) {
      case '--match':
        matches.push({
          name: first?.text ?? '',
          spec: findMatch(first?.text ?? ''),
          instance: matches.length + 1,
          at: first ?? option.word,
        });
        if (first !== undefined) checkMatchName(first, family, report);
        break;
      case '--protocol':
        protocol = protocolOf(option, spec, family);
        protocolNegated = option.negation !== undefined;
        if (protocol === 0 && protocolNegated && first !== undefined)
          report(error(spanOfOption(option), 'never-matches', 'rule would never match protocol'));
        break;
      case '--jump':
      case '--goto':
        break;
      case '--source':
        source = option;
        break;
      case '--destination':
        destination = option;
        break;
      default:
        // These end the reading of a line: iptables-restore skips it, or prints its help and is done.
        if (endsLine(spec, family)) return;
        if (checkCoreOption(spec, option.word, family, report)) hasListingOption = true;
    }
  }
  // iptables looks at these when it has seen the whole line.
  if (hasListingOption) checkListingOptions(options, reportAtEnd);
  if (source !== undefined) checkNetworks(source, destination, family, context, reportAtEnd);
  if (destination !== undefined) checkNetworks(destination, source, family, context, reportAtEnd);
  const table = context.table === 'unknown' ? undefined : context.table;
  const hook = table !== undefined && isBuiltinChain(table, rule.chain.text) ? rule.chain.text : undefined;
  const given = { family, protocol, protocolNegated, rule: options, table, hook, backend: context.backend };
  checkExtensions(rule, matches, given, context, reportAtEnd);
}

/** What a rule says besides the options of one extension. */
type GivenRule = Omit<GivenOptions, 'all' | 'rule'> & { readonly rule: readonly RuleOption[] };

/** Reports what iptables and then the kernel say of the matches and the target of a rule that is read to its end. */
function checkExtensions(
  rule: UncheckedRule,
  matches: readonly LoadedMatch[],
  given: GivenRule,
  context: LineContext,
  report: Report,
): void {
  for (const { spec, instance, at } of matches) {
    if (spec !== undefined) checkDemands(spec, instance, at, given, context, report);
  }
  const target = rule.target === undefined || rule.isGoto ? undefined : findTarget(rule.target.text);
  if (target !== undefined && rule.target !== undefined) {
    checkDemands(target, -1, rule.target, given, context, report);
  }
  checkPlacement(rule, given.table, report);
  for (const { spec, instance, at } of matches) {
    if (spec !== undefined) checkKernel(spec, instance, at, given, context, report);
  }
  if (target !== undefined && rule.target !== undefined) checkKernel(target, -1, rule.target, given, context, report);
}

function checkKernel(
  spec: ExtensionSpec,
  instance: number,
  at: Span,
  given: GivenRule,
  context: LineContext,
  report: Report,
): void {
  if (spec.kind === 'target' && !spec.families.includes(given.family)) {
    const other = given.family === 'ipv4' ? 'IPv6' : 'IPv4';
    report(warning(at, 'wrong-family', `${spec.name} is a target of ${other}: here it can only be a chain`));
    return;
  }
  if (!mayBeRefused(spec)) return;
  const found = kernelFault(spec, { ...given, all: given.rule.filter((option) => option.instance === instance) });
  if (found === undefined) return;
  const problem = refusal(at, context, found.refusedBy, found.code, found.message);
  if (problem !== undefined) report(problem);
}

/** The number of `-p`; 0 for any, and for what is none. */
function protocolOf(option: RuleOption, spec: OptionSpec, family: Family): number {
  const text = option.values[0]?.text ?? '';
  if (text === 'tcp') return 6;
  if (text === 'udp') return 17;
  const value = readValue(spec, [text], { family, protocol: 0 });
  return value?.type === 'protocol' ? value.number : 0;
}

function endsLine(spec: OptionSpec, family: Family): boolean {
  switch (spec.long) {
    case '--ipv4':
      return family === 'ipv6';
    case '--ipv6':
      return family === 'ipv4';
    case '--version':
    case '--help':
      return true;
    default:
      return false;
  }
}

function spanOfOption(option: RuleOption): Span {
  return { start: option.negation?.start ?? option.word.start, end: option.values.at(-1)?.end ?? option.word.end };
}

/** How iptables names one of its own options in its messages. */
function letterOf(spec: OptionSpec): string {
  // -g is -j to it, and a long option without a letter has the number 0.
  return spec.long === '--goto' ? '-j' : (spec.short ?? '-0');
}

/** `-ieth0`: before 1.8.10 the whole word is the value. */
function reportGlued({ word, name }: RuleOption, spec: OptionSpec, report: Report): void {
  const rest = word.text.startsWith('--') ? word.text.slice(word.text.indexOf('=') + 1) : word.text.slice(2);
  const found = warning(word, 'glued-value', `iptables before 1.8.10 takes "${word.text}" for the value of ${name}`);
  report({ ...found, fix: { title: `Write ${spec.saved} ${rest}`, text: `${spec.saved} ${rest}` } });
}

function checkNegation(option: RuleOption, negation: Span, spec: OptionSpec, report: Report): void {
  // What lacks its value is refused before anything else is looked at.
  if (spec.negatable || option.values.length < Math.min(spec.arity, 1)) return;
  let message: string;
  if (spec.extension === undefined) {
    if (spec.long === '--ipv4' || spec.long === '--ipv6' || spec.long === '--modprobe') return;
    const isAlone = spec.long === '--match' || spec.long === '--table';
    message = isAlone ? `unexpected ! flag before ${spec.long}` : `cannot have ! before ${letterOf(spec)}`;
  } else {
    message = `${spec.extension.name}: option "${spec.long}" cannot be inverted.`;
  }
  report(error({ start: negation.start, end: option.word.end }, 'negation', message));
}

function checkRepetition(option: RuleOption, spec: OptionSpec, options: readonly RuleOption[], report: Report): void {
  for (const other of options) {
    if (other === option) return;
    if (other.instance !== option.instance || other.spec === undefined) continue;
    if (other.spec === spec || (isJump(other.spec) && isJump(spec))) {
      report(error(option.word, 'repeated-option', repetition(spec)));
      return;
    }
  }
}

function isJump(spec: OptionSpec): boolean {
  return spec.extension === undefined && (spec.long === '--jump' || spec.long === '--goto');
}

function repetition(spec: OptionSpec): string {
  if (spec.extension === undefined) return `multiple ${letterOf(spec)} flags not allowed`;
  const { kind, name } = spec.extension;
  if (kind === 'match' && (name === 'tcp' || name === 'sctp'))
    return spec.long === '--syn' || spec.long === '--tcp-flags'
      ? "Only one of `--syn' or `--tcp-flags'  allowed"
      : `Only one \`${spec.long}' allowed`;
  return `${name}: option "${spec.long}" can only be used once.`;
}

function checkValue(
  option: RuleOption,
  spec: OptionSpec,
  kind: ValueKind,
  family: Family,
  protocol: number,
  context: LineContext,
  report: Report,
): void {
  const { values } = option;
  const first = values[0];
  if (first === undefined || isPlainValue(kind, first.text, family) || values.length < spec.arity) return;
  const words = values.map(({ text }) => text);
  const value = readValue(spec, words, { family, protocol });
  if (value === undefined) return;
  if (value.type === 'fault') {
    const at: Word = values[value.word ?? 0] ?? first;
    const problem =
      value.isLookedUp === true ? lookedUp(at, value.code) : refusal(at, context, value.refusedBy, value.code, value.message);
    if (problem !== undefined)
      report(
        value.fix === undefined ? problem : { ...problem, fix: { title: `Write ${value.fix}`, text: value.fix, isGuess: true } },
      );
    return;
  }
  if (kind.type === 'interface' && /[\s/]/.test(first.text)) {
    report(
      warning(
        first,
        'weird-interface',
        `weird character in interface \`${first.text}' ('/' and ' ' are not allowed by the kernel).`,
      ),
    );
  } else if (kind.type === 'text' && value.type === 'text' && value.raw !== first.text) {
    // A character that was cut in its middle has no bytes of its own to be written.
    const fix = value.raw.endsWith('\u{fffd}') ? undefined : { title: 'Write what is left of it', text: value.text };
    const cut = warning(first, 'text-cut', `iptables cuts this off after ${kind.max ?? 0} bytes`);
    report(fix === undefined ? cut : { ...cut, fix });
  } else if (isReversed(value)) {
    report(warning(first, 'reversed-range', `the range ${first.text} is reversed and will never match`));
  }
}

function checkNetworks(
  option: RuleOption,
  other: RuleOption | undefined,
  family: Family,
  context: LineContext,
  report: Report,
): void {
  const { spec, negation } = option;
  if (spec?.value !== undefined) checkValue(option, spec, spec.value, family, 0, context, report);
  if (negation !== undefined && spec?.value !== undefined) {
    const value = readValue(spec, [option.values[0]?.text ?? ''], { family, protocol: 0 });
    if (value?.type === 'networks' && value.networks.some(({ mask }) => mask === 0n)) {
      const problem = refusal(
        spanOfOption(option),
        context,
        'nft',
        'never-matches',
        'the kernel refuses the negation of every address',
      );
      if (problem !== undefined) report(problem);
    }
  }
  // Neither -s nor -d may be negated where one of them is a list.
  if (negation !== undefined && (isList(option) || (other !== undefined && isList(other)))) {
    const message = '! not allowed with multiple source or destination IP addresses';
    report(error({ start: negation.start, end: option.word.end }, 'negated-list', message));
  }
}

function isList(option: RuleOption): boolean {
  return option.values[0]?.text.includes(',') === true;
}

function isReversed(value: Exclude<ReturnType<typeof readValue>, undefined>): boolean {
  switch (value.type) {
    case 'ports':
      return value.ranges.some(({ from, to }) => from > to);
    case 'range':
      return value.range.from > value.range.to;
    case 'addresses':
      return value.from > value.to;
    default:
      return false;
  }
}

function checkDemands(
  extension: ExtensionSpec,
  instance: number,
  at: Span,
  given: GivenRule,
  context: LineContext,
  report: Report,
): void {
  const demands = demandsOf(extension);
  if (demands === null) return;
  if (demands.check !== undefined) {
    const all = given.rule.filter((option) => option.instance === instance);
    const wrong = demands.check({ ...given, all });
    if (wrong !== undefined) {
      const place = wrong.code === 'missing-option' ? at : (spanOfExtension(all) ?? at);
      const problem = refusal(place, context, wrong.refusedBy, wrong.code, wrong.message);
      if (problem !== undefined) report(problem);
      if (wrong.refusedBy === undefined) return;
    }
  }
  for (const option of demands.mandatory) {
    if (!given.rule.some(({ spec, instance: own }) => spec === option && own === instance))
      report(error(at, 'missing-option', `${extension.name}: option "${option.long}" must be specified`));
  }
  if (demands.isEntangled) checkEntangled(extension, instance, given.rule, report);
}

function checkEntangled(extension: ExtensionSpec, instance: number, options: readonly RuleOption[], report: Report): void {
  for (const { spec, word, instance: own } of options) {
    if (own !== instance || spec === undefined || !isEntangled(spec)) continue;
    const hasOther = (long: string): boolean => options.some(({ name, instance: other }) => name === long && other === instance);
    for (const long of spec.requires) {
      if (!hasOther(long))
        report(error(word, 'missing-option', `${extension.name}: option "${spec.long}" also requires "${long}".`));
    }
    const excluded = options.find(({ name, instance: other }) => other === instance && spec.excludes.includes(name));
    if (excluded?.spec === undefined || excluded.word.start > word.start) continue;
    // iptables goes by its own order of the options, whatever was typed first.
    const [first, second] = [spec, excluded.spec].sort((one, other) => one.index - other.index);
    const message = `${extension.name}: option "${first?.long}" cannot be used together with "${second?.long}".`;
    report(error(word, 'excluded-option', message));
  }
}

function spanOfExtension(options: readonly RuleOption[]): Span | undefined {
  const first = options[0];
  const last = options.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { start: first.negation?.start ?? first.word.start, end: last.values.at(-1)?.end ?? last.word.end };
}
