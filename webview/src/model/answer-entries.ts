/** Entries whose packets all fare alike are answered together. */

import { count } from '../../../server/src/base/counted.ts';
import type { AnswerRoute, AnswerWords } from './answer-words.ts';
import { groupBy } from './collect.ts';

/** So many entries are named together; of more, all but the first are counted. */
const mostTogether = 4;
const namedOfMany = 3;

/** What is said of an entry, without its own name. */
function saidOf(routes: readonly AnswerRoute[]): string {
  return JSON.stringify(routes.map(({ from, ends, source }) => [from, ends.map(({ text, tone }) => [text, tone]), source]));
}

/** A name without the words that the one before it begins with, too: "load-balancer IP 192.0.2.1:80/tcp", then "192.0.2.2:80/tcp". */
function afterKind(words: AnswerWords, before: AnswerWords): AnswerWords {
  const kind = words.text.slice(0, words.text.lastIndexOf(' ') + 1);
  return kind !== '' && before.text.startsWith(kind) ? { ...words, text: words.text.slice(kind.length) } : words;
}

function namesOf(entries: readonly AnswerWords[]): readonly AnswerWords[] {
  const names = entries.map((words, at) => afterKind(words, entries[at - 1] ?? { ...words, text: '' }));
  if (names.length <= mostTogether) return names;
  const more = `and ${count(names.length - namedOfMany)} more`;
  return [...names.slice(0, namedOfMany), { text: more, node: null, line: null, tone: 'plain' }];
}

/** The routes of entries that fare alike as those of one, with all their names; in the order of the first of them. */
export function alikeTogether(routes: readonly AnswerRoute[]): readonly AnswerRoute[] {
  const byEntry = [...groupBy(routes, ({ entries }) => entries[0]?.node).values()];
  return [...groupBy(byEntry, saidOf).values()].flatMap((alike) => {
    const entries = namesOf(alike.flatMap(([first]) => first?.entries ?? []));
    return (alike[0] ?? []).map((route) => ({ ...route, entries }));
  });
}
