import { percentText } from '../base/percent.ts';
import { terminalText } from '../base/safe-text.ts';
import type { ReachEntry, ReachReport, ReachService } from '../kube/question/reach.ts';
import type { ReachAlternative, ReachAnswer, ReachedEndpoint, ReachOutcome } from '../kube/question/reach-answer.ts';
import type { ReachComparison } from '../kube/question/reach-difference.ts';
import { pc } from './colors.ts';

const mostEndpointsNamed = 6;
const gap = '  ';

const outcomeWords: Readonly<Record<ReachOutcome, string>> = {
  arrives: 'arrives',
  dropped: 'dropped',
  rejected: 'rejected',
  'not-redirected': 'not redirected',
  mixed: 'by chance',
};

function paint(outcome: ReachOutcome, text: string): string {
  if (outcome === 'arrives') return pc.green(text);
  return outcome === 'dropped' || outcome === 'rejected' ? pc.red(text) : pc.yellow(text);
}

function endpointWords({ address, share, pod }: ReachedEndpoint, isOnly: boolean): string {
  const who = pod === null ? address : `${pod.name} ${address}`;
  return isOnly ? who : `${who} ${percentText(share)}`;
}

/** "web-0 10.244.0.11:8080 50 %, web-1 10.244.0.12:8080 50 %". */
function endpointsText({ endpoints, passed }: ReachAnswer): string {
  const isOnly = endpoints.length === 1 && passed === 1;
  const named = endpoints.slice(0, mostEndpointsNamed).map((endpoint) => endpointWords(endpoint, isOnly));
  const left = endpoints.length - named.length;
  return [...named, ...(left > 0 ? [`${left} more`] : [])].join(', ');
}

function decidedText({ decidedBy }: ReachAnswer): string {
  if (decidedBy === null) return '';
  const { table, chain, line, rule } = decidedBy;
  const what = rule.startsWith('policy ') ? `policy of ${table} ${chain}` : `${table} ${chain}`;
  return `by ${what}${line === null ? '' : `, line ${line}`}`;
}

function outcomeText(answer: ReachAnswer): string {
  const parts = [outcomeWords[answer.outcome]];
  if (answer.outcome === 'mixed') parts.push(`(${percentText(answer.passed)} get through)`);
  if (!answer.isSure) parts.push('(unsure)');
  return parts.join(' ');
}

function sourceText({ source }: ReachAnswer): string {
  return source === null ? '' : source === 'both' ? 'source kept or rewritten' : `source ${source}`;
}

function alternativeText({ when, outcome, endpoint }: ReachAlternative): string {
  const where = endpoint === null ? '' : ` at ${endpoint}`;
  return `unless: ${when.join(' ')} Then ${outcomeWords[outcome]}${where}.`;
}

interface Row {
  readonly answer: ReachAnswer;
  /** Entry, clients, outcome, source, and where it ends. */
  readonly cells: readonly [string, string, string, string, string];
}

/** The clients of an entry, those that get the same answer in one row. */
function rowsOf({ label, kind, clients }: ReachEntry): readonly Row[] {
  const groups = new Map<string, { readonly answer: ReachAnswer; readonly words: string[] }>();
  for (const { words, answer } of clients) {
    const key = JSON.stringify(answer);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { answer, words: [words] });
    else known.words.push(words);
  }
  const entry = kind === 'node-port' || kind === 'host-port' ? label : `${label} (${kind.replaceAll('-', ' ')})`;
  return [...groups.values()].map(({ answer, words }, at) => ({
    answer,
    cells: [
      at === 0 ? entry : '',
      words.length === clients.length && words.length > 1 ? 'everybody' : words.join(', '),
      outcomeText(answer),
      sourceText(answer),
      [endpointsText(answer), decidedText(answer)].filter((text) => text !== '').join('; '),
    ],
  }));
}

function tableLines(rows: readonly Row[]): readonly string[] {
  const safe = rows.map(({ answer, cells }) => ({ answer, cells: cells.map(terminalText) }));
  const width = (at: number): number => Math.max(0, ...safe.map(({ cells }) => (cells[at] ?? '').length));
  const widths = [0, 1, 2, 3].map(width);
  return safe.flatMap(({ answer, cells }) => {
    const padded = cells.map((cell, at) => (at < widths.length ? cell.padEnd(widths[at] ?? 0) : cell));
    padded[2] = paint(answer.outcome, padded[2] ?? '');
    const row = `  ${padded.join(gap)}`.trimEnd();
    return [row, ...answer.alternatives.map((alternative) => pc.dim(`      ${terminalText(alternativeText(alternative))}`))];
  });
}

function serviceLines({ name, protocol, entries }: ReachService): readonly string[] {
  return [pc.bold(terminalText(`${name} (${protocol})`)), ...tableLines(entries.flatMap(rowsOf))];
}

function noteLines(notes: readonly string[]): readonly string[] {
  return notes.map((note) => pc.dim(`note: ${terminalText(note)}`));
}

/** The report as tables, a Service after the other. */
export function reachText({ services, notes }: ReachReport): string {
  const lines = services.flatMap((service) => [...serviceLines(service), '']);
  return [...lines, ...noteLines(notes)].join('\n').trimEnd();
}

/** Where two dumps answer differently, as text. */
export function comparisonText({ onlyBefore, onlyAfter, differences, notes }: ReachComparison): string {
  const lines: string[] = [];
  for (const name of onlyBefore) lines.push(pc.red(terminalText(`- ${name}`)));
  for (const name of onlyAfter) lines.push(pc.green(terminalText(`+ ${name}`)));
  for (const { name, protocol, entry, client, what } of differences)
    lines.push(
      `${pc.yellow('~')} ${terminalText(`${name} (${protocol}) ${entry.label} from ${client.words}: ${what.join(', ')}`)}`,
    );
  const none = 'the same clients reach the same endpoints';
  return [...(lines.length === 0 ? [none] : lines), ...noteLines(notes)].join('\n');
}
