/**
 * The rules of kube-proxy's chains in a save, by table and chain; with the jumps from built-in chains to them. Chains that kube-proxy fills in
 * no order of its own are sorted.
 */
export function kubeProxyRules(text: string): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>();
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const chain = /^-A (KUBE-\S+)/.exec(line)?.[1];
    if (chain === undefined) continue;
    const key = `${table} ${chain}`;
    const rules = chains.get(key);
    if (rules === undefined) chains.set(key, [line]);
    else rules.push(line);
  }
  for (const [key, rules] of chains) if (/KUBE-(?:SERVICES|NODEPORTS|EXTERNAL-SERVICES|PROXY-FIREWALL)$/.test(key)) rules.sort();
  return chains;
}
