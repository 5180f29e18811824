import { type Cluster, type ClusterSource, createCluster } from '../cluster.ts';
import type { ClusterKind, ClusterRecord, EndpointSliceRecord, NodeRecord, PodRecord, ServiceRecord } from '../objects.ts';
import type { Api } from './api.ts';
import { removePod } from './debug-pod.ts';
import type { NodeDumps } from './dump-commands.ts';
import { findLeftPods, type LeftPod } from './left-pods.ts';
import type { LiveStatus, ResourceStatus } from './live-status.ts';
import { readNode } from './node-dump.ts';
import { findReaders, type NodeReader } from './node-readers.ts';
import { createPodCache } from './pod-cache.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { endpointSlices, isObjectName, nodes, type Resource, services } from './resources.ts';
import { type SnapshotText, snapshotText } from './snapshot-text.ts';
import { defaultTiming, type Timing } from './timing.ts';

/** A cluster that is watched until it is closed. */
export interface LiveCluster {
  readonly context: string;
  /** The newest state, replaced by a new one as the cluster changes; undefined until everything was listed that can be. */
  cluster(): Cluster | undefined;
  status(): LiveStatus;
  /** A Pod by name, asked for now unless that was a moment ago. Undefined where there is none or it cannot be asked for. */
  fetchPod(namespace: string, name: string): Promise<PodRecord | undefined>;
  /** The containers on a node that can be asked for its rules, kube-proxy's first. @throws ApiError */
  readersOn(node: string, signal: AbortSignal): Promise<readonly (NodeReader & { readonly kind: 'pod' })[]>;
  /**
   * Runs `iptables-save` on a node.
   * @param onProgress told what is waited for, in a few words
   * @throws ApiError
   */
  readNode(node: string, reader: NodeReader, signal: AbortSignal, onProgress?: (text: string) => void): Promise<NodeDumps>;
  /** Debug pods in a namespace that nobody reads any longer. @throws ApiError */
  leftPods(namespace: string, signal: AbortSignal): Promise<readonly LeftPod[]>;
  /** Removes one of them. @returns what is left to do by hand, in a sentence; empty for nothing */
  removeLeftPod(pod: LeftPod): Promise<string>;
  /** The cluster's objects as a snapshot file. @throws ApiError */
  snapshot(signal: AbortSignal): Promise<SnapshotText>;
  /** Reads credentials and lists everything anew, what was refused too. */
  refresh(): void;
  /** Ends all work. Resolves once nothing that was made in the cluster is left there. */
  close(): Promise<void>;
}

export interface LiveClusterOptions {
  /** Told after the cluster or the status has changed, some hundred milliseconds later, so that many changes are one. */
  readonly onChange: () => void;
  readonly timing?: Timing;
  /** 0 to 1; for jitter. */
  readonly random?: () => number;
}

function isSettled(reflector: Reflector): boolean {
  return reflector.hasData() || reflector.status().state !== 'syncing';
}

function only<K extends ClusterKind>(kind: K, records: readonly ClusterRecord[]): readonly Extract<ClusterRecord, { kind: K }>[] {
  return records.filter((record): record is Extract<ClusterRecord, { kind: K }> => record.kind === kind);
}

/** "14:03:20", as the machine's clock shows it. */
function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** Lists and watches Services, EndpointSlices and Nodes; Pods are fetched. Begins at once. */
export function watchCluster(context: string, api: Api, options: LiveClusterOptions): LiveCluster {
  const { onChange, timing = defaultTiming, random = Math.random } = options;
  let current: Cluster | undefined;
  let made: readonly (readonly ClusterRecord[])[] = [];
  let madeWarnings = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  let interval = timing.gather;
  let publishedAt = 0;
  let isClosed = false;
  // Since when the server has not answered, though no connection is broken; 0 where it does.
  let silentSince = 0;

  const reflectorOf = (resource: Resource): Reflector => createReflector(resource, api, { timing, random, onChange: schedule });
  const reflectors = [services, endpointSlices, nodes].map(reflectorOf);
  const podCache = createPodCache(api, timing.podLasts, schedule);
  const ending = new AbortController();
  const reads = new Set<Promise<NodeDumps>>();

  function statuses(): readonly ResourceStatus[] {
    return [...reflectors.map(statusOf), podCache.status()];
  }

  function statusOf(reflector: Reflector): ResourceStatus {
    const status = reflector.status();
    if (silentSince === 0 || status.state !== 'live') return status;
    return { ...status, state: 'offline', problem: `${api.server} has not answered since ${clockTime(silentSince)}.` };
  }

  /** A server that hangs breaks no connection: after a silence it is asked whether it is still there. */
  async function beat(): Promise<void> {
    const isQuiet = Date.now() - api.heardAt() >= timing.heartbeat;
    const isThere = !isQuiet || !isLive() || (await api.answers(AbortSignal.timeout(timing.heartbeatPatience)));
    const since = isThere ? 0 : api.heardAt();
    if (since === silentSince) return;
    silentSince = since;
    schedule();
  }

  function isLive(): boolean {
    return reflectors.some((reflector) => reflector.status().state === 'live');
  }

  const source: ClusterSource = {
    kind: 'live',
    label: context,
    /** The oldest of the kinds, as answers are made of all of them. */
    get readAt() {
      const known = reflectors.filter((reflector) => reflector.hasData()).map((reflector) => statusOf(reflector).currentAt);
      return known.length === 0 ? 0 : Math.min(...known);
    },
  };

  /** What is missing altogether. What is only old is told by its age. */
  function warningsNow(): readonly string[] {
    return reflectors.flatMap((reflector) => {
      const { kind, problem, namespace: only } = reflector.status();
      if (reflector.hasData()) return only === '' ? [] : [`${kind}s of namespace ${only} alone.`];
      return [`No ${kind}s: ${problem === '' ? 'not read yet.' : problem}`];
    });
  }

  function publish(): void {
    timer = undefined;
    if (isClosed) return;
    publishedAt = Date.now();
    if (reflectors.every(isSettled) && reflectors.some((reflector) => reflector.hasData())) {
      const lists = reflectors.map((reflector) => reflector.records());
      const warnings = warningsNow();
      const text = warnings.join('\n');
      if (current === undefined || text !== madeWarnings || lists.some((list, at) => list !== made[at])) {
        const all = lists.flat();
        const slices: readonly EndpointSliceRecord[] = only('EndpointSlice', all);
        const nodeRecords: readonly NodeRecord[] = only('Node', all);
        const serviceRecords: readonly ServiceRecord[] = only('Service', all);
        const known = reflectors.filter((reflector) => reflector.hasData()).map((reflector) => reflector.status());
        const kinds = known.map(({ kind }) => kind);
        const limited = known.filter((status) => status.namespace !== '');
        const onlyIn = new Map(limited.map((status) => [status.kind, status.namespace]));
        current = createCluster({ source, warnings, kinds, onlyIn, services: serviceRecords, slices, nodes: nodeRecords });
        made = lists;
        madeWarnings = text;
      }
    }
    onChange();
  }

  function schedule(): void {
    if (isClosed || timer !== undefined) return;
    // What others make of a cluster takes its time: where changes never stop, a new one is made less often.
    const isBusy = Date.now() - publishedAt < interval * 2;
    interval = isBusy ? Math.min(interval * 2, timing.longestGather) : timing.gather;
    timer = setTimeout(publish, interval);
  }

  for (const reflector of reflectors) reflector.restart();
  let heart: ReturnType<typeof setTimeout>;
  const nextBeat = (): void => {
    heart = setTimeout(() => void beat().finally(() => isClosed || nextBeat()), timing.heartbeat).unref();
  };
  nextBeat();

  return {
    context,
    cluster: () => current,
    status: () => ({ context, server: api.server, resources: statuses() }),
    fetchPod: (namespace, name) => podCache.fetch(namespace, name),
    async readersOn(node, signal) {
      return isObjectName(node) ? findReaders(api, node, signal) : [];
    },
    async readNode(node, reader, signal, onProgress = () => undefined) {
      const both = AbortSignal.any([signal, ending.signal]);
      const reading = readNode(api, node, reader, { signal: both, onProgress, pickUp: timing.pickUp });
      reads.add(reading);
      return reading.finally(() => reads.delete(reading));
    },
    leftPods: (namespace, signal) => findLeftPods(api, namespace, signal),
    removeLeftPod: ({ namespace, name }) => removePod(api, namespace, name),
    snapshot: (signal) => snapshotText(api, signal),
    refresh() {
      api.reload();
      podCache.refresh();
      for (const reflector of reflectors) reflector.restart();
      schedule();
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      clearTimeout(heart);
      for (const reflector of reflectors) reflector.close();
      podCache.close();
      ending.abort();
      // Whoever reads in a debug pod still has to remove it.
      await Promise.allSettled(reads);
      api.close();
    },
  };
}
