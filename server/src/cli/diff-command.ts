import { jsonText, terminalText } from '../base/safe-text.ts';
import { type CounterReport, counterChanges } from '../kube/drift/counter-changes.ts';
import { diffDumps, haveCommonTable } from '../kube/drift/dump-diff.ts';
import type { DiffChange, DumpDiff } from '../kube/drift/dump-difference.ts';
import { expectedSides, ofDump } from '../kube/drift/expected-side.ts';
import { pc } from './colors.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface DiffOptions extends ClusterOptions {
  /** Whether to say which rules counted packets in between. */
  readonly counters?: boolean;
  readonly format: 'text' | 'json';
  /** What kube-proxy would write takes the place of the first dump. */
  readonly expected?: boolean;
}

interface DiffAnswer {
  readonly output: string;
  readonly status: 0 | 1;
}

/**
 * `diff DUMP DUMP`: what differs in meaning, of what both show. Status 0 where nothing does, else 1, as diff(1). `diff DUMP --expected` compares with what
 * kube-proxy would write. Throws UsageError where there is nothing to compare.
 */
export async function runDiff(before: string, after: string | undefined, options: DiffOptions): Promise<DiffAnswer> {
  if (options.expected === true) {
    if (options.counters === true) throw new UsageError('--counters needs two dumps: --expected takes the place of one of them');
    if (after !== undefined) throw new UsageError('--expected takes the place of one of the dumps: expected one dump beside it');
    return diffExpected(before, options);
  }
  if (after === undefined) throw new UsageError("missing required argument 'after'");
  const old = readDump(before);
  const now = readDump(after);
  const cluster = await readCluster(options, [], now.facts);
  if (!haveCommonTable(old.ruleset, now.ruleset)) {
    throw new UsageError(`${old.file} and ${now.file}: nothing to compare: ${tablesText(old)}, ${tablesText(now)}`);
  }
  const diff = runSteps(diffDumps(old.ruleset, now.ruleset, cluster), `comparing ${old.file} and ${now.file}`);
  return answerOf(diff, options, options.counters === true ? countersBetween(old, now) : null);
}

async function diffExpected(path: string, options: DiffOptions): Promise<DiffAnswer> {
  const dump = readDump(path);
  const cluster = await readCluster(options, [], dump.facts);
  if (cluster.source.kind === 'none')
    throw new UsageError('--expected needs the cluster: --cluster FILE, or --context NAME for a live one');
  const { file, ruleset } = dump;
  const sides = runSteps(expectedSides(ruleset, cluster, originOf(dump, undefined)), `writing the rules of ${file}`);
  const { expected, actual, notes } = sides;
  if (actual.tables.length === 0) throw new UsageError(`${file}: nothing to compare: ${notes.join(' ')}`);
  const diff = runSteps(diffDumps(expected, actual, cluster), `comparing ${file} with what kube-proxy would write`);
  return answerOf(ofDump(diff, sides), options, null);
}

function answerOf(diff: DumpDiff, { format }: DiffOptions, counters: CounterReport | null): DiffAnswer {
  const differs = diff.services.length + diff.chains.length + diff.rules.length > 0;
  const json = counters === null ? diff : { ...diff, counters };
  const text = counters === null ? diffText(diff) : `${diffText(diff)}\n\n${countersText(counters)}`;
  return { output: format === 'json' ? jsonText(json) : text, status: differs ? 1 : 0 };
}

/** Which rules counted packets in between. Throws UsageError where the dumps have no counters. */
function countersBetween(old: CliDump, now: CliDump): CounterReport {
  const report = runSteps(counterChanges(old.ruleset, now.ruleset), `comparing the counters of ${old.file} and ${now.file}`);
  if (report.compared === 0) throw new UsageError(`${old.file} and ${now.file}: --counters: ${report.notes.join(' ')}`);
  return report;
}

function countersText({ changes, notes }: CounterReport): string {
  const rows = changes.map(({ table, chain, line, rule, packets, isRestarted }) => {
    const count = `${isRestarted ? '>= ' : ''}${packets}`;
    return `${pc.cyan(count.padStart(10))}  ${terminalText(`${table} ${chain} (line ${line}): ${rule}`)}`;
  });
  const none = changes.length === 0 ? ['No rule counted a packet.'] : [];
  return [
    pc.bold('Packets counted in between'),
    ...rows,
    ...none,
    ...notes.map((note) => pc.dim(`note: ${terminalText(note)}`)),
  ].join('\n');
}

/** "node-a.iptables has nat and filter". */
function tablesText({ file, ruleset }: CliDump): string {
  const names = [...new Set(ruleset.tables.map(({ name, dump }) => `${name} of ${dump.family === 'ipv6' ? 'IPv6' : 'IPv4'}`))];
  return `${file} shows ${names.length === 0 ? 'no table' : names.join(', ')}`;
}

const signs: Readonly<Record<DiffChange, string>> = { added: '+', removed: '-', changed: '~' };
const paint: Readonly<Record<DiffChange, (text: string) => string>> = { added: pc.green, removed: pc.red, changed: pc.yellow };

function entry(change: DiffChange, text: string): string {
  return paint[change](`${signs[change]} ${terminalText(text)}`);
}

function section(title: string, entries: readonly string[]): readonly string[] {
  return entries.length === 0 ? [] : [pc.bold(title), ...entries, ''];
}

function diffText({ services, chains, rules, notCompared = [] }: DumpDiff): string {
  const serviceLines = services.map(({ service, protocol, change, clusterIP, endpointsAdded, endpointsRemoved }) => {
    const details = [
      ...(clusterIP === null || change !== 'changed'
        ? []
        : [`clusterIP ${clusterIP.before ?? 'none'} -> ${clusterIP.after ?? 'none'}`]),
      ...endpointsAdded.map((endpoint) => `+${endpoint}`),
      ...endpointsRemoved.map((endpoint) => `-${endpoint}`),
    ];
    return entry(
      change,
      `${service}${protocol === '' ? '' : `/${protocol}`}${details.length === 0 ? '' : `  ${details.join(' ')}`}`,
    );
  });
  const chainLines = chains.map(({ table, chain, change, before, after, policy }) => {
    const place = change === 'removed' ? before : after;
    const text = policy === null ? '' : `  policy ${policy.before} -> ${policy.after}`;
    return entry(change, `${table} ${chain}${place === null ? '' : ` (line ${place})`}${text}`);
  });
  const ruleLines = rules.map(({ table, change, rule, line }) =>
    entry(change, `${table} ${rule}${line === null ? '' : ` (line ${line})`}`),
  );
  const lines = [...section('Services', serviceLines), ...section('Chains', chainLines), ...section('Rules', ruleLines)];
  const notes = notCompared.map((note) => pc.dim(`not compared: ${terminalText(note)}`));
  if (lines.length > 0) return [...lines, ...notes].join('\n').trimEnd();
  return [notes.length === 0 ? 'the same in meaning' : 'the same in meaning, as far as both show it', ...notes].join('\n');
}
