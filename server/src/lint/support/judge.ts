/** What is said of the findings in the end: how grave each is to whoever asked, and which of them somebody has ignored in the file. */
import { nearestNames } from '../../base/nearest-names.ts';
import type { Steps } from '../../base/steps.ts';
import type { SourceDocument } from '../../syntax/document.ts';
import { removedLines, replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { type Finding, finding, type LintInput, type Severity, withChanges } from './finding.ts';
import { type Ignore, ignoreSteps } from './ignores.ts';

/** How grave findings are to be, by code; `off` for those that are not to be told at all. */
export type Severities = ReadonlyMap<string, Severity | 'off'>;

export const ignoreCodes: Readonly<Record<string, string>> = {
  'unused-ignore': 'A comment is to ignore a finding that is not there, or names none.',
};

export interface Judged {
  readonly findings: readonly Finding[];
  /** Those that the file ignores, with why; it is empty where no reason is given. */
  readonly ignored: readonly { readonly finding: Finding; readonly reason: string }[];
}

/**
 * Findings without those that the file ignores and those that are off, each as grave as it is to be, in their order; and what of the ignores is for
 * nothing. Pauses every few thousand findings.
 * @param isKnown whether a code is one of a finding
 * @param isLookedFor whether findings of a code were looked for: of the cluster's nothing is known without one
 */
export function* judge(
  { document, ruleset }: LintInput,
  found: readonly Finding[],
  severities: Severities,
  codes: ReadonlyMap<string, string>,
  isLookedFor: (code: string) => boolean,
): Steps<Judged> {
  const ignores = yield* ignoreSteps(ruleset);
  if (ignores.length === 0 && severities.size === 0) return { findings: found, ignored: [] };
  const byKey = new Map<string, Ignore>();
  for (const ignore of ignores)
    for (const { code } of ignore.codes)
      if (!byKey.has(keyOf(ignore.target, code))) byKey.set(keyOf(ignore.target, code), ignore);
  const used = new Set<string>();
  const ignored: { readonly finding: Finding; readonly reason: string }[] = [];
  const kept: Finding[] = [];
  for (const [at, each] of found.entries()) {
    if (at % findingsBetweenPauses === findingsBetweenPauses - 1) yield;
    const ignore = byKey.get(keyOf(each.line, each.code)) ?? byKey.get(keyOf(null, each.code));
    if (ignore === undefined) {
      kept.push(each);
      continue;
    }
    used.add(`${ignore.line} ${each.code}`);
    ignored.push({ finding: each, reason: ignore.reason });
  }
  const unused = ignores.flatMap((ignore) => unusedIn(document, ignore, used, codes, isLookedFor));
  const isIgnored = ({ line, code }: Finding): boolean => byKey.has(keyOf(line, code)) || byKey.has(keyOf(null, code));
  const all = unused.length === 0 ? kept : [...kept, ...unused.filter((each) => !isIgnored(each))].sort(byPlace);
  yield;
  return { findings: asGraveAs(all, severities), ignored };
}

const findingsBetweenPauses = 4_096;

function keyOf(target: number | null, code: string): string {
  return `${target ?? 'file'} ${code}`;
}

function byPlace(a: Finding, b: Finding): number {
  return a.line - b.line || a.start - b.start;
}

function asGraveAs(findings: readonly Finding[], severities: Severities): readonly Finding[] {
  if (severities.size === 0) return findings;
  return findings.flatMap((each) => {
    const severity = severities.get(each.code);
    if (severity === undefined || severity === each.severity) return [each];
    return severity === 'off' ? [] : [withChanges(each, { severity })];
  });
}

function unusedIn(
  document: SourceDocument,
  { line, codes, place }: Ignore,
  used: ReadonlySet<string>,
  known: ReadonlyMap<string, string>,
  isLookedFor: (code: string) => boolean,
): readonly Finding[] {
  const hint = (at: Finding | Ignore['place'], message: string, fixes: readonly Fix[]): Finding =>
    finding(at, 'unused-ignore', 'hint', message, { fixes, unnecessary: true });
  const whole: Fix = { title: 'Remove this comment', safety: 'safe', changes: () => removedLines(document, [line]) };
  if (codes.length === 0)
    return [
      hint(place, 'This ignores nothing: it names no finding, as in "# iptables-inspect: ignore orphaned-chain reason"', [whole]),
    ];
  const isUnused = ({ code }: Ignore['codes'][number]): boolean =>
    !used.has(`${line} ${code}`) && !(known.has(code) && (code === 'unused-ignore' || !isLookedFor(code)));
  const unused = codes.filter(isUnused);
  return unused.map((at) => {
    const near = known.has(at.code) ? [] : nearestNames(at.code, known.keys());
    const fixes: Fix[] = near.map((name) => ({
      title: `Write ${name}`,
      safety: 'unsafe',
      changes: () => [replaced(at, name)],
    }));
    // With a name that is none something was meant.
    if (unused.length === codes.length && codes.every(({ code }) => known.has(code))) fixes.push(whole);
    const message = known.has(at.code)
      ? `There is no ${at.code} to ignore here`
      : `There is no finding ${JSON.stringify(at.code)} to ignore${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`;
    return hint(at, message, fixes);
  });
}
