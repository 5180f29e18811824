/** What is wrong with `*table`, `:CHAIN POLICY` and the commands about chains, by the line alone. */
import { findTarget } from '../../catalog/lookup.ts';
import { isBuiltinChain, isTableName } from '../../catalog/tables.ts';
import { readCounters } from '../../catalog/values/read-words.ts';
import type { LineContext } from '../line.ts';
import type { ChainCommandStatement, ChainStatement, Problem, RuleOption, TableStatement, Word } from '../statement.ts';
import type { Report } from './checked-rule.ts';
import { checkChainLength, isVerdictName } from './placement.ts';
import { refusal } from './refusal.ts';

function problem(at: Word, severity: Problem['severity'], code: string, message: string): Problem {
  return { code, message, severity, start: at.start, end: at.end };
}

/** `*name`: the table must be one of iptables'. */
export function checkTable({ name }: Pick<TableStatement, 'name'>, report: Report): void {
  if (name.text === '' || isTableName(name.text)) return;
  const found = problem(name, 'error', 'unknown-table', `table name '${name.text}' invalid`);
  const lower = name.text.toLowerCase();
  report(isTableName(lower) ? { ...found, fix: { title: `Write ${lower}`, text: lower } } : found);
}

const policies = ['ACCEPT', 'DROP'];

/** A new chain's name: not too long, not a verdict, and for the nft back end without `-` or `!` in front. */
function checkNewName(name: Word, context: LineContext, isCommand: boolean, report: Report): void {
  checkChainLength(name, report);
  const first = name.text.charAt(0);
  if (first === '-' || first === '!') {
    const message = `chain name not allowed to start with \`${first}'`;
    const found = refusal(name, context, 'nft', 'bad-chain-name', message);
    if (found !== undefined) report(found);
  }
  if (isVerdictName(name.text) || (isCommand && findTarget(name.text) !== undefined))
    report(problem(name, 'error', 'bad-chain-name', 'chain name may not clash with target name'));
}

/** `:CHAIN POLICY [0:0]`. */
export function checkChain(
  { name, policy }: Pick<ChainStatement, 'name' | 'policy'>,
  context: LineContext,
  report: Report,
): void {
  const { table } = context;
  if (table !== undefined && table !== 'unknown' && isBuiltinChain(table, name.text)) {
    if (policy === undefined || policy.text === '-' || policies.includes(policy.text)) return;
    const message = `Can't set policy \`${policy.text}' on \`${name.text}': Bad policy name`;
    const found = problem(policy, 'error', 'bad-policy', message);
    const upper = policy.text.toUpperCase();
    report(policies.includes(upper) ? { ...found, fix: { title: `Write ${upper}`, text: upper } } : found);
    return;
  }
  checkNewName(name, context, false, report);
  if (policy === undefined || policy.text === '-' || table === undefined || table === 'unknown') return;
  const message = `Can't set policy \`${policy.text}' on \`${name.text}': Bad built-in chain name`;
  const found = refusal(policy, context, 'legacy', 'policy-on-user-chain', message);
  if (found !== undefined) report({ ...found, fix: { title: 'Write -', text: '-' } });
}

function checkCounters({ word, values: [packets, bytes] }: RuleOption, report: Report): void {
  const read = readCounters(packets?.text ?? '', bytes?.text ?? '');
  if (read.type === 'fault') report(problem((read.word === 1 ? bytes : packets) ?? word, 'error', read.code, read.message));
}

/** `-N`, `-P`, `-X` and their like. */
export function checkChainCommand(
  { command, commandWord, chain, argument }: Omit<ChainCommandStatement, 'kind' | 'problems'>,
  options: readonly RuleOption[],
  context: LineContext,
  report: Report,
): void {
  for (const option of options) {
    const { spec, word } = option;
    if (spec !== undefined && (spec.long === '--verbose' || spec.long === '--ipv4' || spec.long === '--ipv6')) continue;
    // `iptables -S -v` prints "-P INPUT ACCEPT -c 12 720".
    if (spec?.long === '--set-counters' && command === 'policy') {
      checkCounters(option, report);
      continue;
    }
    const message =
      spec === undefined ? `unknown option "${word.text}"` : `Illegal option \`${spec.short ?? spec.long}' with this command`;
    report(problem(word, 'error', spec === undefined ? 'unknown-option' : 'superfluous-option', message));
  }
  if (chain !== undefined) {
    if (command === 'new') checkNewName(chain, context, true, report);
    else checkChainLength(chain, report);
  }
  if (command === 'policy') {
    if (argument === undefined) {
      report(problem(commandWord, 'error', 'missing-value', '-P requires a chain and a policy'));
      return;
    }
    const { table } = context;
    if (chain !== undefined && table !== undefined && table !== 'unknown' && !isBuiltinChain(table, chain.text)) {
      report(problem(chain, 'error', 'policy-on-user-chain', `Can't set policy on \`${chain.text}': Bad built-in chain name`));
    } else if (!policies.includes(argument.text)) {
      report(problem(argument, 'error', 'bad-policy', `Can't set policy \`${argument.text}': Bad policy name`));
    }
  } else if (command === 'rename') {
    if (argument === undefined)
      report(problem(commandWord, 'error', 'missing-value', '-E requires old-chain-name and new-chain-name'));
    else checkNewName(argument, context, true, report);
  }
}
