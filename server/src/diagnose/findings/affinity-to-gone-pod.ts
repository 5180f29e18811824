import { command } from '../../base/shell-text.ts';
import type { RecentEntry, RecentList } from '../../node/records.ts';
import type { Asked, Journey } from '../journey.ts';
import { atOnce, type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { isGone } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Session affinity is a list of clients for each endpoint: who is on it is sent there again, for hours. */
export const affinityToGonePod: NodeFinding = {
  codes: { 'affinity-to-gone-pod': 'Session affinity sends clients to a Pod that is gone, each time anew.' },
  look: atOnce(look),
};

/** The endpoint of a chain that keeps a list, and the rule with it (0-based). */
function endpointOf({ ruleset }: Subject, name: string): { readonly ip: string; readonly line: number } | undefined {
  for (const table of ruleset.tables) {
    const chain = table.name === 'nat' ? table.chains.get(name) : undefined;
    for (const line of chain?.rules ?? []) {
      const ip = /--to-destination \[?([0-9a-fA-F.:]+?)\]?(?::\d+)?(?:\s|$)/.exec(ruleset.lines.at(line)?.text ?? '')?.[1];
      if (ip !== undefined) return { ip, line };
    }
  }
  return undefined;
}

function causeOf(
  subject: Subject,
  list: RecentList,
  entries: readonly RecentEntry[],
  endpoint: { readonly ip: string; readonly line: number },
  ends: readonly Journey[],
): Found {
  const clients = entries
    .slice(0, 5)
    .map(({ ip }) => ip)
    .join(', ');
  const more = entries.length > 5 ? ` and ${entries.length - 5} more` : '';
  return foundCause(
    {
      code: 'affinity-to-gone-pod',
      message: `${list.name} keeps ${clients}${more} for ${endpoint.ip} by session affinity, and nobody has that address any more: these clients are sent there each time, others to it only by chance. kube-proxy takes the rule away once it knows that the endpoint is gone.`,
      evidence: [
        ...entries
          .slice(0, 5)
          .map(({ ip, line, lastSeen }) => ({ file: list.file, line, text: `src=${ip} last_seen: ${lastSeen}` })),
        ruleEvidence(subject, endpoint.line),
      ],
      confirm: [command`cat /proc/net/xt_recent/${list.name}`, command`kubectl get endpointslices -A | grep ${endpoint.ip}`],
      mend: [
        command`restart kube-proxy on this node, and look into its log why it was behind`,
        command`echo / > /proc/net/xt_recent/${list.name}   (forgets its clients)`,
      ],
    },
    { ends },
  );
}

function look(subject: Subject, asked: Asked | null): Looked {
  const lists = subject.facts.recentLists;
  if (lists === null) return nothing;
  const found: Found[] = [];
  for (const list of lists) {
    const endpoint = endpointOf(subject, list.name);
    if (endpoint === undefined || list.entries.length === 0 || !isGone(subject, endpoint.ip)) continue;
    const clients = new Set(list.entries.map(({ ip }) => ip));
    const ends = leaving(asked).filter(
      ({ start, end }) => end.destination.text === endpoint.ip && clients.has(start.source?.text ?? ''),
    );
    found.push(causeOf(subject, list, list.entries, endpoint, ends));
  }
  return {
    ...nothing,
    found,
    fine: found.length === 0 && lists.length > 0 ? ['Session affinity leads to Pods that are there.'] : [],
  };
}
