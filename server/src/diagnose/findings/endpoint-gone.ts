import type { SafeText } from '../../base/safe-text.ts';
import { command, part } from '../../base/shell-text.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { ownerOf } from '../owners.ts';
import { endText, failedNeighbour, isGone, whoHas } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Rules send a packet to an address that nobody has any more. */
export const endpointGone: NodeFinding = {
  codes: {
    'endpoint-gone': 'Packets are sent to a Pod that is gone: no rule stops them, and nobody answers.',
    'endpoint-port-gone': 'Packets are sent to a port of a Pod where its Service has no endpoint any more: the Pod refuses them.',
  },
  look: atOnce(look),
};

function evidenceOf(subject: Subject, journey: Journey): readonly Evidence[] {
  const evidence: Evidence[] = [];
  for (let step = journey.last; step !== null; step = step.previous) {
    if (step.kind === 'dnat' && step.line !== null) evidence.push(ruleEvidence(subject, step.line));
  }
  const failed = failedNeighbour(subject, journey.end.destination.text);
  if (failed !== undefined)
    evidence.push({
      file: failed.file ?? subject.facts.neighbours?.file ?? '',
      line: failed.line,
      text: `${failed.ip} dev ${failed.interface} ${failed.states.join(' ')}`,
    });
  return evidence;
}

/** Whoever wrote the rule that sends packets there takes it away. */
function mendOf(journey: Journey | undefined): SafeText<'shell'> {
  let owner = command``;
  for (let step = journey?.last ?? null; step !== null && owner === ''; step = step.previous)
    if (step.kind === 'dnat') owner = ownerOf(step.chain.name);
  return owner === '' || owner === ownerOf('KUBE-')
    ? command`restart kube-proxy on this node, and look into its log why it was behind`
    : command`take the rule away that ${part(owner)} left behind: its Pod was removed without it (a hostPort: delete the Pod's chains of nat, or reboot the node)`;
}

/** The ports that a Pod is an endpoint at, where kube-proxy's rule sends to another one: it is older than the Service's target port. */
function otherPorts({ cluster }: Subject, { end, last }: Journey): readonly number[] {
  let step = last;
  while (step !== null && step.kind !== 'dnat') step = step.previous;
  if (
    step?.chain.name.startsWith('KUBE-SEP-') !== true ||
    end.dport === null ||
    cluster.onlyIn.size > 0 ||
    cluster.namespaces !== null
  )
    return [];
  const ports = cluster
    .endpointsAt(end.destination.text)
    .flatMap(({ slice }) => slice.ports)
    .flatMap(({ port, protocol }) => (port !== null && protocol === end.protocol ? [port] : []));
  return ports.includes(end.dport) ? [] : [...new Set(ports)];
}

function portCause(subject: Subject, journey: Journey): Cause | undefined {
  const ports = otherPorts(subject, journey);
  if (ports.length === 0) return undefined;
  const ip = journey.end.destination.text;
  return {
    code: 'endpoint-port-gone',
    message: `Packets are sent to ${endText(journey)}, and by the cluster ${whoHas(subject, ip)} is an endpoint at port ${ports.slice(0, 5).join(', ')} alone: the rules are older than the target port of the Service, and nothing is known to listen at the old one.`,
    evidence: evidenceOf(subject, journey),
    confirm: [command`kubectl get endpointslices -A -o wide | grep -w ${ip}`],
    mend: [mendOf(journey)],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  const byEnd = new Map<string, Journey[]>();
  for (const journey of leaving(asked)) {
    const ip = journey.end.destination.text;
    if (!isGone(subject, ip) && failedNeighbour(subject, ip) === undefined) continue;
    const group = byEnd.get(endText(journey));
    if (group === undefined) byEnd.set(endText(journey), [journey]);
    else group.push(journey);
  }
  const found = [...byEnd].map(([end, journeys]) => {
    const [journey] = journeys;
    const ip = journey?.end.destination.text ?? '';
    const share = journeys.reduce((sum, { probability }) => sum + probability, 0);
    const often = share > 0.999 ? 'Every packet' : `About ${Math.round(100 * share)} % of the connections`;
    const why = isGone(subject, ip)
      ? 'the cluster has no Pod and no endpoint with that address any more, so the rules are older than the cluster'
      : 'nobody answers at that address (its neighbour entry failed)';
    return foundCause(
      {
        code: 'endpoint-gone',
        message: `${often} ${share > 0.999 ? 'is' : 'are'} sent to ${end}, and ${why}.`,
        evidence: journey === undefined ? [] : evidenceOf(subject, journey),
        confirm: [command`kubectl get pods -A -o wide | grep -w ${ip}`, command`ip neigh show ${ip}`],
        mend: [mendOf(journey)],
      },
      { ends: journeys },
    );
  });
  for (const journey of leaving(asked)) {
    const cause = portCause(subject, journey);
    if (cause !== undefined) found.push(foundCause(cause, { ends: [journey], as: 'refused' }));
  }
  return { ...nothing, found };
}
