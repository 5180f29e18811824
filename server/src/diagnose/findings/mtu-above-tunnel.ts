import { command } from '../../base/shell-text.ts';
import { linkNamed, portsOf } from '../../node/look-ups/links.ts';
import type { LinkRecord } from '../../node/records.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, type Found, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { podInterfaces } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Large packets do not fit where small ones do: connections open, and hang at the first large answer. */
export const mtuAboveTunnel: NodeFinding = {
  codes: {
    'mtu-above-tunnel': "The MTU of Pods' links is above that of the tunnel to other nodes: large packets do not get through.",
    'tunnel-mtu-above-link':
      'The MTU of a tunnel leaves no room for what it wraps around each packet: large packets are dropped on their way.',
  },
  look: atOnce(look),
};

/** What a tunnel adds to each packet, in bytes, over IPv4. */
const overheads: Readonly<Record<string, number>> = { vxlan: 50, geneve: 50, ipip: 20, gre: 24, sit: 20, wireguard: 60 };

/** Tunnels that are up and that some route leads into. */
function usedTunnels({ facts }: Subject): readonly LinkRecord[] {
  const used = new Set(
    (facts.routes?.records ?? []).flatMap(({ type, hops }) => (type === 'unicast' ? hops.map((hop) => hop.interface) : [])),
  );
  return (facts.links?.records ?? []).filter(({ kind, name, isUp }) => isUp && Object.hasOwn(overheads, kind) && used.has(name));
}

/** The links of Pods: ports of their bridge, or a link for each. */
function podLinks(subject: Subject): readonly LinkRecord[] {
  const { facts } = subject;
  return podInterfaces(subject).flatMap((name) => {
    const ports = portsOf(facts, name).map((port) => linkNamed(facts, port.name));
    const links = ports.length > 0 ? ports : [linkNamed(facts, name)];
    return links.filter((link) => link !== undefined);
  });
}

/** A rule that makes TCP's segments small enough; undefined where there is none. */
function clamping({ ruleset }: Subject): number | undefined {
  for (const { targets } of ruleset.tables) {
    const line = targets.get('TCPMSS')?.[0];
    if (line !== undefined) return line;
  }
  return undefined;
}

function linkEvidence({ facts }: Subject, { name, mtu, kind, line }: LinkRecord): Evidence {
  return { file: facts.links?.file ?? '', line, text: `${name}: mtu ${mtu}${kind === '' ? '' : `, ${kind}`}` };
}

function fragmentEvidence({ facts }: Subject): readonly Evidence[] {
  const found = facts.counters?.values.get('IpFragFails');
  if (facts.counters === null || found === undefined || found.value === '0') return [];
  return [{ file: facts.counters.file, line: found.line, text: `IpFragFails ${found.value}` }];
}

function abovePods(subject: Subject, asked: Asked | null): readonly Found[] {
  const [tunnel] = usedTunnels(subject).toSorted((a, b) => a.mtu - b.mtu);
  const pod = podLinks(subject).find(({ mtu }) => tunnel !== undefined && mtu > tunnel.mtu);
  if (tunnel === undefined || pod === undefined || clamping(subject) !== undefined) return [];
  const isThere = leaving(asked).some((journey) => leavesBy(journey) === tunnel.name || journey.start.in === tunnel.name);
  return [
    foundCause(
      {
        code: 'mtu-above-tunnel',
        message: `Pods' links have an MTU of ${pod.mtu} (${pod.name}), the tunnel ${tunnel.name} to other nodes one of ${tunnel.mtu}: packets of more than ${tunnel.mtu} bytes do not fit. Small packets arrive, so connections open and hang at the first large answer wherever the ICMP message about it ("fragmentation needed") does not get back.`,
        evidence: [linkEvidence(subject, pod), linkEvidence(subject, tunnel), ...fragmentEvidence(subject)],
        confirm: [command`kubectl exec POD -- ping -M do -s ${tunnel.mtu - 27} OTHER-NODES-POD`, command`nstat -az IpFragFails`],
        mend: [
          command`set the MTU of the CNI plugin to ${tunnel.mtu} and start the Pods anew`,
          command`iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu`,
        ],
      },
      { concerns: isThere },
    ),
  ];
}

function aboveLower(subject: Subject, asked: Asked | null): readonly Found[] {
  return usedTunnels(subject).flatMap((tunnel): readonly Found[] => {
    const lower = tunnel.lower === '' ? undefined : linkNamed(subject.facts, tunnel.lower);
    const needed = tunnel.mtu + (overheads[tunnel.kind] ?? 0);
    if (lower === undefined || lower.mtu === 0 || needed <= lower.mtu) return [];
    const isThere = leaving(asked).some((journey) => leavesBy(journey) === tunnel.name || journey.start.in === tunnel.name);
    return [
      foundCause(
        {
          code: 'tunnel-mtu-above-link',
          message: `The tunnel ${tunnel.name} (${tunnel.kind}) has an MTU of ${tunnel.mtu} and adds ${needed - tunnel.mtu} bytes to each packet, and ${lower.name} below it takes ${lower.mtu}: packets of more than ${lower.mtu - (needed - tunnel.mtu)} bytes are dropped or cut in pieces there.`,
          evidence: [linkEvidence(subject, tunnel), linkEvidence(subject, lower), ...fragmentEvidence(subject)],
          confirm: [command`ip -d link show ${tunnel.name}`, command`ip link show ${lower.name}`],
          mend: [
            command`ip link set ${tunnel.name} mtu ${lower.mtu - (needed - tunnel.mtu)}   (and in the network plugin's configuration)`,
          ],
        },
        { concerns: isThere },
      ),
    ];
  });
}

function look(subject: Subject, asked: Asked | null): Looked {
  if (subject.facts.links === null) return nothing;
  const found = [...abovePods(subject, asked), ...aboveLower(subject, asked)];
  const clamp = clamping(subject);
  const tunnels = usedTunnels(subject);
  const why =
    clamp === undefined
      ? "MTUs of Pods' links and tunnels fit."
      : `MTUs: ${ruleEvidence(subject, clamp).text} makes TCP's segments fit.`;
  return { found, fine: found.length === 0 && tunnels.length > 0 ? [why] : [] };
}
