import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/** Where kube-proxy masquerades: KUBE-POSTROUTING of nat and the line (0-based) of its first MASQUERADE; undefined where a table has none. */
export function masqueradeRuleOf(
  { lines }: Ruleset,
  { name, chains }: Table,
): { readonly chain: Chain; readonly number: number } | undefined {
  const chain = name === 'nat' ? chains.get('KUBE-POSTROUTING') : undefined;
  const number = chain?.rules.find((line) => lines[line]?.target === 'MASQUERADE');
  return chain === undefined || number === undefined ? undefined : { chain, number };
}
