import { command } from '../../base/shell-text.ts';
import { hasProxyRules } from '../../kube/proxy/mode.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import type { Dump, Table } from '../../ruleset/ruleset.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked } from '../journey.ts';
import { isInNftMode } from '../nft-packets.ts';
import { atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';

/** kube-proxy makes an empty chain in mangle, nat and filter, to see whether somebody flushes them. What is left of a flush shows by what is not there. */
export const rulesFlushed: NodeFinding = {
  codes: { 'rules-flushed': 'Somebody flushed a table under kube-proxy: its rules are gone there, and stand in others.' },
  look: atOnce(look),
};

const canary = 'KUBE-PROXY-CANARY';

function lineOf({ firstLine }: Table): number {
  return firstLine;
}

interface Flushed {
  readonly table: Table;
  readonly beside: Table;
  readonly how: string;
}

/** A table without what kube-proxy writes there, beside one that has it. */
function flushedIn({ ruleset }: Subject, dump: Dump): Flushed | undefined {
  const whole = dump.tables.filter((table) => isTableWhole(ruleset, table));
  const beside = whole.find(({ chains }) => chains.has(canary));
  const nat = whole.find(({ name }) => name === 'nat');
  const filter = whole.find(({ name }) => name === 'filter');
  for (const table of [nat, filter]) {
    if (table === undefined) continue;
    if (beside !== undefined && !table.chains.has(canary))
      return { table, beside, how: 'has no chain of kube-proxy, which makes one in each table' };
    const services = table.chains.get(proxyChain(table.name));
    const kept = [...table.chains.values()].filter((chain) => chain.name.startsWith('KUBE-') && chain.name !== canary);
    if (
      services !== undefined &&
      kept.length > 1 &&
      kept.every((chain) => chain.rules.length === 0 && chain.references.length === 0)
    )
      return {
        table,
        beside: beside ?? table,
        how: "has kube-proxy's chains and not one rule in them, as `iptables -F` leaves it",
      };
  }
  return undefined;
}

/** What of kube-proxy's log says that it wrote rules, which are not there now. */
function wroteThem({ facts }: Subject): readonly Evidence[] {
  const record = facts.proxyLog?.records.findLast(({ message }) =>
    /Reloading service iptables data|SyncProxyRules complete/.test(message),
  );
  return record === undefined || facts.proxyLog === null
    ? []
    : [{ file: facts.proxyLog.file, line: record.line, text: record.message }];
}

/** A dump without any rule of kube-proxy's, though its log or the cluster says that it has Services. */
function isAllGone(subject: Subject, dump: Dump): Table | undefined {
  const nat = dump.tables.find(({ name }) => name === 'nat') ?? dump.tables[0];
  const kube = dump.tables.some(({ chains }) => [...chains.keys()].some((name) => name.startsWith('KUBE-')));
  const mode = subject.facts.proxyConfiguration?.mode ?? subject.facts.meta?.proxyMode ?? '';
  const isIptables = mode === '' || mode === 'iptables';
  return !kube && isIptables && dump.family === 'ipv4' && wroteThem(subject).length > 0 && !hasProxyRules(subject.ruleset, dump)
    ? nat
    : undefined;
}

function look(subject: Subject, asked: Asked | null): Looked {
  // What kube-proxy wrote in iptables mode it took away itself.
  if (isInNftMode(subject)) return nothing;
  for (const dump of subject.ruleset.dumps) {
    const flushed = flushedIn(subject, dump);
    const gone = flushed === undefined ? isAllGone(subject, dump) : undefined;
    const table = flushed?.table ?? gone;
    if (table === undefined) continue;
    const at = (each: Table): Evidence => ({ ...subject.place(lineOf(each)), text: `*${each.name}` });
    const what =
      flushed === undefined
        ? 'no table has a rule of kube-proxy, whose log says that it wrote some'
        : `table ${table.name} ${flushed.how}${flushed.beside === table ? '' : `; ${flushed.beside.name} still has it`}`;
    const cause = {
      code: 'rules-flushed',
      message: `Somebody flushed rules under kube-proxy: ${what}. A firewall's restart (firewalld, ufw, iptables-restore without --noflush), a script with "iptables -F", or another program's clean-up does so. kube-proxy writes its own again within a minute or at its restart; hostPorts and a network plugin's rules stay away until their programs write them.`,
      evidence: [
        at(table),
        ...(flushed === undefined || flushed.beside === table ? [] : [at(flushed.beside)]),
        ...wroteThem(subject),
      ],
      confirm: [
        command`iptables-save -t nat | grep -c KUBE`,
        command`journalctl --since -1h | grep -iE "firewalld|ufw|iptables"`,
      ],
      mend: [command`restart kube-proxy on this node, and the network plugin`, command`take the flush out of whoever does it`],
    };
    return {
      ...nothing,
      found: [
        { ...foundCause(cause, { concerns: asked !== null && asked.packet.family === dump.family }), explainsOldRules: true },
      ],
    };
  }
  return isAllThere(subject) ? { ...nothing, fine: ["kube-proxy's chains stand in all tables: nobody flushed them."] } : nothing;
}

/** Whether all of nat and filter is shown, and kube-proxy's chains stand in both: of an excerpt, or a node of another program, nothing is said. */
function isAllThere({ ruleset }: Subject): boolean {
  return ruleset.dumps.some((dump) =>
    ['nat', 'filter'].every((name) =>
      dump.tables.some((table) => table.name === name && table.chains.has(proxyChain(name)) && isTableWhole(ruleset, table)),
    ),
  );
}

function proxyChain(table: string): string {
  return table === 'nat' ? 'KUBE-SERVICES' : 'KUBE-FORWARD';
}
