/** What iptables asks of a rule's chain, its target's name and its own options; what the kernel asks is in kernel.ts. */

import { standardTargets } from '../../catalog/lookup.ts';
import type { Family, OptionSpec, TableName } from '../../catalog/types.ts';
import { readNumber } from '../../catalog/values/numbers.ts';
import { byteLength } from '../../catalog/values/values.ts';
import type { Problem, RuleOption, Span, Word } from '../statement.ts';
import type { Report, UncheckedRule } from './checked-rule.ts';

/** A chain's name has at most so many bytes. */
const longestChainName = 28;

function problem(at: Span, severity: Problem['severity'], code: string, message: string): Problem {
  return { code, message, severity, start: at.start, end: at.end };
}

/** What iptables itself finds wrong with a rule for the place where it stands. */
export function checkPlacement(rule: UncheckedRule, table: TableName | undefined, report: Report): void {
  const { target, chain } = rule;
  checkChainLength(chain, report);
  if (target !== undefined) checkTargetName(target, report);
  checkInterfaces(rule, report);
  if (table === 'nat' && target?.text === 'DROP') {
    const message = 'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';
    report(problem(target, 'error', 'drop-in-nat', message));
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
    const bad = problem(number, 'error', 'bad-rule-number', `Invalid rule number \`${number.text}'`);
    // Who counts from 0 means the first.
    report(number.text === '0' ? { ...bad, fix: { title: 'Write 1', text: '1', isGuess: true } } : bad);
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
