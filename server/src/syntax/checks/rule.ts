/**
 * What is wrong with a rule by its line alone, in iptables' words and in the order in which iptables finds it. An error is what both back ends' iptables-restore
 * refuses to read (or the one that wrote the file); what only the kernel or the other back end refuses is a warning.
 */

import type { CombinationCheck, GivenOptions } from '../../catalog/extension.ts';
import {
  matches as allMatches,
  targets as allTargets,
  extensionData,
  findMatch,
  findTarget,
  whoHas,
} from '../../catalog/lookup.ts';
import type { ExtensionSpec, Family, OptionSpec, ValueKind } from '../../catalog/types.ts';
import { readValue } from '../../catalog/values/read-value.ts';
import { secondCommand } from '../getopt.ts';
import type { LineContext } from '../line.ts';
import type { Problem, RuleOption, Span, Word } from '../statement.ts';
import type { LoadedMatch, Report, UncheckedRule } from './checked-rule.ts';
import { checkCoreOption, checkListingOptions, checkPlacement, checkRuleNumber } from './placement.ts';
import { isPlainValue } from './quick-value-check.ts';

/** What an extension asks for in the end. */
interface Demands {
  readonly mandatory: readonly OptionSpec[];
  readonly check: CombinationCheck | undefined;
  /** Some of its options exclude or require others. */
  readonly isEntangled: boolean;
}

const demandsOf = new Map<ExtensionSpec, Demands | undefined>(
  [...allMatches, ...allTargets].map((extension) => {
    const mandatory = extension.options.filter((option) => option.mandatory);
    const { check } = extensionData(extension);
    const entangled = extension.options.some((option) => isEntangled(option));
    const demands = { mandatory, check, isEntangled: entangled };
    return [extension, mandatory.length > 0 || check !== undefined || entangled ? demands : undefined];
  }),
);

function isEntangled(option: OptionSpec): boolean {
  return option.excludes.length > 0 || option.requires.length > 0;
}

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
      checkValue(option, spec, spec.value, family, protocol, report);
    if (spec.extension !== undefined) {
      // `-p` loads its match when the first of its options comes.
      if (option.instance > matches.length) {
        matches.push({ name: spec.extension.name, spec: spec.extension, at: option.word });
        if (!spec.extension.families.includes(family))
          report(error(option.word, 'wrong-family', `unknown option "${option.word.text}"`));
      }
      continue;
    }
    const first = option.values[0];
    if (first === option.word) reportGlued(option, spec, report);
    switch (spec.long) {
      case '--match':
        matches.push({ name: first?.text ?? '', spec: findMatch(first?.text ?? ''), at: first ?? option.word });
        if (first !== undefined) checkMatchName(first, family, report);
        break;
      case '--protocol':
        protocol = protocolOf(option, spec, family);
        protocolNegated = option.negation !== undefined;
        if (protocol === 0 && protocolNegated)
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
  if (source !== undefined) checkNetworks(source, destination, family, reportAtEnd);
  if (destination !== undefined) checkNetworks(destination, source, family, reportAtEnd);
  const given = { family, protocol, protocolNegated };
  for (const [index, match] of matches.entries()) {
    if (match.spec !== undefined) checkDemands(match.spec, index + 1, match.at, options, given, reportAtEnd);
  }
  const target = rule.target === undefined || rule.isGoto ? undefined : findTarget(rule.target.text);
  if (target !== undefined && rule.target !== undefined) {
    checkDemands(target, -1, rule.target, options, given, reportAtEnd);
    matches.push({ name: target.name, spec: target, at: rule.target });
  }
  checkPlacement(rule, matches, given, context, reportAtEnd);
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
  if (spec.negatable) return;
  let message: string;
  if (spec.extension === undefined) {
    if (spec.long === '--ipv4' || spec.long === '--ipv6') return;
    message = spec.long === '--match' ? 'unexpected ! flag before --match' : `cannot have ! before ${letterOf(spec)}`;
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
    const problem = error(at, value.code, value.message);
    report(value.fix === undefined ? problem : { ...problem, fix: { title: `Write ${value.fix}`, text: value.fix } });
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
    report(warning(first, 'text-cut', `iptables cuts this off after ${kind.max ?? 0} bytes`));
  } else if (isReversed(value)) {
    report(warning(first, 'reversed-range', `the range ${first.text} is reversed and will never match`));
  }
}

function checkNetworks(option: RuleOption, other: RuleOption | undefined, family: Family, report: Report): void {
  const { spec, negation } = option;
  if (spec?.value !== undefined) checkValue(option, spec, spec.value, family, 0, report);
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

function checkMatchName(at: Word, family: Family, report: Report): void {
  const name = at.text;
  const found = findMatch(name);
  const message = `Couldn't load match \`${name}':No such file or directory`;
  if (found === undefined) {
    const similar = findMatch(name.toLowerCase()) ?? findTarget(name);
    if (similar === undefined) {
      report(warning(at, 'unknown-match', `${message}; iptables 1.8 has no such match, its options are kept as they are`));
    } else {
      const problem = error(at, 'unknown-match', message);
      report(similar.kind === 'match' ? { ...problem, fix: { title: `Write ${similar.name}`, text: similar.name } } : problem);
    }
  } else if (!found.families.includes(family)) {
    report(error(at, 'wrong-family', message));
  }
}

function reportUnknown(
  option: RuleOption,
  matches: readonly LoadedMatch[],
  rule: UncheckedRule,
  family: Family,
  report: Report,
): void {
  // A second command has been reported where it stands, and so has a stray word.
  if (option.instance === secondCommand || !option.name.startsWith('-')) return;
  // It may well be an option of a match that only this machine lacks.
  if (matches.some(({ spec }) => spec === undefined)) return;
  const at = option.word;
  const owners = whoHas(option.name).filter((owner) => owner.families.includes(family));
  const message = `unknown option "${option.word.text}"`;
  const owner = owners[0];
  if (owner === undefined) {
    report(error(at, 'unknown-option', message));
    return;
  }
  const how = owners
    .slice(0, 4)
    .map(({ kind, name }) => (kind === 'match' ? `-m ${name}` : `-j ${name}`))
    .join(', ');
  const problem = error(at, 'option-not-loaded', `${message}: it is known only behind ${how}`);
  const isLoadable =
    owners.length === 1 && owner.kind === 'match' && !matches.some(({ name }) => name === owner.name) && rule.options.length > 0;
  report(
    isLoadable
      ? { ...problem, fix: { title: `Load the match ${owner.name}`, text: `-m ${owner.name} ${option.word.text}` } }
      : problem,
  );
}

function checkDemands(
  extension: ExtensionSpec,
  instance: number,
  at: Span,
  options: readonly RuleOption[],
  context: Omit<GivenOptions, 'all'>,
  report: Report,
): void {
  const demands = demandsOf.get(extension);
  if (demands === undefined) return;
  if (demands.check !== undefined) {
    const all = options.filter((option) => option.instance === instance);
    const { family, protocol, protocolNegated } = context;
    const wrong = demands.check({ family, protocol, protocolNegated, all });
    if (wrong !== undefined) {
      const place = wrong.code === 'missing-option' ? at : (spanOfExtension(all) ?? at);
      report(error(place, wrong.code, wrong.message));
      return;
    }
  }
  for (const option of demands.mandatory) {
    if (!options.some(({ spec, instance: own }) => spec === option && own === instance))
      report(error(at, 'missing-option', `${extension.name}: option "${option.long}" must be specified`));
  }
  if (demands.isEntangled) checkEntangled(extension, instance, options, report);
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
