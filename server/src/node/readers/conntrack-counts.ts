/** What conntrack counted: `conntrack -S`, or /proc/net/stat/nf_conntrack, which says the same in hexadecimal. */
import type { ConntrackCounts, Part } from '../records.ts';
import { numberedLines } from './lines.ts';

function ofWords(words: readonly string[]): ReadonlyMap<string, number> | undefined {
  const counts = new Map<string, number>();
  for (const word of words) {
    const found = /^(\w+)=(\d+)$/.exec(word);
    if (found?.[1] !== undefined) counts.set(found[1], Number(found[2]));
  }
  return counts.has('drop') || counts.has('insert_failed') ? counts : undefined;
}

function ofTable(names: readonly string[], words: readonly string[]): ReadonlyMap<string, number> | undefined {
  if (names.length === 0 || words.length < names.length - 2 || !words.every((word) => /^[0-9a-f]+$/i.test(word)))
    return undefined;
  return new Map(names.map((name, at) => [name, Number.parseInt(words[at] ?? '0', 16)]));
}

/** Counts of each processor. Never throws. */
export function readConntrackCounts(file: string, text: string): Part<ConntrackCounts> {
  const records: ConntrackCounts[] = [];
  let names: readonly string[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const words = source.trim().split(/\s+/);
    if (words[0] === '') continue;
    if (words[0] === 'entries') {
      names = words;
      continue;
    }
    const counts = ofWords(words) ?? ofTable(names, words);
    if (counts === undefined) skipped += 1;
    else records.push({ line, counts });
  }
  return { file, records, skipped };
}

/** One count over all processors. */
export function countOf({ records }: Part<ConntrackCounts>, name: string): number {
  return records.reduce((sum, { counts }) => sum + (counts.get(name) ?? 0), 0);
}
