import { counted } from '../../base/counted.ts';
import { command } from '../../base/shell-text.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import { destinationPort, protocolOf } from '../../kube/proxy/rule-values.ts';
import { listens } from '../../node/look-ups/listening.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { natOf } from '../service-rules.ts';
import { isGone } from '../signs.ts';
import { nodeName, ruleEvidence, type Subject } from '../subject.ts';

/** A hostPort whose rules nobody comes to, or that are gone: kube-proxy does not write them, and its restart does not bring them back. */
export const hostPortLost: NodeFinding = {
  codes: {
    'host-port-lost': "A Pod's hostPort was asked for, and no rule that its packets meet sends them to the Pod.",
  },
  look: atOnce(look),
};

const entry = 'CNI-HOSTPORT-DNAT';

/** The address of "10.42.0.11:80" or "[fd00::1]:80". */
function addressIn(to: string): string {
  return to.slice(0, to.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1');
}

/** A rule of the plugin portmap for the port that was asked for, though the packet did not come to it. */
function ruleFor(subject: Subject, table: Table, { start }: Journey): { readonly line: number; readonly to: string } | undefined {
  for (const [name, chain] of table.chains) {
    if (!name.startsWith('CNI-DN-')) continue;
    for (const line of chain.rules) {
      const rule = subject.ruleset.lines.at(line)?.target === 'DNAT' ? ruleAt(subject.ruleset, line) : undefined;
      if (rule === undefined || destinationPort(rule) !== start.dport || protocolOf(rule) !== start.protocol) continue;
      const to = optionOf(rule, '--to-destination')?.values[0]?.text ?? '';
      const ip = addressIn(to);
      if (ip !== '' && !isGone(subject, ip)) return { line, to };
    }
  }
  return undefined;
}

/** The running Pod of this node that has the hostPort. */
function podOf(subject: Subject, { start }: Journey): PodRecord | undefined {
  const node = nodeName(subject);
  return subject.cluster.pods.find(
    (pod) =>
      node !== '' &&
      pod.node === node &&
      !pod.hostNetwork &&
      pod.phase === 'Running' &&
      pod.hostPorts.some(({ hostPort, protocol }) => hostPort === start.dport && protocol === start.protocol),
  );
}

interface Lost {
  readonly why: string;
  readonly evidence: readonly Evidence[];
}

/** Why a packet for a hostPort is not translated; undefined where it is for none, or that is not known. */
function lost(subject: Subject, table: Table, journey: Journey): Lost | undefined {
  const own = ruleFor(subject, table, journey);
  const jumps = table.chains.get(entry)?.references.length ?? 0;
  if (own !== undefined) {
    const { file, line } = subject.place(own.line);
    const hook = journey.start.isFromHere ? 'OUTPUT' : 'PREROUTING';
    const why = `the rule that sends it to ${own.to} is there (${file}, line ${line}), and no rule of ${hook} leads this packet to it: ${jumps === 0 ? `no rule jumps to ${entry}, as after a flush of ${hook}` : `${counted(jumps, 'rule')} jump to ${entry}, none for it`}`;
    return { why, evidence: [ruleEvidence(subject, own.line)] };
  }
  const pod = podOf(subject, journey);
  if (pod === undefined) return undefined;
  const evidence = [{ ...subject.place(table.firstLine), text: `*${table.name}: no rule for port ${journey.start.dport ?? ''}` }];
  return { why: `it is the hostPort of Pod ${pod.namespace}/${pod.name}, and no rule of nat is for it`, evidence };
}

/** Without a question: rules that lead to a Pod of this node which runs, in a table where no rule jumps to any of them. */
function unhooked(subject: Subject): Looked {
  for (const table of subject.ruleset.tables) {
    const chain = table.name === 'nat' ? table.chains.get(entry) : undefined;
    if (chain === undefined || chain.references.length > 0 || !isTableWhole(subject.ruleset, table)) continue;
    for (const name of chain.rules.length === 0 ? [] : table.chains.keys()) {
      const found = name.startsWith('CNI-DN-') ? livingEnd(subject, table, name) : undefined;
      if (found === undefined) continue;
      const { file, line } = subject.place(found.line);
      const cause = {
        code: 'host-port-lost',
        message: `The rules of hostPorts, as that to ${found.to} (${file}, line ${line}), are never met: no rule jumps to ${entry}, as after a flush of PREROUTING. ${again}`,
        evidence: [ruleEvidence(subject, found.line)],
        ...commands,
      };
      return { ...nothing, found: [foundCause(cause)] };
    }
  }
  return nothing;
}

/** A rule of a chain that sends to a Pod which the cluster knows and which runs. */
function livingEnd(subject: Subject, table: Table, name: string): { readonly line: number; readonly to: string } | undefined {
  for (const line of table.chains.get(name)?.rules ?? []) {
    const rule = subject.ruleset.lines.at(line)?.target === 'DNAT' ? ruleAt(subject.ruleset, line) : undefined;
    const to = rule === undefined ? '' : (optionOf(rule, '--to-destination')?.values[0]?.text ?? '');
    const pods = subject.cluster.podsAt(addressIn(to));
    if (pods.some(({ phase, node }) => phase === 'Running' && node === nodeName(subject))) return { line, to };
  }
  return undefined;
}

const again = 'The network plugin writes the rules of hostPorts when a Pod starts, and never again.';
const commands = {
  confirm: [command`iptables -t nat -S PREROUTING`, command`iptables -t nat -S ${entry}`],
  mend: [command`delete the Pods with hostPorts on this node, so that their rules are written anew as others start`],
};

function look(subject: Subject, asked: Asked | null): Looked {
  if (asked === null) return unhooked(subject);
  // What is not translated and for the node itself.
  const journeys = accepted(asked).filter(
    ({ isDelivered, end }) => isDelivered && !end.dnat && !end.isCaught && end.dport !== null,
  );
  const [journey] = journeys;
  const table = journey === undefined ? undefined : natOf(subject, journey.start);
  if (journey === undefined || table === undefined || !isTableWhole(subject.ruleset, table)) return nothing;
  const { protocol, dport, destination } = journey.end;
  const isHeard = dport === null ? undefined : listens(subject.facts, protocol, destination.text, dport);
  const found = isHeard === true ? undefined : lost(subject, table, journey);
  if (found === undefined) return nothing;
  const cause = {
    code: 'host-port-lost',
    message: `The packet is for the node itself (port ${dport}/${protocol}), as no rule translates it: ${found.why}. ${again}`,
    evidence: found.evidence,
    ...commands,
  };
  return { ...nothing, found: [foundCause(cause, { ends: journeys, as: 'refused' })] };
}
