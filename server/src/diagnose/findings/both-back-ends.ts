import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import { packetsOf } from '../../kube/flow/counters.ts';
import { hasProxyRules } from '../../kube/proxy/mode.ts';
import { enumerateSteps } from '../../netfilter/enumerate.ts';
import type { Outcome } from '../../netfilter/outcome.ts';
import { policyOf } from '../../netfilter/rule-order.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { isGone } from '../signs.ts';
import type { OtherRules, Subject } from '../subject.ts';

/** A packet meets the rules of both back ends, and both must let it pass; who is asked first translates it. */
export const bothBackEnds: NodeFinding = {
  codes: { 'both-back-ends': 'Both back ends of iptables, nf_tables and legacy, have rules that matter: packets meet both.' },
  look,
};

const names = { nft: 'nf_tables', legacy: 'legacy' } as const;

function evidenceAt({ text, ruleset }: OtherRules, line: number): Evidence {
  const source = ruleset.lines.at(line);
  return {
    file: text.file,
    line: line + 1,
    text: source === undefined ? '' : source.kind === 'rule' ? ruleText(source) : source.text,
  };
}

/** Base chains of filter whose policy drops. 0-based lines. */
function droppingPolicies(ruleset: Ruleset): readonly number[] {
  const filters = ruleset.tables.filter(({ name }) => name === 'filter');
  return filters.flatMap(({ chains }) => {
    const policies = ['FORWARD', 'INPUT', 'OUTPUT'].map((name) => chains.get(name)).filter((chain) => chain !== undefined);
    return policies
      .map((chain) => policyOf(ruleset, chain))
      .flatMap(({ verdict, line }) => (verdict === 'drop' && line !== null ? [line] : []));
  });
}

/** The fewest packets that a step of nat on a way has counted; null without counters. */
function packetsOn(ruleset: Ruleset, { last }: Pick<Outcome, 'last'>): number | null {
  let fewest: number | null = null;
  for (let step = last; step !== null; step = step.previous) {
    const packets = step.chain.table.name === 'nat' && step.kind === 'dnat' ? packetsOf(ruleset, step.line) : null;
    if (packets !== null) fewest = fewest === null ? packets : Math.min(fewest, packets);
  }
  return fewest;
}

/** Ways of the question that the other back end ends: it drops or refuses, or sends them to somebody who is gone. */
interface Ended {
  readonly journeys: readonly Journey[];
  readonly as: 'lost' | 'refused';
  readonly line: number | null;
  readonly why: string;
}

function likeliest(outcomes: readonly Outcome[]): readonly Outcome[] {
  const least = outcomes.reduce((low, { oddity }) => Math.min(low, oddity), Number.POSITIVE_INFINITY);
  return outcomes.filter(({ oddity }) => oddity === least);
}

const mostJourneys = 50;

/** Whether a packet ended where nat had not yet translated it: in raw, or in mangle before that. */
function isBeforeNat({ packet, last }: Outcome): boolean {
  const table = last?.chain.table.name ?? '';
  return packet.hook === 'PREROUTING' || (packet.hook === 'OUTPUT' && (table === 'raw' || table === 'mangle'));
}

/** The ways that raw and mangle of the other back end end before nat: they see packets as they were sent. */
function* endedEarly(asked: Asked, journeys: readonly Journey[], { ruleset }: OtherRules): Steps<Ended | undefined> {
  const { dump, ...options } = asked.options;
  const { outcomes } = yield* enumerateSteps(ruleset, asked.packet, options);
  const refusing = likeliest(outcomes).find((each) => each.verdict !== 'accept' && isBeforeNat(each));
  if (refusing?.last === undefined || refusing.last === null) return undefined;
  const why = `${refusing.last.chain.table.name} there drops this packet before anything translates it`;
  return { journeys, as: 'lost', line: refusing.last.line, why };
}

/** The ways that filter of the other back end ends: it sees packets as nat of either left them, translated already. */
function* refusedBy(asked: Asked, journeys: readonly Journey[], { ruleset }: OtherRules): Steps<Ended | undefined> {
  const { dump, ...options } = asked.options;
  const ended: Journey[] = [];
  let last: Outcome | undefined;
  for (const journey of journeys.slice(0, mostJourneys)) {
    const { destination, dport, dnat } = journey.end;
    const { outcomes } = yield* enumerateSteps(ruleset, { ...journey.start, destination, dport, dnat }, options);
    const refusing = likeliest(outcomes).find((each) => each.verdict !== 'accept' && !isBeforeNat(each));
    if (refusing === undefined) continue;
    ended.push(journey);
    last = refusing;
  }
  if (last === undefined) return undefined;
  const does = last.verdict === 'drop' ? 'drops' : 'refuses';
  return {
    journeys: ended,
    as: last.verdict === 'drop' ? 'lost' : 'refused',
    line: last.last?.line ?? null,
    why: `${last.last?.chain.table.name ?? 'filter'} there ${does} this packet`,
  };
}

/** The ways that nat of the other back end sends to somebody who is gone, where it is the one that translates. */
function* sentAstray(
  subject: Subject,
  asked: Asked,
  journeys: readonly Journey[],
  { ruleset }: OtherRules,
): Steps<Ended | undefined> {
  const { dump, ...options } = asked.options;
  const { outcomes } = yield* enumerateSteps(ruleset, asked.packet, options);
  const astray = likeliest(outcomes).find(({ packet }) => packet.dnat && isGone(subject, packet.destination.text));
  if (astray === undefined) return undefined;
  const theirs = packetsOn(ruleset, astray);
  const ours = Math.max(...journeys.map((each) => packetsOn(subject.ruleset, each) ?? 0));
  // Who translates first decides, and only that one's rules count.
  if (theirs === 0 || (theirs !== null && theirs < ours)) return undefined;
  const { text } = astray.packet.destination;
  return { journeys, as: 'lost', line: astray.last?.line ?? null, why: `they send this packet to ${text}, which is gone` };
}

function* endedBy(subject: Subject, asked: Asked | null, other: OtherRules): Steps<Ended | undefined> {
  const journeys = accepted(asked);
  if (asked === null || journeys[0]?.start.family !== other.text.family) return undefined;
  const early = yield* endedEarly(asked, journeys, other);
  return early ?? (yield* refusedBy(asked, journeys, other)) ?? (yield* sentAstray(subject, asked, journeys, other));
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  const found: Found[] = [];
  for (const other of subject.others) {
    yield;
    const ended = yield* endedBy(subject, asked, other);
    const own = other.ruleset.dumps.find((dump) => hasProxyRules(other.ruleset, dump));
    const policies = droppingPolicies(other.ruleset);
    if (ended === undefined && own === undefined && policies.length === 0) continue;
    const service = own?.tables.find(({ name }) => name === 'nat')?.chains.get('KUBE-SERVICES');
    const lines = [ended?.line ?? null, policies[0] ?? null, service?.references[0] ?? service?.declarations[0] ?? null].filter(
      (line) => line !== null,
    );
    const what =
      ended?.why ??
      (own !== undefined
        ? 'kube-proxy wrote to them once, and nobody keeps them up to date: what they say of Services that changed since is wrong'
        : 'a policy there drops what no rule of theirs accepts');
    const program = other.text.backEnd === 'legacy' ? 'iptables-legacy' : 'iptables-nft';
    const cause = {
      code: 'both-back-ends',
      message: `Besides the rules at hand the other back end (${names[other.text.backEnd]}) has rules, and every packet meets both: ${what}.`,
      evidence: [...new Set(lines)].map((line) => evidenceAt(other, line)),
      confirm: [command`${program}-save -c`, command`iptables --version`],
      mend: [
        command`${program} -t nat -F && ${program} -t filter -F && ${program} -t mangle -F   (once nobody uses them; hostPorts and firewalls may)`,
        command`use one back end for kube-proxy, the network plugin and the node (update-alternatives --config iptables)`,
      ],
    };
    found.push(foundCause(cause, { ends: ended?.journeys ?? [], as: ended?.as ?? 'lost', concerns: own !== undefined }));
  }
  return {
    ...nothing,
    found,
    fine:
      found.length === 0 && subject.facts.rules.length > 2 ? ['The other back end of iptables has no rules that matter.'] : [],
  };
}
