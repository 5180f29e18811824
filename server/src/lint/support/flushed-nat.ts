import { serviceProxyOf } from '../../kube/proxy/mode.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';

/**
 * Whether a nat table was emptied under kube-proxy. Everything else that could be said of its chains follows from that: it is said once
 * (`nat-flushed`).
 */
export function isFlushed(ruleset: Ruleset, table: Table): boolean {
  return table.name === 'nat' && serviceProxyOf(ruleset, table.dump).kind === 'flushed';
}
