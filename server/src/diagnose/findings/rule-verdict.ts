import type { SafeText } from '../../base/safe-text.ts';
import { command, part } from '../../base/shell-text.ts';
import { commentOf } from '../../kube/proxy/rule-values.ts';
import { iptablesCommand, iptablesOf } from '../../lint/mending/node-commands.ts';
import type { Finding } from '../../lint/support/finding.ts';
import type { Outcome, TraceStep, Verdict } from '../../netfilter/outcome.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, HangsOn, Journey } from '../journey.ts';
import { marksOn } from '../marks.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { ownerOf } from '../owners.ts';
import { answerOf, heardOfRefusal } from '../refusals.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** What the rules themselves say of the packets of a question: dropped or refused, and by which rule. */
export const ruleVerdict: NodeFinding = {
  codes: {
    'dropped-by-rule': 'A rule or policy drops what was asked about.',
    'rejected-by-rule': 'A rule refuses what was asked about.',
    'ttl-expired': 'A rule sets the TTL (hop limit) so low that this node, which is a router for the packet, drops it.',
    'mark-drops': 'A rule drops packets with a mark that a rule of another program set.',
    'later-packets-dropped': 'The first packet and its answer pass, and a rule drops the packets after them.',
    'answer-dropped': 'The packet arrives, and a rule drops the answer on its way back.',
  },
  look: atOnce(look),
};

const codes: Readonly<Record<Exclude<Verdict, 'accept'>, string>> = { drop: 'dropped-by-rule', reject: 'rejected-by-rule' };

/** The Service of which kube-proxy's rule says that it has no endpoints, or none on this node: "shop/web:http has no local endpoints". */
const withoutEndpoints = /^([a-z0-9-]{1,63})\/([a-z0-9-]{1,63})(?::[a-z0-9-]{1,63})? has no (local )?endpoints$/;

/** Where kube-proxy refuses it is the Service that lacks something, not the rule. */
function lackOf(subject: Subject, { chain, line }: TraceStep): Pick<Cause, 'confirm' | 'mend'> | undefined {
  const rule = line === null || !chain.name.startsWith('KUBE-') ? undefined : ruleAt(subject.ruleset, line);
  const [, namespace, name, local] = withoutEndpoints.exec(rule === undefined ? '' : commentOf(rule)) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return {
    confirm: [command`kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${name} -o yaml`],
    mend:
      local === undefined
        ? [
            command`give ${namespace}/${name} an endpoint that is ready: its selector must find Pods (kubectl get service ${name} -n ${namespace} -o wide), and a readiness probe must succeed (kubectl get pods -n ${namespace})`,
          ]
        : [command`run a ready Pod of ${namespace}/${name} on this node, or make the traffic policy of the Service Cluster`],
  };
}

function commandOf({ chain }: TraceStep, family: 'ipv4' | 'ipv6'): SafeText<'shell'> {
  return command`${iptablesOf(family)} -t ${chain.table.name} -L ${chain.name} -v -n -x --line-numbers`;
}

function mendOf(subject: Subject, step: TraceStep, family: 'ipv4' | 'ipv6'): Cause['mend'] {
  if (step.kind === 'policy') return [command`${iptablesOf(family)} -t ${step.chain.table.name} -P ${step.chain.name} ACCEPT`];
  const owner = ownerOf(step.chain.name);
  if (owner !== '') return [command`change it where ${part(owner)} is configured: what is changed by hand is written anew`];
  const rule = step.line === null ? '' : ruleEvidence(subject, step.line).text;
  if (!rule.startsWith('-A ')) return [];
  const deletion = iptablesCommand(family, step.chain.table.name, `-D ${rule.slice(3)}`, 'takes the rule away');
  return deletion.map(({ command: text }) => text);
}

/** What a rule's own comments say, as which NetworkPolicy it is of; a program's marks of its own aside. */
function commentsOf(rule: RuleStatement): string {
  const comments = rule.options.filter(({ name }) => name === '--comment').map(({ values }) => values[0]?.text ?? '');
  return comments.filter((comment) => !/^cali:/.test(comment)).join(', ');
}

function messageOf(subject: Subject, step: TraceStep, verdict: Exclude<Verdict, 'accept'>, what: string): string {
  const does = verdict === 'drop' ? 'drops' : 'refuses';
  const { name, table } = step.chain;
  if (step.kind === 'policy') return `The policy of ${name} (table ${table.name}) ${does} ${what}: no rule accepts it.`;
  const owner = ownerOf(name);
  const whose = owner === '' ? '' : `, a chain of ${owner}`;
  const place = step.line === null ? null : subject.place(step.line);
  const rule = step.line === null ? undefined : ruleAt(subject.ruleset, step.line);
  const comment = rule === undefined ? '' : commentOf(rule);
  if (comment.includes('has no '))
    return `kube-proxy ${does} ${what}, as ${comment} on this node (${name}, table ${table.name}${place === null ? '' : `: ${place.file}, line ${place.line}`}).`;
  const said = rule === undefined ? '' : commentsOf(rule);
  return `A rule of ${name} (table ${table.name}${whose}) ${does} ${what}${place === null ? '' : `: ${place.file}, line ${place.line}`}${said === '' ? '' : ` ("${said}")`}.`;
}

/** What a step's rule is known for already: a finding of the rules at its line. */
function lintCause(subject: Subject, findings: readonly Finding[], { line, chain }: TraceStep): Cause | undefined {
  const known = findings.find(
    (finding) => finding.line === line && (finding.severity === 'error' || finding.severity === 'warning'),
  );
  const ofChain = known ?? findings.find((finding) => finding.chain === chain && finding.severity !== 'hint' && chain.builtin);
  const found =
    known ?? (ofChain?.code === 'forward-drops-pods' || ofChain?.code === 'input-rejects-nodeports' ? ofChain : undefined);
  if (found === undefined) return undefined;
  return {
    code: found.code,
    message: found.message,
    evidence: [ruleEvidence(subject, found.line)],
    confirm: [],
    mend: [command`iptables-inspect explain ${found.code}`],
  };
}

/** Journeys that end at the same rule or policy, as one cause. */
function endedBy(journeys: readonly Journey[]): ReadonlyMap<string, readonly Journey[]> {
  const groups = new Map<string, Journey[]>();
  for (const journey of journeys) {
    const key = `${journey.verdict} ${journey.last?.chain.table.name} ${journey.last?.chain.name} ${journey.last?.line}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [journey]);
    else group.push(journey);
  }
  return groups;
}

/** A mark that somebody else set and the rule goes by, as a cause; undefined where it does not. */
function byForeignMark(subject: Subject, journey: Journey, own: Cause): Cause | undefined {
  const line = journey.last?.line ?? null;
  if (line === null || journey.verdict !== 'drop' || !/--mark /.test(subject.ruleset.lines.at(line)?.text ?? ''))
    return undefined;
  const setter = marksOn(journey).findLast(({ chain }) => !chain.startsWith('KUBE-'));
  if (setter === undefined || !(journey.last?.chain.name ?? '').startsWith('KUBE-')) return undefined;
  const { file, line: at } = subject.place(setter.line);
  return {
    ...own,
    code: 'mark-drops',
    message: `${own.message} It goes by the mark, which a rule of ${setter.chain} set (${file}, line ${at}): kubelet and kube-proxy take those bits (0x8000) for their own word to drop.`,
    evidence: [ruleEvidence(subject, setter.line), ...own.evidence],
    mend: [command`give the rule that sets the mark a mask that leaves 0x4000 and 0x8000 alone`],
  };
}

/** A drop that is no rule's: a router drops what has no TTL left. */
function isExpired({ verdict, last, end }: Pick<Outcome, 'verdict' | 'last'> & { readonly end: Packet }): boolean {
  const isByRule = last?.kind === 'drop' || (last?.kind === 'policy' && last.words === 'drop');
  return verdict === 'drop' && last !== null && !isByRule && end.ttl !== null && end.ttl <= 1;
}

function expiredCause(subject: Subject, last: TraceStep | null, what: string): Cause {
  let step = last;
  while (step !== null && step.kind !== 'ttl' && step.kind !== 'ttl-set') step = step.previous;
  const line = step?.line ?? null;
  const by =
    line === null
      ? ''
      : `, which a rule of ${step?.chain.name ?? ''} set (${subject.place(line).file}, line ${subject.place(line).line})`;
  return {
    code: 'ttl-expired',
    message: `${what} has no TTL left${by}: this node would have to hand it on, and a router drops what has a TTL of 1.`,
    evidence: line === null ? [] : [ruleEvidence(subject, line)],
    confirm: [command`iptables -t mangle -L -v -n -x --line-numbers`],
    mend: [command`take the rule that sets the TTL away, or set it to 64`],
  };
}

function verdictCause(subject: Subject, verdict: Exclude<Verdict, 'accept'>, step: TraceStep, family: 'ipv4' | 'ipv6'): Cause {
  const lack = lackOf(subject, step);
  return {
    code: codes[verdict],
    message: messageOf(subject, step, verdict, 'the packet'),
    evidence: step.line === null ? [] : [ruleEvidence(subject, step.line)],
    confirm: [commandOf(step, family), ...(lack?.confirm ?? [])],
    mend: lack?.mend ?? mendOf(subject, step, family),
  };
}

function hangsText({ about, assumption }: HangsOn): string {
  return about === 'set'
    ? `It hangs on a set whose members are not known ("${assumption}").`
    : `It hangs on what the bundle does not say of the frame ("${assumption}").`;
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (asked === null) return nothing;
  const found: Found[] = [];
  for (const journeys of endedBy(asked.journeys.filter(({ verdict }) => verdict !== 'accept')).values()) {
    const [first] = journeys;
    if (first?.last === undefined || first.last === null || first.verdict === 'accept') continue;
    const { family } = first.start;
    const own = isExpired(first)
      ? expiredCause(subject, first.last, 'The packet')
      : verdictCause(subject, first.verdict, first.last, family);
    const marked = byForeignMark(subject, first, own);
    const known = marked === undefined ? lintCause(subject, subject.lint, first.last) : undefined;
    const cause = known === undefined ? (marked ?? own) : { ...known, confirm: own.confirm, mend: [...own.mend, ...known.mend] };
    const as = asked.hangsOn !== null ? 'unknown' : first.verdict === 'drop' ? 'lost' : 'refused';
    const heard = first.verdict === 'reject' ? ` ${heardOfRefusal(answerOf(first.last.words), first.start)}` : '';
    const hangs = asked.hangsOn === null ? '' : ` ${hangsText(asked.hangsOn)}`;
    found.push(foundCause({ ...cause, message: `${cause.message}${heard}${hangs}` }, { ends: journeys, as }));
  }
  const back = asked.answers.filter(({ verdict }) => verdict !== 'accept');
  const arriving = asked.journeys.filter(({ verdict }) => verdict === 'accept');
  const [answer] = back;
  if (answer?.last !== undefined && answer.last !== null && answer.verdict !== 'accept' && back.length === asked.answers.length) {
    const { family } = asked.packet;
    const cause: Cause = isExpired({ ...answer, end: answer.packet })
      ? expiredCause(subject, answer.last, 'The packet arrives, and its answer')
      : {
          code: 'answer-dropped',
          message: `${messageOf(subject, answer.last, answer.verdict, 'the answer')} The packet itself is let through.`,
          evidence: answer.last.line === null ? [] : [ruleEvidence(subject, answer.last.line)],
          confirm: [commandOf(answer.last, family)],
          mend: mendOf(subject, answer.last, family),
        };
    found.push(foundCause(cause, { ends: arriving }));
  } else if (arriving.length > 0) {
    const cause = laterCause(subject, asked);
    if (cause !== undefined) found.push(foundCause(cause, { ends: arriving }));
  }
  return { ...nothing, found };
}

/** What drops all that follows the answer: the handshake does not end, and no data comes through. */
function laterCause(subject: Subject, { later, packet }: Asked): Cause | undefined {
  const [first] = later;
  if (first === undefined || later.some(({ verdict }) => verdict === 'accept')) return undefined;
  if (first.verdict === 'accept' || first.last === null || isExpired({ ...first, end: first.packet })) return undefined;
  const { line } = first.last;
  return {
    code: 'later-packets-dropped',
    message: `${messageOf(subject, first.last, first.verdict, 'what follows the answer')} The first packet and its answer are let through: a connection seems to open, and nothing comes by it.`,
    evidence: line === null ? [] : [ruleEvidence(subject, line)],
    confirm: [commandOf(first.last, packet.family)],
    mend: mendOf(subject, first.last, packet.family),
  };
}
