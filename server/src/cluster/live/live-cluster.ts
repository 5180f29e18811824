import { clockTime } from '../../base/clock-time.ts';
import type { Cluster } from '../cluster.ts';
import type { PodRecord } from '../objects.ts';
import type { Api } from './api.ts';
import { removePod } from './debug-pod.ts';
import type { NodeDumps } from './dump-commands.ts';
import { gather } from './gather.ts';
import { startHeartbeat } from './heartbeat.ts';
import { findLeftPods, type LeftPod } from './left-pods.ts';
import type { LiveStatus, ResourceStatus } from './live-status.ts';
import { type CollectedBundle, collectNodeBundle } from './node-bundle.ts';
import { readNode } from './node-dump.ts';
import { findReaders, type NodeReader } from './node-readers.ts';
import { createPodCache } from './pod-cache.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { endpointSlices, isObjectName, nodes, type Resource, services } from './resources.ts';
import { type SnapshotText, snapshotText } from './snapshot-text.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { type Assembled, assemble, liveSource } from './watched-cluster.ts';

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
  /**
   * Collects the bundle of a node in one of its containers, or in a debug pod.
   * @param onProgress told what is being read, in a few words
   * @throws ApiError
   */
  collectBundle(
    node: string,
    reader: NodeReader,
    signal: AbortSignal,
    onProgress?: (text: string) => void,
  ): Promise<CollectedBundle>;
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

/** Lists and watches Services, EndpointSlices and Nodes; Pods are fetched. Begins at once. */
export function watchCluster(context: string, api: Api, options: LiveClusterOptions): LiveCluster {
  const { onChange, timing = defaultTiming, random = Math.random } = options;
  let assembled: Assembled | undefined;
  const changes = gather(timing, () => {
    assembled = assemble(reflectors, source, assembled);
    onChange();
  });
  const reflectors = [services, endpointSlices, nodes].map((resource: Resource) =>
    createReflector(resource, api, { timing, random, onChange: changes.schedule }),
  );
  const isLive = (): boolean => reflectors.some((reflector) => reflector.status().state === 'live');
  const heartbeat = startHeartbeat(api, timing, isLive, changes.schedule);
  const statusOf = (reflector: Reflector): ResourceStatus => {
    const status = reflector.status();
    const since = heartbeat.silentSince();
    if (since === 0 || status.state !== 'live') return status;
    return { ...status, state: 'offline', problem: `${api.server} has not answered since ${clockTime(since)}.` };
  };
  const source = liveSource(context, reflectors, statusOf);
  const podCache = createPodCache(api, timing.podLasts, changes.schedule);
  const ending = new AbortController();
  const reads = new Set<Promise<unknown>>();

  for (const reflector of reflectors) reflector.restart();
  return {
    context,
    cluster: () => assembled?.cluster,
    status: () => ({ context, server: api.server, resources: [...reflectors.map(statusOf), podCache.status()] }),
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
    async collectBundle(node, reader, signal, onProgress) {
      const collecting = collectNodeBundle(api, node, reader, AbortSignal.any([signal, ending.signal]), onProgress);
      reads.add(collecting);
      return collecting.finally(() => reads.delete(collecting));
    },
    leftPods: (namespace, signal) => findLeftPods(api, namespace, signal),
    removeLeftPod: ({ namespace, name }) => removePod(api, namespace, name),
    snapshot: (signal) => snapshotText(api, signal),
    refresh() {
      api.reload();
      podCache.refresh();
      for (const reflector of reflectors) reflector.restart();
      changes.schedule();
    },
    async close() {
      changes.stop();
      heartbeat.stop();
      for (const reflector of reflectors) reflector.close();
      podCache.close();
      ending.abort();
      // Whoever reads in a debug pod still has to remove it.
      await Promise.allSettled(reads);
      api.close();
    },
  };
}
