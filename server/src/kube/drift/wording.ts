/** Says what differs: the value that the cluster has, and that of the dump. */
import { withoutHostMask } from '../../base/ip.ts';
import type { ExpectedRule } from '../expected/rule.ts';
import type { DumpRule } from './dump-side.ts';
import { someOf } from './endpoint-findings.ts';
import type { DriftKind } from './finding.ts';
import type { PortRules } from './port-rules.ts';

/** What `-d`, `--dport` and the like say in a rule's text. */
export function valueIn(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf(` ${option} `);
  if (at < 0) return undefined;
  const start = at + option.length + 2;
  const end = text.indexOf(' ', start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

function withoutMask(network: string | undefined): string {
  return network === undefined ? 'none' : withoutHostMask(network);
}

/** A port's number, with its protocol where another rule has another one: "80", "80/udp". */
function portText(port: number | string, rule: string | undefined, other: string | undefined): string {
  const protocol = valueIn(rule, '-p');
  return protocol === undefined || protocol === valueIn(other, '-p') ? String(port) : `${port}/${protocol}`;
}

/** The address that the dump has in place of a missing one; empty where it has the same, or none. */
function instead(want: string | undefined, had: string | undefined): string {
  const address = valueIn(had, '-d');
  return address === undefined || address === valueIn(want, '-d') ? '' : `; the dump has ${withoutMask(address)}`;
}

/** One sentence on a kind of difference. `wanted` is the first rule that is missing, `found` the first that should not be there. */
export function wording(
  kind: DriftKind,
  rules: PortRules,
  wanted: ExpectedRule | undefined,
  found: DumpRule | undefined,
): string {
  const { port } = rules.expected;
  const { name } = port;
  const want = wanted === undefined ? undefined : wanted.head + wanted.tail;
  const had = found?.key;
  switch (kind) {
    case 'cluster-ip':
      if (had === undefined) return `No rule leads to ${name} by its clusterIP ${port.clusterIP}`;
      return want === undefined && withoutMask(valueIn(had, '-d')) === port.clusterIP
        ? `One rule more than kube-proxy writes leads to ${name} by its clusterIP ${port.clusterIP}`
        : `${name} has clusterIP ${port.clusterIP}; the dump has ${withoutMask(valueIn(had, '-d'))}`;
    case 'port':
      return `${name} is at port ${portText(port.port.port, want, had)}; the dump has ${had === undefined ? 'none' : portText(valueIn(had, '--dport') ?? 'none', had, want)}`;
    case 'internal-policy':
      return `${name} has internalTrafficPolicy ${port.internalLocal ? 'Local' : 'Cluster'}; the dump is written for ${port.internalLocal ? 'Cluster' : 'Local'}`;
    case 'external-policy':
      return `${name} has externalTrafficPolicy ${port.externalLocal ? 'Local' : 'Cluster'}; its rules for traffic from outside are not those`;
    case 'external-ip':
      if (wanted === undefined) return `${withoutMask(valueIn(had, '-d'))} is no external IP of ${name} any more`;
      return `External IP ${withoutMask(valueIn(want, '-d'))} of ${name} has no rule${instead(want, had)}`;
    case 'load-balancer-ip':
      if (wanted === undefined) return `${withoutMask(valueIn(had, '-d'))} is no load-balancer address of ${name} any more`;
      return `Load-balancer address ${withoutMask(valueIn(want, '-d'))} of ${name} has no rule${instead(want, had)}`;
    case 'node-port':
      if (port.port.nodePort === 0) return `${name} has no NodePort any more; the dump has ${valueIn(had, '--dport') ?? 'one'}`;
      if (had === undefined) return `NodePort ${port.port.nodePort} of ${name} has no rule`;
      if (valueIn(had, '--dport') === String(port.port.nodePort))
        return `The rule for NodePort ${port.port.nodePort} of ${name} is another`;
      return `${name} has NodePort ${port.port.nodePort}; the dump has ${valueIn(had, '--dport') ?? 'none'}`;
    case 'health-check':
      if (port.healthCheckNodePort === 0)
        return `${name} has no health check node port any more; the dump has ${valueIn(had, '--dport') ?? 'one'}`;
      return `${name} has health check node port ${port.healthCheckNodePort}; the dump has ${valueIn(had, '--dport') ?? 'none'}`;
    case 'source-ranges':
      return port.sourceRanges.length === 0
        ? `${name} has no loadBalancerSourceRanges any more; the dump still limits who may enter`
        : `${name} lets in ${someOf(port.sourceRanges)}; the dump's rules let in ${rules.actual.some(({ chain }) => chain.startsWith('KUBE-FW-')) ? 'others' : 'everybody'}`;
    case 'affinity': {
      const seconds = valueIn(had, '--seconds');
      const lasting = ` --rcheck --seconds ${port.affinitySeconds} `;
      if (
        seconds === String(port.affinitySeconds) ||
        (seconds === undefined && rules.actual.some(({ key }) => key.includes(lasting)))
      )
        return `The rules by which ${name} keeps a client at its endpoint are not all as kube-proxy writes them`;
      const dump = seconds === undefined ? 'without' : `for ${seconds} seconds`;
      return port.affinitySeconds === 0
        ? `${name} has no session affinity; the dump keeps clients ${dump}`
        : `${name} keeps a client for ${port.affinitySeconds} seconds (sessionAffinity ClientIP); the dump ${seconds === undefined ? 'does not' : `keeps it ${dump}`}`;
    }
    case 'shares':
      return `The endpoints of ${name} do not get equal shares`;
    case 'masquerade':
      return `What is masqueraded on its way to ${name} is not what kube-proxy would masquerade`;
    case 'endpoint-rules':
      return `The chain of an endpoint of ${name} is not as kube-proxy writes it`;
    case 'refusal':
      return refusalWording(rules, want, had);
    default:
      return `The rules of ${name} are not those that kube-proxy would write`;
  }
}

/** What a refusing rule is for: an address with a port, or a NodePort. */
function refusedTarget(rule: string): string {
  const network = valueIn(rule, '-d');
  const port = valueIn(rule, '--dport') ?? 'any port';
  return network === undefined ? `NodePort ${port}` : `${withoutMask(network)}, port ${port}`;
}

function refusalWording({ expected: { port, choice } }: PortRules, want: string | undefined, had: string | undefined): string {
  const { name } = port;
  const isRejected = (rule: string): boolean => rule.includes(' -j REJECT');
  if (want !== undefined && had !== undefined && refusedTarget(want) === refusedTarget(had)) {
    const how = isRejected(want) ? 'rejected, as there is no endpoint anywhere' : 'dropped, as there are endpoints elsewhere';
    return `Traffic to ${name} (${refusedTarget(want)}) should be ${how}; the dump ${isRejected(had) ? 'rejects' : 'drops'} it`;
  }
  if (want !== undefined) {
    const lacking = choice.any ? 'an endpoint on this node' : 'endpoints';
    return `Traffic to ${name} (${refusedTarget(want)}) should be refused, for want of ${lacking}; no rule does`;
  }
  if (had === undefined) return `Traffic to ${name} is not refused as kube-proxy would refuse it`;
  const network = valueIn(had, '-d');
  const isOwn =
    network === undefined
      ? valueIn(had, '--dport') === String(port.port.nodePort)
      : [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs].includes(withoutMask(network));
  return isOwn
    ? `The dump refuses traffic to ${name} (${refusedTarget(had)}), which has an endpoint for it`
    : `The dump refuses traffic to ${refusedTarget(had)}, which is not ${name}'s any more`;
}
