import { inCIDR } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import { countUnsure } from '../../kube/drift/dump-side.ts';
import type { Finding } from '../../lint/support/finding.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { Asked } from '../journey.ts';
import { isInNftMode } from '../nft-packets.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** What lint finds in the rules, and drift against the cluster: both have pages of their own. */
export const rulesAndCluster: NodeFinding = { codes: {}, look: atOnce(look) };

const mostListed = 20;

/** The lines of rules that a question's packets meet, so that what is wrong there comes first. */
function linesMet(asked: Asked | null): ReadonlySet<number> {
  const lines = new Set<number>();
  for (const { last } of asked?.journeys ?? []) {
    for (let step = last; step !== null; step = step.previous) {
      if (step.line !== null) lines.add(step.line);
      for (const line of step.chain.declarations) lines.add(line);
    }
  }
  return lines;
}

/** Whether a finding is about the Service that was asked for. */
function isAbout(asked: Asked | null, { message }: Finding): boolean {
  const ends = asked?.journeys.flatMap(({ start, end }) => [start.destination.text, end.destination.text]) ?? [];
  return ends.some((ip) => message.includes(ip));
}

/** Whether a mark is changed before kube-proxy sets its own, which then counts: in raw or mangle at the first hook. */
function isTooEarly({ code, table, chain }: Finding): boolean {
  const isFirst = chain?.name === 'PREROUTING' || chain?.name === 'OUTPUT';
  return code === 'foreign-mark' && isFirst && (table?.name === 'raw' || table?.name === 'mangle');
}

/** A chain that another program left behind and no packet enters: it does nothing. */
function isLeftBehind({ code, chain }: Finding): boolean {
  return code === 'orphaned-chain' && chain?.name.startsWith('KUBE-') !== true;
}

/** Whether a rule that takes packets from kube-proxy's masquerading is for machines and Pods of which nobody here knows any. */
function isForOthers(subject: Subject, { code, line }: Finding): boolean {
  const rule = code === 'accepted-before-masquerading' ? ruleAt(subject.ruleset, line) : undefined;
  if (rule === undefined) return false;
  return ['--source', '--destination'].some((name) => {
    const option = optionOf(rule, name);
    const networks = option?.values[0]?.text.split(',') ?? [];
    return option?.negation === undefined && networks.length > 0 && !networks.some((network) => knowsSome(subject, network));
  });
}

/** Whether an address of the node, of another one or of a Pod is in a network; true where too little is known to say so. */
function knowsSome({ facts, cluster }: Subject, network: string): boolean {
  if (facts.addresses === null || facts.addresses.skipped > 0) return true;
  if (cluster.nodes.length === 0 || !cluster.kinds.has('Pod')) return true;
  const own = facts.addresses.records.map(({ ip }) => ip);
  const others = cluster.nodes.flatMap(({ addresses, podCIDRs }) => [
    ...addresses.map(({ address }) => address),
    ...podCIDRs.map((each) => each.slice(0, each.indexOf('/'))),
  ]);
  return [...own, ...others, ...cluster.pods.flatMap(({ podIPs }) => podIPs)].some((ip) => inCIDR(ip, network));
}

function causeOf(subject: Subject, asked: Asked | null, met: ReadonlySet<number>, found: Finding): Found {
  const concerns = met.has(found.line) || isAbout(asked, found);
  return foundCause(
    {
      code: found.code,
      message: found.message.replaceAll('\n', ' '),
      evidence: [ruleEvidence(subject, found.line)],
      confirm: [],
      mend: [command`iptables-inspect explain ${found.code}`],
    },
    { concerns },
  );
}

/** Whether the rules were compared with the cluster, and are what it asks for. */
function agrees({ cluster, lint }: Subject): boolean {
  const saysOtherwise = ({ code, isDriftToo }: Finding): boolean =>
    code.startsWith('drift-') ||
    isDriftToo === true ||
    code === 'not-compared' ||
    code === 'service-proxy' ||
    code === 'nat-flushed';
  return cluster.source.kind !== 'none' && !lint.some(saysOtherwise);
}

/** What agrees: all that kube-proxy writes, or what the text shows of it. */
function agreement({ ruleset }: Subject): string {
  const isWhole = ({ tables }: Dump): boolean =>
    ['nat', 'filter'].every((wanted) =>
      tables.some((table) => table.name === wanted && isTableWhole(ruleset, table) && countUnsure(ruleset, table) === 0),
    );
  const rules = ruleset.dumps.every(isWhole) ? 'The rules of kube-proxy' : 'The rules of kube-proxy that the text shows';
  return `${rules} are what the cluster's Services and endpoints ask for.`;
}

/** Why rules and cluster were not compared: Services are done elsewhere, or the dump shows too little. */
function reasons({ lint }: Subject): readonly string[] {
  const said = lint.filter(({ code }) => code === 'service-proxy' || code === 'not-compared');
  return [...new Set(said.map(({ message }) => message.replaceAll('\n', ' ')))];
}

function look(subject: Subject, asked: Asked | null): Looked {
  const met = linesMet(asked);
  const isElsewhere = isInNftMode(subject);
  const grave = subject.lint.filter(
    (each) =>
      (each.severity === 'error' || each.severity === 'warning') &&
      !isTooEarly(each) &&
      !isLeftBehind(each) &&
      !(isForOthers(subject, each) && !met.has(each.line)) &&
      !(isElsewhere && each.code === 'nat-flushed'),
  );
  const found = grave
    .map((finding) => causeOf(subject, asked, met, finding))
    .toSorted((a, b) => Number(b.concerns) - Number(a.concerns));
  const fine = [
    ...(found.length === 0 ? ['The rules themselves show nothing that is known to go wrong.'] : []),
    ...reasons(subject),
    ...(agrees(subject) ? [agreement(subject)] : []),
  ];
  return { ...nothing, found: found.slice(0, mostListed), fine };
}
