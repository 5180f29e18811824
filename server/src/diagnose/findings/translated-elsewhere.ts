import { command } from '../../base/shell-text.ts';
import type { Steps } from '../../base/steps.ts';
import type { TraceStep } from '../../netfilter/outcome.ts';
import { listens } from '../../node/look-ups/listening.ts';
import { nftTranslation } from '../../node/look-ups/nft-verdict.ts';
import { nftDestination, nftRuleText } from '../../node/readers/nft.ts';
import type { Fate } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { firstPacket, nftTables } from '../nft-packets.ts';
import { accepted, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { ownerOf } from '../owners.ts';
import { type EntryRule, entryRule } from '../service-rules.ts';
import { endText, isGone } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';
import { type Tries, triesOf, tryKey } from '../tries.ts';

/** A rule of another program that takes what was for a Service: a hostPort of the same number, a REDIRECT of a proxy. */
export const translatedElsewhere: NodeFinding = {
  codes: {
    'translated-elsewhere': "A rule of another program translates what was sent to the Service before kube-proxy's rules do.",
  },
  look,
};

const kinds: ReadonlySet<string> = new Set(['dnat', 'redirect', 'netmap', 'tproxy']);

/** The rule that chose where a packet goes; undefined where kube-proxy's did, or none. */
function foreignStep({ last }: Journey): TraceStep | undefined {
  for (let step = last; step !== null; step = step.previous) {
    if (kinds.has(step.kind) && step.line !== null) return step.chain.name.startsWith('KUBE-') ? undefined : step;
  }
  return undefined;
}

/** A rule of another table of nft that translates the packet before iptables' table nat is asked. */
function byNft(subject: Subject, journey: Journey): Found | undefined {
  const packet = firstPacket(journey);
  const entry = entryRule(subject, journey.start);
  const tables = nftTables(subject.facts);
  if (tables === undefined || packet === undefined || entry === undefined) return undefined;
  const found = nftTranslation(subject.facts, tables, packet);
  if (found === undefined) return undefined;
  const { chain, rule } = found;
  const to = nftDestination(rule);
  // What another mode of kube-proxy left behind may send where the rules do.
  if (to !== undefined && isEndpointOf(subject, to, entry)) return undefined;
  const where = `${chain.family} ${chain.table} ${chain.name}`;
  const cause = {
    code: 'translated-elsewhere',
    message: `The packet is for ${serviceText(entry)}, and a rule of nftables' table ${chain.family} ${chain.table} (chain ${chain.name}, priority ${chain.priority}) translates it before kube-proxy's rules see it. iptables shows nothing of that table.`,
    evidence: [
      { file: chain.file, line: rule.line, text: `chain ${where}: ${nftRuleText(rule)}` },
      ruleEvidence(subject, entry.line),
    ],
    confirm: [command`nft list chain ${chain.family} ${chain.table} ${chain.name}`],
    mend: [command`narrow the rule in table ${chain.family} ${chain.table} so that it leaves Services alone`],
  };
  // Whether somebody takes it where it is sent, nft's rule alone does not say.
  return foundCause(cause, { ends: [journey], as: to !== undefined && isGone(subject, to) ? 'lost' : 'unknown' });
}

/** Whether an address is one of a Service's endpoints, by the cluster. */
function isEndpointOf({ cluster }: Subject, ip: string, { service }: EntryRule): boolean {
  return cluster.endpointsAt(ip).some(({ slice }) => service.startsWith(`${slice.namespace}/${slice.serviceName}:`));
}

function serviceText({ service, isNodePort }: EntryRule): string {
  return `${service === '' ? 'a Service' : `Service ${service}`}${isNodePort ? ' (a NodePort)' : ''}`;
}

/** What becomes of a packet that another program's rule sends elsewhere: whether somebody takes it there is known of few. */
function whatBecomes(subject: Subject, { end, isDelivered }: Journey, tries: ReadonlyMap<string, Tries>): Fate {
  const { text: ip } = end.destination;
  if ((tries.get(tryKey(ip, end.dport))?.well ?? 0) > 0) return 'arrives';
  if (isDelivered && end.dport !== null) {
    const told = listens(subject.facts, end.protocol, ip, end.dport);
    return told === undefined ? 'unknown' : told ? 'arrives' : 'refused';
  }
  const isEndpoint = subject.cluster
    .endpointsAt(ip)
    .some(({ slice }) => slice.ports.some(({ port, protocol }) => port === end.dport && protocol === end.protocol));
  if (isEndpoint) return 'arrives';
  // Table nat is asked once: what is sent to a Service's address is not translated again, and nobody has it.
  return subject.cluster.servicesAt(ip).length > 0 ? 'lost' : 'unknown';
}

function* look(subject: Subject, asked: Asked | null): Steps<Looked> {
  if (asked === null) return nothing;
  const tries = yield* triesOf(subject, asked);
  for (const journey of accepted(asked)) {
    const other = byNft(subject, journey);
    if (other !== undefined) return { ...nothing, found: [other] };
    const step = foreignStep(journey);
    const entry = step === undefined ? undefined : entryRule(subject, journey.start);
    if (step === undefined || step.line === null || entry === undefined) continue;
    // Whoever sends it to one of the Service's own endpoints does it a service.
    if (
      subject.cluster
        .endpointsAt(journey.end.destination.text)
        .some(({ slice }) => entry.service.startsWith(`${slice.namespace}/${slice.serviceName}:`))
    )
      continue;
    const owner = ownerOf(step.chain.name);
    const place = subject.place(step.line);
    const where = journey.end.destination.standsIn === true ? `port ${journey.end.dport ?? ''} of this node` : endText(journey);
    const cause = {
      code: 'translated-elsewhere',
      message: `The packet is for ${serviceText(entry)}, and a rule of ${step.chain.name}${owner === '' ? '' : ` (${owner})`} sends it to ${where} before kube-proxy's rules see it (${place.file}, line ${place.line}).`,
      evidence: [ruleEvidence(subject, step.line), ruleEvidence(subject, entry.line)],
      confirm: [command`iptables -t nat -L PREROUTING -v -n -x --line-numbers`],
      mend: [
        entry.isNodePort
          ? command`give the hostPort or the NodePort another number`
          : command`narrow the rule so that it leaves the addresses of Services alone, or put it behind KUBE-SERVICES`,
      ],
    };
    const ends = accepted(asked).filter((each) => foreignStep(each)?.line === step.line);
    const fate = whatBecomes(subject, journey, tries);
    if (fate === 'arrives') return { ...nothing, found: [foundCause(cause, { concerns: true })] };
    return { ...nothing, found: [foundCause(cause, { ends, as: fate })] };
  }
  return nothing;
}
