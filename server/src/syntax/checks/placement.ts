/** Where a rule may stand: which chains and tables its matches and its target are for, and what names chains may have. */

import type { GivenOptions } from '../../catalog/extension.ts';
import { standardTargets } from '../../catalog/lookup.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { ExtensionSpec, Family, Hook, OptionSpec, TableName } from '../../catalog/types.ts';
import { readNumber } from '../../catalog/values/numbers.ts';
import { protocolNumber } from '../../catalog/values/protocols.ts';
import { byteLength } from '../../catalog/values/values.ts';
import type { LineContext } from '../line.ts';
import type { Problem, RuleOption, Span, Word } from '../statement.ts';
import type { LoadedMatch, Report, UncheckedRule } from './checked-rule.ts';

/** A chain's name has at most so many bytes. */
const longestChainName = 28;

function problem(at: Span, severity: Problem['severity'], code: string, message: string): Problem {
  return { code, message, severity, start: at.start, end: at.end };
}

/** What is wrong with a rule for the place where it stands. What only the kernel refuses is a warning: iptables-restore reads it. */
export function checkPlacement(
  rule: UncheckedRule,
  loaded: readonly LoadedMatch[],
  given: Omit<GivenOptions, 'all'>,
  context: LineContext,
  report: Report,
): void {
  const { target, chain } = rule;
  checkChainLength(chain, report);
  if (target !== undefined) checkTargetName(target, report);
  checkInterfaces(rule, report);
  const table = context.table === 'unknown' ? undefined : context.table;
  if (table === 'nat' && target?.text === 'DROP') {
    const message = 'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';
    report(problem(target, 'error', 'drop-in-nat', message));
  }
  const hook = table !== undefined && isBuiltinChain(table, chain.text) ? chain.text : undefined;
  for (const { spec, at } of loaded) {
    if (spec === undefined) continue;
    checkPlace(spec, at, table, hook, given.family, context, report);
    checkProtocol(spec, at, rule, given, context, report);
  }
}

/** A name that no user chain may have: iptables takes the built-in verdict for it. */
export function isVerdictName(name: string): boolean {
  return standardTargets.has(name);
}

/** Whether the name of a chain is longer than the kernel takes. */
export function checkChainLength(chain: Word, report: Report): void {
  if (byteLength(chain.text) <= longestChainName) return;
  const message = `chain name \`${chain.text}' too long (must be under ${longestChainName + 1} chars)`;
  report(problem(chain, 'error', 'chain-name-too-long', message));
}

function checkTargetName(target: Word, report: Report): void {
  const { text } = target;
  if (text === '') report(problem(target, 'error', 'bad-target', 'Invalid target name (too short)'));
  else if (byteLength(text) > longestChainName) {
    const message = `Invalid target name \`${text}' (${longestChainName} chars max)`;
    report(problem(target, 'error', 'chain-name-too-long', message));
  } else if (/\s/.test(text)) report(problem(target, 'error', 'bad-target', `Invalid target name \`${text}'`));
}

/** The number of -I, -R or -D. */
export function checkRuleNumber({ command, commandWord, number, options }: UncheckedRule, report: Report): void {
  if (number === undefined) {
    if (command === 'replace') report(problem(commandWord, 'error', 'missing-value', `-R requires a rule number`));
    return;
  }
  const value = readNumber(number.text, 1, 0x7fff_ffff);
  if (value === undefined) {
    report(problem(number, 'error', 'bad-rule-number', `Invalid rule number \`${number.text}'`));
  } else if (command === 'delete') {
    for (const { spec, word } of options) {
      const letter = spec?.short;
      if (letter !== undefined && spec?.extension === undefined && letter !== '-v' && letter !== '-m')
        report(problem(word, 'error', 'superfluous-option', `Illegal option \`${letter}' with this command`));
    }
  }
}

/** The side on which packets of a built-in chain have no interface. */
function checkInterfaces({ chain, options }: UncheckedRule, report: Report): void {
  const missing =
    chain.text === 'INPUT' || chain.text === 'PREROUTING'
      ? '--out-interface'
      : chain.text === 'OUTPUT' || chain.text === 'POSTROUTING'
        ? '--in-interface'
        : undefined;
  if (missing === undefined) return;
  for (const { name, spec, word } of options) {
    if (name === missing && spec?.short !== undefined)
      report(problem(word, 'error', 'wrong-interface', `Can't use ${spec.short} with ${chain.text}`));
  }
}

/** An option that the file or its family does not have. True where it is one for listings, which are looked at in the end. */
export function checkCoreOption({ long, short }: OptionSpec, word: Word, family: Family, report: Report): boolean {
  switch (long) {
    case '--fragments':
      if (family === 'ipv6') report(problem(word, 'error', 'wrong-family', "`-f' is not supported in IPv6, use -m frag instead"));
      return false;
    case '--table':
      report(problem(word, 'error', 'not-in-a-file', 'The -t option cannot be used in iptables-restore.'));
      return false;
    case '--wait':
    case '--wait-interval':
      report(problem(word, 'error', 'not-in-a-file', `You cannot use \`${short ?? ''}' from iptables-restore`));
      return false;
    case '--numeric':
    case '--exact':
    case '--line-numbers':
      return true;
    default:
      return false;
  }
}

/** Options for listings. */
export function checkListingOptions(options: readonly RuleOption[], report: Report): void {
  for (const { spec, word } of options) {
    if (spec === undefined || spec.extension !== undefined) continue;
    switch (spec.long) {
      case '--numeric':
      case '--exact':
      case '--line-numbers': {
        const message = `Illegal option \`${spec.short ?? '-0'}' with this command`;
        report(problem(word, 'error', 'superfluous-option', message));
        break;
      }
      default:
    }
  }
}

function checkPlace(
  spec: ExtensionSpec,
  at: Span,
  table: TableName | undefined,
  hook: Hook | undefined,
  family: Family,
  { backend }: LineContext,
  report: Report,
): void {
  const { name, kind, tables, hooks } = spec;
  if (kind === 'target' && !spec.families.includes(family)) {
    const other = family === 'ipv4' ? 'IPv6' : 'IPv4';
    report(problem(at, 'warning', 'wrong-family', `${name} is a target of ${other}: here it can only be a chain`));
    return;
  }
  if (table !== undefined && tables !== undefined && !tables.includes(table)) {
    if (name === 'TRACE') {
      if (backend !== 'nft')
        report(problem(at, 'warning', 'wrong-table', 'the legacy back end takes TRACE in the raw table only'));
      return;
    }
    const list = tables.join(' and ');
    report(
      problem(at, 'warning', 'wrong-table', `the kernel refuses ${name} in the table ${table}: it is valid only in ${list}`),
    );
    return;
  }
  if (hook !== undefined && hooks !== undefined && !hooks.includes(hook)) {
    const list = hooks.join(', ');
    report(
      problem(
        at,
        'warning',
        'wrong-chain',
        `the kernel refuses ${name} in ${hook}: it is valid only in ${list} and chains called from there`,
      ),
    );
  }
}

/** The tcp and udp matches look at ports or flags, so that the nft back end cannot do without `-p`. */
function looksIntoHeader(rule: UncheckedRule, name: string): boolean {
  // With --tcp-option it leaves the match to the kernel's own module.
  if (name === 'tcp' && rule.options.some(({ name: option }) => option === '--tcp-option')) return false;
  return rule.options.some(
    ({ spec, values, negation }) =>
      spec?.extension?.kind === 'match' &&
      spec.extension.name === name &&
      (negation !== undefined || !/^0*:(?:65535)?$/.test(values[0]?.text ?? '')),
  );
}

function checkProtocol(
  spec: ExtensionSpec,
  at: Span,
  rule: UncheckedRule,
  { protocol, protocolNegated }: Omit<GivenOptions, 'all'>,
  { backend }: LineContext,
  report: Report,
): void {
  const needed = spec.name === 'REJECT' && isReset(rule) ? ['tcp'] : spec.protocols;
  if (needed === undefined) return;
  const isNamed = needed.some((name) => protocolNumber(name) === protocol);
  if (isNamed && !protocolNegated) return;
  const { name } = spec;
  if ((name === 'tcp' || name === 'udp') && !isNamed && backend !== 'legacy' && looksIntoHeader(rule, name)) {
    report(problem(at, 'error', 'needs-protocol', `${name.toUpperCase()} match requires '-p ${name}'`));
    return;
  }
  if ((name === 'tcp' || name === 'udp') && isNamed && backend === 'nft') return;
  const who = isNamed && (name === 'tcp' || name === 'udp') ? 'the legacy back end' : 'the kernel';
  const list = needed.map((protocolText) => `-p ${protocolText}`).join(' or ');
  report(problem(at, 'warning', 'needs-protocol', `${who} refuses ${name} without ${list}`));
}

function isReset(rule: UncheckedRule): boolean {
  return rule.options.some(({ spec, values }) => spec?.long === '--reject-with' && /^tcp/i.test(values[0]?.text ?? ''));
}
