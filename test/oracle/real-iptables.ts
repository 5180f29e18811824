/** Real iptables in network namespaces of their own. Nothing of the machine's rules is read or changed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { builtinChains } from '../../server/src/catalog/tables.ts';
import type { Family } from '../../server/src/catalog/types.ts';
import type { GeneratedRule } from './arbitrary-rules.ts';

export type Backend = 'nft' | 'legacy';

export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network namespace that lives until `close`. */
export interface Namespace {
  /** Runs a program in it; no shell. */
  run(program: string, args: readonly string[], input?: string): Promise<Run>;
  close(): void;
}

function finished(child: ChildProcess, input: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      stdout += part;
    });
    child.stderr?.setEncoding('utf8').on('data', (part: string) => {
      stderr += part;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    // iptables stops reading at its first error.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** A new, empty network namespace. */
export async function openNamespace(): Promise<Namespace> {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('error', reject);
    holder.once('exit', () => reject(new Error('no network namespace')));
  });
  return {
    run: (program, args, input = '') =>
      finished(
        spawn('nsenter', [`--net=/proc/${holder.pid}/ns/net`, program, ...args], {
          env: { ...process.env, PATH: `/usr/sbin:/sbin:${process.env['PATH'] ?? ''}` },
        }),
        input,
      ),
    close: () => {
      holder.stdin.end();
    },
  };
}

/** "iptables-nft-restore", "ip6tables-legacy-save". */
export function programName(family: Family, backend: Backend, what: 'restore' | 'save'): string {
  return `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${backend}-${what}`;
}

/** What real iptables-restore says of a rule that it only reads. */
export interface Verdict {
  readonly accepted: boolean;
  /** Its first line; empty where it accepts. */
  readonly message: string;
}

function fileOf(table: string, rules: readonly string[]): string {
  return [`*${table}`, ':X - [0:0]', ':Y - [0:0]', ...rules, 'COMMIT', ''].join('\n');
}

const linesBefore = 3;

/** The place of the rule that iptables-restore stopped at; undefined where it does not say. */
function stoppedAt(stderr: string): number | undefined {
  const line = /(?:Error occurred at line: |\bline )(\d+)(?: failed)?\s*$/m.exec(stderr)?.[1];
  return line === undefined ? undefined : Number(line) - linesBefore - 1;
}

/**
 * The verdict of `iptables-restore --test` on each rule of one family and table. Rules go in together; iptables-restore stops at the first that it
 * refuses, and the rest goes in again.
 */
async function judge(namespace: Namespace, backend: Backend, rules: readonly GeneratedRule[]): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const [first] = rules;
  if (first === undefined) return verdicts;
  while (verdicts.length < rules.length) {
    const rest = rules.slice(verdicts.length);
    const text = fileOf(
      first.table,
      rest.map((rule) => rule.text),
    );
    const { status, stdout, stderr } = await namespace.run(programName(first.family, backend, 'restore'), ['--test'], text);
    // Help ends the run, and what stands behind is not read.
    const ended = status === 0 && stdout !== '' && rest.length > 1;
    const stop = ended ? undefined : status === 0 ? rest.length : stoppedAt(stderr);
    if (stop === undefined || stop < 0 || stop > rest.length || (status !== 0 && stop === rest.length)) {
      if (rest.length === 1) {
        verdicts.push({ accepted: false, message: messageOf(stderr) });
        continue;
      }
      // It did not say where it stopped: ask about each half.
      const middle = rest.length >> 1;
      verdicts.push(...(await judge(namespace, backend, rest.slice(0, middle))));
      verdicts.push(...(await judge(namespace, backend, rest.slice(middle))));
      continue;
    }
    for (let index = 0; index < stop; index += 1) verdicts.push({ accepted: true, message: '' });
    if (stop < rest.length) verdicts.push({ accepted: false, message: messageOf(stderr) });
  }
  return verdicts;
}

/** What iptables says, without its own name and warnings. */
function messageOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => !/^\s*(?:warn|warning|--set option)/i.test(line) && line.trim() !== '');
  return (lines[0] ?? '').replace(/^ip6?tables[a-z-]* v[0-9.]+ \([a-z_]+\): /, '').trim();
}

/** The verdict of one back end on each rule, whatever their families and tables. Several namespaces share the work. */
export async function judgeAll(
  namespaces: readonly Namespace[],
  backend: Backend,
  rules: readonly GeneratedRule[],
): Promise<ReadonlyMap<GeneratedRule, Verdict>> {
  const groups = new Map<string, GeneratedRule[]>();
  for (const rule of rules) {
    const key = `${rule.family} ${rule.table}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [rule]);
    else group.push(rule);
  }
  const batches: GeneratedRule[][] = [];
  for (const group of groups.values()) {
    for (let start = 0; start < group.length; start += batchSize) batches.push(group.slice(start, start + batchSize));
  }
  const found = new Map<GeneratedRule, Verdict>();
  let next = 0;
  await Promise.all(
    namespaces.map(async (namespace) => {
      for (;;) {
        const batch = batches[next];
        next += 1;
        if (batch === undefined) return;
        const verdicts = await judge(namespace, backend, batch);
        for (const [index, rule] of batch.entries()) {
          const verdict = verdicts[index];
          if (verdict !== undefined) found.set(rule, verdict);
        }
      }
    }),
  );
  return found;
}

/**
 * Whether each rule loads, alone in a file with its table's own chains and two others, X and Y. Undefined for those that this kernel has no
 * module for. Several namespaces share the work.
 */
export async function loadAll(
  namespaces: readonly Namespace[],
  backend: Backend,
  rules: readonly GeneratedRule[],
): Promise<ReadonlyMap<GeneratedRule, Verdict | undefined>> {
  const found = new Map<GeneratedRule, Verdict | undefined>();
  let next = 0;
  await Promise.all(
    namespaces.map(async (namespace) => {
      for (let rule = rules[next++]; rule !== undefined; rule = rules[next++]) {
        const { status, stderr } = await namespace.run(programName(rule.family, backend, 'restore'), [], wholeFile(rule));
        const isUnknown = status !== 0 && /missing kernel module|not supported/.test(stderr);
        found.set(rule, isUnknown ? undefined : { accepted: status === 0, message: messageOf(stderr) });
      }
    }),
  );
  return found;
}

/** A file that holds one rule, with all chains that it may name. */
export function wholeFile({ table, text }: Pick<GeneratedRule, 'table' | 'text'>): string {
  const builtin = builtinChains[table].map((chain) => `:${chain} ACCEPT [0:0]`);
  return [`*${table}`, ...builtin, ':X - [0:0]', ':Y - [0:0]', text, 'COMMIT', ''].join('\n');
}

/** Small enough that what is read again after an error costs little. */
const batchSize = 64;
