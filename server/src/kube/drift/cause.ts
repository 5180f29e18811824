/** Why a node's rules may differ from the cluster, told by when things were made and when the dump was written. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { ExpectedPort } from '../expected/expected.ts';
import type { DriftFinding } from './finding.ts';

/** What of the cluster a dump shows, and what it does not. */
export interface Programmed {
  readonly port: ExpectedPort;
  readonly findings: readonly DriftFinding[];
}

/** 2026-11-23 00:38:24 UTC */
function timeText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** When iptables-save says that it wrote the dump; nodes mostly keep UTC, and it does not say. null where it says nothing. */
export function writtenAt(dump: Dump): number | null {
  const date = dump.generator?.date;
  const time = date === undefined ? Number.NaN : Date.parse(`${date} UTC`);
  return Number.isNaN(time) ? null : time;
}

interface Made {
  readonly time: number;
  readonly what: string;
}

/** When a Service and those of its endpoints that these findings do, or do not, speak of were made. */
function madeOf(
  cluster: Cluster,
  { port, findings }: Programmed,
): { readonly shown: readonly Made[]; readonly unseen: readonly Made[] } {
  const shown: Made[] = [];
  const unseen: Made[] = [];
  const { service } = port.port;
  const isNew = findings.some(({ kind }) => kind === 'service-missing' || kind === 'port-missing' || kind === 'cluster-ip');
  const lacking = new Set(
    findings.flatMap(({ kind, endpoint, replacedBy }) => (kind === 'endpoint-missing' ? [endpoint] : [replacedBy])),
  );
  const lacksAll = isNew || findings.some(({ kind, endpoint }) => kind === 'endpoint-missing' && endpoint === null);
  if (service.createdAt !== null)
    (isNew ? unseen : shown).push({ time: service.createdAt, what: `Service ${service.namespace}/${service.name}` });
  if (lacksAll) return { shown, unseen };
  for (const { destination, ref } of port.choice.reachable) {
    const { targetRef } = ref.endpoint;
    const pod = targetRef === null ? undefined : cluster.pod(targetRef.namespace || ref.slice.namespace, targetRef.name);
    if (pod === undefined || pod.createdAt === null) continue;
    (lacking.has(destination) ? unseen : shown).push({ time: pod.createdAt, what: `Pod ${pod.namespace}/${pod.name}` });
  }
  return { shown, unseen };
}

const clockTolerance = 30_000;

/** One sentence on why what is new in the cluster is not in the dump; empty where the objects do not tell. */
export function causeOf(cluster: Cluster, dump: Dump, node: string, programmed: readonly Programmed[]): string {
  let first: Made | undefined;
  const shown: number[] = [];
  for (const entry of programmed) {
    const made = madeOf(cluster, entry);
    for (const { time } of made.shown) shown.push(time);
    for (const candidate of made.unseen) if (first === undefined || candidate.time < first.time) first = candidate;
  }
  if (first === undefined) return '';
  const unseenSince = first.time;
  const written = writtenAt(dump);
  if (written !== null && unseenSince > written + clockTolerance)
    return `the dump is older than ${first.what}, which was created at ${timeText(unseenSince)}`;
  let last = 0;
  for (const time of shown) if (time <= unseenSince && time > last) last = time;
  const since = last === 0 ? `before ${timeText(unseenSince)}` : timeText(last);
  const by = written === null ? '' : `, when the dump was written at ${timeText(written)}`;
  const where = node === '' ? 'kube-proxy' : `kube-proxy on ${node}`;
  return `${where} has not synced since ${since}: ${first.what} was created at ${timeText(unseenSince)}${by}`;
}
