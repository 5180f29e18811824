import { type Finding, withChanges } from './finding.ts';

/** Findings of a dump's structure that what is different in the cluster explains, where both are about one line. */
const explained = new Set([
  'orphaned-chain',
  'stale-endpoint-chain',
  'undeclared-chain',
  'empty-service-chain',
  'unequal-shares',
  'rejected-service',
  'address-used-twice',
]);
const driftPrefix = 'drift-';
/** What is missing stands at the end of the chain where it would be, and has nothing to do with the rule there. */
const missing = 'drift-missing';

/**
 * What lint finds in a dump together with where the dump and the cluster disagree, in text order. Where both speak of one line it is one fault: the
 * structure's finding stays, and says what the cluster says besides.
 */
export function mergeDrift(found: readonly Finding[], drift: readonly Finding[]): readonly Finding[] {
  if (drift.length === 0) return found;
  // Who does Services in kube-proxy's place is why nothing was compared.
  const isSaid = found.some(({ code }) => code === 'service-proxy' || code === 'nat-flushed');
  const byLine = new Map<number, Finding[]>();
  for (const finding of drift) {
    if (!finding.code.startsWith(driftPrefix) || finding.code === missing) continue;
    const others = byLine.get(finding.line);
    if (others === undefined) byLine.set(finding.line, [finding]);
    else others.push(finding);
  }
  const merged = new Set<Finding>();
  const all = found.map((finding) => {
    const same = explained.has(finding.code) ? byLine.get(finding.line) : undefined;
    if (same === undefined) return finding;
    for (const each of same) merged.add(each);
    return withChanges(finding, {
      isDriftToo: true,
      message: `${finding.message}. The cluster: ${same.map(({ message }) => message).join('; ')}`,
      fixes: () => [...finding.fixes(), ...same.flatMap(({ fixes }) => fixes())],
      onNode: finding.onNode.length > 0 ? finding.onNode : (same[0]?.onNode ?? []),
    });
  });
  for (const finding of drift) if (!merged.has(finding) && !(isSaid && finding.code === 'not-compared')) all.push(finding);
  return all.sort((a, b) => a.line - b.line || a.start - b.start);
}
