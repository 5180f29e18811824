/** Why a node's rules may differ from the cluster, told by when things were made and when the dump was written. */
import type { Steps } from '../../base/steps.ts';
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
const portsBetweenPauses = 256;

/** What the objects tell: the oldest that is not in the dump, and when the newest that is was made; 0 for none. */
interface Times {
  readonly unseen: Made;
  readonly newestShown: number;
}

function* timesOf(cluster: Cluster, programmed: readonly Programmed[]): Steps<Times | undefined> {
  let unseen: Made | undefined;
  let newestShown = 0;
  for (const [at, entry] of programmed.entries()) {
    if (at % portsBetweenPauses === portsBetweenPauses - 1) yield;
    const made = madeOf(cluster, entry);
    for (const { time } of made.shown) newestShown = Math.max(newestShown, time);
    for (const candidate of made.unseen) if (unseen === undefined || candidate.time < unseen.time) unseen = candidate;
  }
  return unseen === undefined ? undefined : { unseen, newestShown };
}

/**
 * One sentence on what may be why what is new in the cluster is not in the dump; empty where the objects do not tell. When an object was made
 * bounds when kube-proxy could have known it, and no more: a Pod may have become ready long after.
 */
export function* causeOf(cluster: Cluster, dump: Dump, node: string, programmed: readonly Programmed[]): Steps<string> {
  const times = yield* timesOf(cluster, programmed);
  if (times === undefined) return '';
  const { unseen, newestShown } = times;
  // What was made later is there: it is not for want of a sync.
  if (newestShown > unseen.time + clockTolerance) return '';
  const written = writtenAt(dump);
  const created = `${unseen.what} was created at ${timeText(unseen.time)}`;
  // The header has no time zone.
  const header = written === null ? '' : `the dump’s header says ${timeText(written)}, if the node keeps UTC`;
  if (written !== null && unseen.time > written + clockTolerance)
    return `the dump may be older than what it lacks: ${created}, ${header}`;
  const where = node === '' ? 'kube-proxy' : `kube-proxy on ${node}`;
  const newest = newestShown === 0 ? '' : `, the newest that the dump has at ${timeText(newestShown)}`;
  return `${where} may have stopped syncing: ${created}${newest}${header === '' ? '' : `; ${header}`}`;
}
