/** Answers about who reaches a Service in words: what the command line prints and the editor's tables say. */
import { percentText } from '../../base/percent.ts';
import { entryKindNames } from '../flow/graph.ts';
import type { ReachEntry } from './reach.ts';
import type { ReachAlternative, ReachAnswer, ReachedEndpoint, ReachOutcome } from './reach-answer.ts';

const mostEndpointsNamed = 6;

const outcomeWords: Readonly<Record<ReachOutcome, string>> = {
  arrives: 'arrives',
  dropped: 'dropped',
  rejected: 'rejected',
  'not-redirected': 'not redirected',
  'not-known': 'not known',
  mixed: 'by chance',
};

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
  if (answer.outcome === 'mixed') {
    const unknown = answer.notKnown === 0 ? '' : `, ${percentText(answer.notKnown)} not known`;
    parts.push(`(${percentText(answer.passed)} get through${unknown})`);
  }
  if (!answer.isSure && answer.outcome !== 'not-known') parts.push('(unsure)');
  return parts.join(' ');
}

function sourceText({ source }: ReachAnswer): string {
  if (source === null) return '';
  return `source ${source === 'both' ? 'kept or rewritten' : source === 'not-known' ? 'not known' : source}`;
}

/** "unless: The set blocked has 10.244.0.4. Then dropped." */
export function alternativeText({ when, outcome, endpoint }: ReachAlternative): string {
  const where = endpoint === null ? '' : ` at ${endpoint}`;
  return `unless: ${when.join(' ')} Then ${outcomeWords[outcome]}${where}.`;
}

/** A row of a table: the entry where it is the first of it, the clients, the outcome, the source, and where it ends. */
export interface ReachRow {
  readonly answer: ReachAnswer;
  readonly cells: readonly [entry: string, clients: string, outcome: string, source: string, end: string];
}

/** The clients of an entry, those that get the same answer in one row. */
export function rowsOf({ label, kind, clients }: ReachEntry): readonly ReachRow[] {
  const groups = new Map<string, { readonly answer: ReachAnswer; readonly words: string[] }>();
  for (const { words, answer } of clients) {
    const key = JSON.stringify(answer);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { answer, words: [words] });
    else known.words.push(words);
  }
  const entry = kind === 'node-port' || kind === 'host-port' ? label : `${label} (${entryKindNames[kind]})`;
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
