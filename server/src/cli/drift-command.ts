import { jsonText, terminalText } from '../base/safe-text.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { DriftStatus } from '../kube/drift/finding.ts';
import { type DriftReport, driftReportSteps } from '../kube/drift/report.ts';
import { checkRequest } from '../kube/expected/request.ts';
import { isProxied } from '../kube/expected/service-ports.ts';
import { isElsewhere } from '../kube/proxy/mode.ts';
import { pc } from './colors.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface DriftCommandOptions extends ClusterOptions {
  readonly node?: string;
  readonly clusterCidr?: string;
  readonly kubeProxyVersion?: string;
  readonly format: 'text' | 'json';
}

export interface DriftResult {
  readonly output: string;
  /** 0: what was compared agrees; 1: it does not, or the node's Services are not in its iptables; 2: nothing could be compared. */
  readonly status: 0 | 1 | 2;
  /** Why nothing could be compared; empty where something was. */
  readonly problem: string;
}

/** Whether the cluster has a Service that kube-proxy would write rules for. */
function hasProxied({ services }: Cluster): boolean {
  return services.some((service) => isProxied(service) && service.clusterIPs.length > 0);
}

function statusOf({ summary }: DriftReport, cluster: Cluster): DriftResult['status'] {
  const { missing, stale, differs, services, dumps } = summary;
  if (missing + stale + differs > 0) return 1;
  if (dumps.some(({ compared, proxy }) => !compared && isElsewhere(proxy))) return 1;
  return services === 0 && hasProxied(cluster) ? 2 : 0;
}

function whyNothing({ summary: { notes, dumps } }: DriftReport, { source }: Cluster): string {
  if (notes.length > 0) return notes.join(' ');
  const families = [...new Set(dumps.map(({ family }) => (family === 'ipv6' ? 'IPv6' : 'IPv4')))];
  return `${source.label} has no Service with an ${families.join(' or ')} address, and the dump has nothing for one`;
}

/** `drift DUMP`: where the dump and the cluster disagree, Service by Service. Throws UsageError. */
export async function runDrift(path: string, options: DriftCommandOptions): Promise<DriftResult> {
  const dump = readDump(path);
  if (options.cluster === undefined && options.context === undefined && dump.facts.cluster === null) {
    throw new UsageError('drift needs the cluster: --cluster FILE, or --context NAME for a live one');
  }
  const cluster = await readCluster(options, ['Service', 'EndpointSlice'], dump.facts);
  const { clusterCidr, kubeProxyVersion: version } = options;
  const { node } = originOf(dump, options.node);
  // The same words for a node, network or version that is none as `expected` has.
  const request = checkRequest(cluster, { node: node ?? cluster.nodes[0]?.name ?? '', clusterCIDR: clusterCidr, version });
  if (!request.ok) throw new UsageError(request.message);
  const { file, ruleset } = dump;
  const steps = driftReportSteps(ruleset, cluster, { node, clusterCIDR: clusterCidr, version, fileName: path });
  const report = runSteps(steps, `comparing ${file} with ${cluster.source.label}`);
  const status = statusOf(report, cluster);
  return {
    output: options.format === 'json' ? jsonText(report) : driftText(report),
    status,
    problem: status === 2 ? `${file}: nothing could be compared: ${whyNothing(report, cluster)}` : '',
  };
}

const paint: Readonly<Record<DriftStatus, (text: string) => string>> = {
  'in-sync': pc.green,
  missing: pc.red,
  stale: pc.red,
  differs: pc.yellow,
};

function driftText({ services, summary }: DriftReport): string {
  const lines: string[] = [];
  // What explains everything is said once, at the end.
  const common = new Set(['', ...summary.dumps.map(({ cause }) => cause)]);
  for (const { service, status, findings } of services) {
    if (findings.length === 0) continue;
    lines.push(`${pc.bold(terminalText(service))}: ${paint[status](status)}`);
    for (const { line, message, cause, expected } of findings) {
      const place = line === null ? '' : `line ${line}: `;
      lines.push(`  ${place}${terminalText(message)}${common.has(cause) ? '' : pc.dim(` (${terminalText(cause)})`)}`);
      if (expected !== null) lines.push(pc.dim(`    expected: ${terminalText(expected)}`));
    }
  }
  if (lines.length > 0) lines.push('');
  for (const dump of summary.dumps) {
    if (!dump.compared) continue;
    const node = dump.node === '' ? 'an unknown node' : dump.node;
    const as = `${dump.family === 'ipv6' ? 'IPv6' : 'IPv4'} of ${node} (${dump.nodeReason}), as kube-proxy ${dump.version} would write it`;
    lines.push(pc.dim(terminalText(`compared: ${as}${dump.podTraffic === null ? '' : `, Pods' traffic by ${dump.podTraffic}`}`)));
    if (dump.cause !== '') lines.push(terminalText(dump.cause));
  }
  for (const note of summary.notes) lines.push(pc.dim(`note: ${terminalText(note)}`));
  const { missing, stale, differs, inSync } = summary;
  const extent = summary.dumps.some(({ compared, whole }) => compared && !whole) ? ' as far as shown' : '';
  lines.push(`${inSync} in sync${extent}, ${missing} missing, ${stale} stale, ${differs} differ`);
  return lines.join('\n');
}
