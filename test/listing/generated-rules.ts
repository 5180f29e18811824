/** Rules that a real kernel holds, as iptables-save and `iptables -L` print them, line by line. */
import fc from 'fast-check';
import type { Family, TableName } from '../../server/src/catalog/types.ts';
import { type GeneratedRule, generatedRule } from '../oracle/arbitrary-rules.ts';
import { type Backend, type Namespace, programName } from '../oracle/real-iptables.ts';

/** The rules of one family and table that real iptables holds. */
export interface LoadedRules {
  readonly family: Family;
  readonly table: TableName;
  /** As iptables-save prints them: "-A X ...". */
  readonly saved: readonly string[];
}

/** So many rules by chance, those of one family and table together. */
export function sampleRules(count: number, seed: number): ReadonlyMap<string, readonly GeneratedRule[]> {
  const groups = new Map<string, GeneratedRule[]>();
  for (const rule of fc.sample(generatedRule, { numRuns: count, seed })) {
    if (!rule.text.startsWith('-A X ') || isUnbalanced(rule.text)) continue;
    const key = `${rule.family} ${rule.table}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rule]);
    else group.push(rule);
  }
  return groups;
}

/** A quote that is never closed takes the end of the line into its text, and makes two lines of what is printed. */
function isUnbalanced(text: string): boolean {
  return (text.replaceAll(/\\./g, '').match(/"/g) ?? []).length % 2 === 1;
}

function fileOf(table: string, rules: readonly string[]): string {
  return [`*${table}`, ':X - [0:0]', ':Y - [0:0]', ':Z - [0:0]', ...rules, 'COMMIT', ''].join('\n');
}

const linesBefore = 4;

/** Those of the rules that real iptables and the kernel take; where it does not say which one it refuses, each half is tried. */
async function loadable(
  namespace: Namespace,
  restore: string,
  table: string,
  texts: readonly string[],
): Promise<readonly string[]> {
  if (texts.length === 0) return texts;
  const { status, stderr } = await namespace.run(restore, [], fileOf(table, texts));
  if (status === 0) return texts;
  const refused = refusedLines(stderr, texts.length);
  if (refused.size > 0) {
    const others = texts.filter((_, index) => !refused.has(index));
    return loadable(namespace, restore, table, others);
  }
  if (texts.length === 1) return [];
  const middle = texts.length >> 1;
  return [
    ...(await loadable(namespace, restore, table, texts.slice(0, middle))),
    ...(await loadable(namespace, restore, table, texts.slice(middle))),
  ];
}

/** Gives rules to real iptables; those that it or the kernel refuses are left out. */
export async function load(namespace: Namespace, backend: Backend, rules: readonly GeneratedRule[]): Promise<LoadedRules> {
  const { family, table } = rules[0] ?? { family: 'ipv4', table: 'filter' };
  const restore = programName(family, backend, 'restore');
  const texts = await loadable(
    namespace,
    restore,
    table,
    rules.map(({ text }) => text),
  );
  await namespace.run(restore, [], fileOf(table, texts));
  const { stdout } = await namespace.run(programName(family, backend, 'save'), ['-t', table]);
  return { family, table, saved: stdout.split('\n').filter((line) => /^-A X(?: |$)/.test(line)) };
}

function refusedLines(stderr: string, count: number): ReadonlySet<number> {
  const numbers = [...stderr.matchAll(/(?:Error occurred at line: |\bline )(\d+)/g)].map(
    (found) => Number(found[1]) - linesBefore - 1,
  );
  return new Set(numbers.filter((number) => number >= 0 && number < count));
}

/** The chain X as `iptables -L` prints it with these flags, the line of its name and those of its columns included. */
export async function list(
  namespace: Namespace,
  backend: Backend,
  { family, table }: LoadedRules,
  flags: readonly string[],
): Promise<string> {
  const program = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${backend}`;
  return (await namespace.run(program, ['-t', table, '-L', 'X', ...flags])).stdout;
}
