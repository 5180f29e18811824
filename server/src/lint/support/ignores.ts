/** `# iptables-inspect: ignore CODE[,CODE] reason`: findings that somebody has looked at and wants to hear no more of. */
import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { unusualLines } from '../../syntax/unusual-lines.ts';
import type { Place } from './finding.ts';

export interface Ignore {
  /** Its own line, 0-based. */
  readonly line: number;
  /** The line that it is for, 0-based; null for the whole file. */
  readonly target: number | null;
  readonly codes: readonly (Place & { readonly code: string })[];
  /** Why; empty where none is given. */
  readonly reason: string;
  /** From `#` to the end of the line. */
  readonly place: Place;
}

const beginning = /^# ?iptables-inspect: ?(ignore|ignore-file)(?= |$)/;
/** Cheap to look for: few comments begin so. */
const marker = 'iptables-inspect:';
const mostIgnores = 10_000;

const known = createMemory<Ruleset, readonly Ignore[]>();

/** The ignores of a text in its order, at most ten thousand. */
export function ignoresIn(ruleset: Ruleset): readonly Ignore[] {
  return runToEnd(ignoreSteps(ruleset));
}

/** The same. Pauses every few hundred of the lines that are no rule. */
export function* ignoreSteps(ruleset: Ruleset): Steps<readonly Ignore[]> {
  let ignores = known.get(ruleset);
  if (ignores === undefined) {
    ignores = yield* find(ruleset);
    known.set(ruleset, ignores);
  }
  return ignores;
}

const linesBetweenPauses = 256;

function* find({ lines }: Ruleset): Steps<readonly Ignore[]> {
  const found: Ignore[] = [];
  // Those whose line has not come yet.
  let waiting = 0;
  let isHead = true;
  const aim = (target: number): void => {
    isHead = false;
    for (; waiting < found.length; waiting += 1) {
      const ignore = found[waiting];
      if (ignore !== undefined && ignore.target === -1) found[waiting] = { ...ignore, target };
    }
  };
  let next = 0;
  for (const [at, number] of unusualLines(lines).entries()) {
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
    // Chains and rules are what stands between these lines.
    if (number > next) aim(next);
    next = number + 1;
    const kind = lines.kindAt(number) ?? 'blank';
    if (kind === 'blank') continue;
    if (kind !== 'comment') {
      aim(number);
      continue;
    }
    const { text = '', prefix = 0 } = lines.at(number) ?? {};
    if (!text.startsWith(marker, prefix + 1) && !text.startsWith(marker, prefix + 2)) continue;
    const ignore = found.length < mostIgnores ? readIgnore(text, number, prefix, isHead) : undefined;
    if (ignore !== undefined) found.push(ignore);
  }
  if (next < lines.length) aim(next);
  return found;
}

function readIgnore(text: string, line: number, prefix: number, isHead: boolean): Ignore | undefined {
  const match = beginning.exec(text.slice(prefix));
  if (match === null) return undefined;
  const end = text.trimEnd().length;
  let at = prefix + match[0].length;
  while (at < end && text.charAt(at) === ' ') at += 1;
  const codes: (Place & { readonly code: string })[] = [];
  // "a,b reason", "a, b reason": a word goes on with the next one where a comma ends it.
  for (let isMore = true; isMore && at < end; ) {
    const blank = text.indexOf(' ', at);
    const stop = blank < 0 || blank > end ? end : blank;
    isMore = text.charAt(stop - 1) === ',';
    let start = at;
    for (const code of text.slice(at, stop).split(',')) {
      if (code !== '') codes.push({ line, start, end: start + code.length, code });
      start += code.length + 1;
    }
    at = stop;
    while (at < end && text.charAt(at) === ' ') at += 1;
  }
  const target = isHead || match[1] === 'ignore-file' ? null : -1;
  return { line, target, codes, reason: text.slice(at, end), place: { line, start: prefix, end } };
}
