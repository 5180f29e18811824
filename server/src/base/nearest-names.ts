/** Edits between two names, at most `most`; more is `most + 1`. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  // Names of chains begin alike, and then have nothing in common.
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  let row = Array.from({ length: b.length - same + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length - same; i += 1) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length - same; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[same + i - 1] === b[same + j - 1] ? 0 : 1);
      const edits = Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      next.push(edits);
      least = Math.min(least, edits);
    }
    if (least > most) return most + 1;
    row = next;
  }
  return row[b.length - same] ?? most + 1;
}

/** The up to three names that a mistyped one may mean: few edits away, or with the same beginning or end. */
export function nearestNames(wanted: string, names: Iterable<string>): readonly string[] {
  const text = wanted.slice(0, 120).toLowerCase();
  const ranked: { readonly name: string; readonly rank: number }[] = [];
  let looked = 0;
  for (const name of names) {
    looked += 1;
    if (looked > 20_000) break;
    const other = name.toLowerCase();
    const most = Math.max(2, Math.floor(text.length / 4));
    const edits = distance(text, other.slice(0, 120), most);
    const tail = text.slice(text.indexOf('/') + 1);
    const isPart = tail.length >= 2 && (other.includes(tail) || tail.includes(other.slice(other.indexOf('/') + 1)));
    if (edits <= most) ranked.push({ name, rank: edits });
    else if (isPart) ranked.push({ name, rank: most + 1 + Math.abs(other.length - text.length) / 100 });
  }
  return [...new Set(ranked.toSorted((a, b) => a.rank - b.rank).map(({ name }) => name))].slice(0, 3);
}

/** Whether one letter or hyphen was left out, put in, or taken for another; digits make another name. */
export function isMistyped(name: string, known: string): boolean {
  const letters = (text: string): string => text.replace(/[a-z-]/g, '');
  return known.length >= 4 && letters(name) === letters(known) && distance(name, known, 1) === 1;
}
