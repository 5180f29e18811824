import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/** In ipvs mode the first rule is for Pods that reach themselves: unmarked, and never --random-fully (pkg/proxy/ipvs/proxier.go). */
const loopBack = 'KUBE-LOOP-BACK';

/**
 * Where kube-proxy masquerades what is marked: KUBE-POSTROUTING of nat and the line (0-based) of its first such MASQUERADE; undefined where a table
 * has none.
 */
export function masqueradeRuleOf(
  { lines }: Ruleset,
  { name, chains }: Table,
): { readonly chain: Chain; readonly number: number } | undefined {
  const chain = name === 'nat' ? chains.get('KUBE-POSTROUTING') : undefined;
  const number = chain?.rules.find((line) => {
    const rule = lines[line];
    return rule?.target === 'MASQUERADE' && !rule.text.includes(loopBack);
  });
  return chain === undefined || number === undefined ? undefined : { chain, number };
}
