import { proxyNames, service } from '../../ruleset/proxy-names.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';

const mostChainsLookedAt = 50;

function hasComment(text: string): boolean {
  return text.includes('--comment');
}

/**
 * Whether kube-proxy runs in large-cluster mode, which it does with more than 1,000 endpoints: no comments on rules that jump to an
 * endpoint, though there are some in KUBE-SERVICES, and stale chains cleaned only about once a sync period. Told by a table's
 * first Service chains.
 */
export function isLargeClusterMode(ruleset: Ruleset, table: Table): boolean {
  const services = table.chains.get('KUBE-SERVICES');
  // Without a comment there either, the kernel lacks xt_comment or somebody took the comments out.
  if (
    services === undefined ||
    !services.rules.slice(0, mostChainsLookedAt).some((line) => hasComment(ruleset.lines.at(line)?.text ?? ''))
  ) {
    return false;
  }
  let seen = 0;
  // By columns of numbers: a large cluster has 50,000 chains, and no object is made of those of Services either.
  const kinds = proxyNames(table.chains);
  for (let place = 0; place < kinds.length; place += 1) {
    if (kinds[place] !== service) continue;
    for (const number of table.lists.rules.at(place)) {
      if (!ruleset.lines.targetAt(number).startsWith('KUBE-SEP-')) continue;
      if (hasComment(ruleset.lines.textAt(number))) return false;
      seen += 1;
      break;
    }
    if (seen === mostChainsLookedAt) break;
  }
  return seen > 0;
}
