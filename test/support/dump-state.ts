import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import { clusterOfDump } from '../../server/src/kube/drift/other-cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

/** An open dump as the server would have it. */
export function dumpState(text: string, cluster: Cluster = emptyCluster, uri = 'file:///node-a.iptables'): DumpState {
  const document = readWholeDocument(text, uri);
  const ruleset = buildWholeRuleset(document);
  const resolution = resolveChains(ruleset, clusterOfDump(ruleset, cluster), { fileName: uri });
  return { uri, version: 1, document, ruleset, cluster, resolution: () => resolution };
}
