/** What a reader should know of the dump before believing a flow. */
import { isShownFrom, isTableWhole } from '../../ruleset/completeness.ts';
import type { Chain, Dump, Ruleset } from '../../ruleset/ruleset.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { isLargeClusterMode } from '../proxy/large-cluster.ts';
import { severalDumpsNotes } from '../proxy/several-dumps.ts';
import type { FlowNote } from './graph.ts';
import { otherProxyNote } from './resolve-target.ts';

/** Which base chains lead to kube-proxy's own: [table, chain, hooks]. Source: kube-proxy, iptablesJumpChains, 1.18 to 1.36. */
const hooks: readonly (readonly [table: string, chain: string, hooks: readonly string[], without: string])[] = [
  ['nat', 'KUBE-SERVICES', ['PREROUTING'], 'packets of Pods and from outside do not reach Services'],
  ['nat', 'KUBE-SERVICES', ['OUTPUT'], 'packets of this node itself do not reach Services'],
  ['nat', 'KUBE-POSTROUTING', ['POSTROUTING'], 'no packet is masqueraded'],
  ['filter', 'KUBE-SERVICES', ['FORWARD', 'INPUT'], 'Services without endpoints time out instead of refusing'],
  ['filter', 'KUBE-FORWARD', ['FORWARD'], 'packets that kube-proxy redirected are let through by the policy or other rules only'],
];

function note(severity: FlowNote['severity'], message: string, line: number | null = null): FlowNote {
  return { severity, message, line: line === null ? null : line + 1 };
}

/** Whether a base chain leads to a chain, by way of others too. */
function leadsTo(ruleset: Ruleset, chain: Chain, hook: string): boolean {
  const seen = new Set<string>();
  const queue = [chain];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const line of next.references) {
      const from = ruleset.lines.at(line)?.name ?? '';
      if (from === hook) return true;
      const above = seen.has(from) ? undefined : chain.table.chains.get(from);
      seen.add(from);
      if (above !== undefined) queue.push(above);
    }
  }
  return false;
}

function hookNotes(ruleset: Ruleset, dump: Dump): readonly FlowNote[] {
  const notes: FlowNote[] = [];
  for (const [tableName, chainName, hookNames, without] of hooks) {
    const table = dump.tables.find((candidate) => candidate.name === tableName);
    const chain = table?.chains.get(chainName);
    if (chain === undefined || table === undefined) continue;
    if (hookNames.some((hook) => leadsTo(ruleset, chain, hook))) continue;
    // What is not shown may lead there.
    const isKnown = hookNames.every((hook) => {
      const base = table.chains.get(hook);
      return base !== undefined && isShownFrom(ruleset, base);
    });
    if (!isKnown) continue;
    const where = tableName === 'filter' ? `${chainName} (filter)` : chainName;
    notes.push(
      note('warning', `${where} is not hooked from ${hookNames.join(' or ')}: ${without}.`, chain.declarations[0] ?? null),
    );
  }
  return notes;
}

function completenessNotes(ruleset: Ruleset, dump: Dump): readonly FlowNote[] {
  const notes: FlowNote[] = [];
  const names = new Set(dump.tables.map((table) => table.name));
  if (!names.has('filter')) {
    notes.push(note('info', 'The dump has no filter table: what is refused or dropped there is not known.'));
  }
  for (const table of dump.tables) {
    if ((table.name === 'nat' || table.name === 'filter') && !isTableWhole(ruleset, table)) {
      notes.push(note('info', `Table ${table.name} is an excerpt or cut off: what is missing may matter.`, table.firstLine));
    }
    if (table.name === 'nat' && isLargeClusterMode(ruleset, table)) {
      notes.push(
        note(
          'info',
          'kube-proxy runs in large-cluster mode: endpoint rules have no comments, and chains no longer used stay for a while.',
        ),
      );
    }
  }
  return notes;
}

/** Notes on the dumps that a flow is drawn from. */
export function dumpNotes(resolution: Resolution, dumps: readonly Dump[]): readonly FlowNote[] {
  const { ruleset, cluster } = resolution;
  const several = severalDumpsNotes(ruleset, dumps).map((text) => note('warning', text));
  const elsewhere = otherProxyNote(resolution);
  const found = [
    ...(elsewhere === '' ? [] : [note('warning', elsewhere)]),
    ...several,
    ...dumps.flatMap((dump) => [
      // Where Services are not in these rules, that is the reason for all of it.
      ...(elsewhere === '' ? hookNotes(ruleset, dump) : []),
      ...completenessNotes(ruleset, dump),
    ]),
  ];
  // Of many dumps the first with it speaks for all.
  const notes = [...new Map(found.toReversed().map((each) => [each.message, each])).values()].reverse();
  if (cluster.source.kind === 'none') {
    // That the cluster at hand is another one than the dump's.
    for (const warning of cluster.warnings) notes.push(note('warning', warning));
    const source = "ames come from the dump's comments, and Pods are addresses.";
    notes.push(note('info', cluster.warnings.length > 0 ? `N${source}` : `No cluster is known: n${source}`));
  }
  return notes;
}
