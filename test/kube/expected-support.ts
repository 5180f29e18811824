import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { expectedRules } from '../../server/src/kube/expected/expected.ts';
import { ruleText } from '../../server/src/kube/expected/rule.ts';
import { type ProxyOptions, proxyOptions } from '../../server/src/kube/proxy/options.ts';

export function options(more: Partial<ProxyOptions> = {}): ProxyOptions {
  const podTraffic = { by: 'source', cidr: more.family === 'ipv6' ? 'fd00:10:244::/48' : '10.244.0.0/16' } as const;
  return proxyOptions({ node: 'node-a', family: 'ipv4', version: 34, podTraffic, ...more });
}

/** The rules of Services, base rules left out, as "table: rule"; hashes shortened to what the chain is. */
export function rulesFor(cluster: Cluster, more: Partial<ProxyOptions> = {}): readonly string[] {
  const tables = expectedRules(cluster, options(more));
  return (['nat', 'filter'] as const).flatMap((table) =>
    [...tables[table].values()].flatMap((rules) =>
      rules
        .filter(({ port }) => port !== null)
        .map((rule) => `${table}: ${ruleText(rule)}`.replaceAll(/(KUBE-(?:SVC|SVL|EXT|FW))-[A-Z2-7]{16}/g, '$1')),
    ),
  );
}

/** The endpoints that a chain balances over, in order. */
export function balanced(cluster: Cluster, prefix: 'KUBE-SVC' | 'KUBE-SVL', more: Partial<ProxyOptions> = {}): readonly string[] {
  return rulesFor(cluster, more).flatMap((rule) => {
    const match = new RegExp(`-A ${prefix} .*-> (\\S+)"`).exec(rule);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}
