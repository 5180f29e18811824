import type { Cluster } from '../../cluster/cluster.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import type { ClusterStatusParams, InitializationOptions, Settings } from '../../protocol/requests.ts';
import type { Runtime } from '../runtime.ts';
import { createLiveSource, type LiveSource } from './live-source.ts';
import { describeLive } from './live-status.ts';
import { createSnapshots, type SnapshotStatus } from './snapshot-files.ts';

/** The cluster behind a dump, and what to say of it. */
export interface ClusterView {
  readonly cluster: Cluster;
  readonly status: ClusterStatusParams;
  /** The URI of the snapshot that it comes from; undefined where it comes from none. */
  readonly file: string | undefined;
}

/** Where clusters come from: the live one that was chosen; else snapshot files; else nothing. */
export interface Clusters {
  statusFor(dumpUri: string): ClusterView;
  /** A Pod that only a live cluster knows, asked for now. */
  podDetails(namespace: string, name: string): Promise<PodRecord | undefined>;
  configure(folders: readonly string[], settings: Settings, options: InitializationOptions): Promise<void>;
  /** Also looks for snapshots beside this dump. */
  addDump(dumpUri: string): Promise<void>;
  filesChanged(uris: readonly string[]): Promise<void>;
  /** Connects to a context, empty for none; null for the one of the setting. */
  select(context: string | null): void;
  readonly live: LiveSource;
}

/** @param onChange told when the cluster behind any dump, or what is known of its state, may be another */
export function createClusters(runtime: Runtime, onChange: () => void, onProblem: (message: string) => void): Clusters {
  const snapshots = createSnapshots(runtime.files, runtime.pause, onChange, onProblem);
  const live = createLiveSource(runtime.live, onChange);
  // What was picked since the start counts, also where that is to leave it to the setting.
  let picked: { readonly context: string | undefined } | undefined;

  return {
    statusFor(dumpUri) {
      const view = live.current();
      if (view?.cluster !== undefined) return { cluster: view.cluster, status: describeLive(view, ''), file: undefined };
      const snapshot = snapshots.statusFor(dumpUri);
      const status = describeSnapshot(snapshot);
      const file = snapshot.uri;
      if (view === undefined) return { cluster: snapshot.cluster, status, file };
      const instead = snapshot.cluster.source.kind === 'none' ? "the dump's comments" : status.label;
      return { cluster: snapshot.cluster, status: describeLive(view, instead), file };
    },
    async podDetails(namespace, name) {
      return live.current()?.live?.fetchPod(namespace, name);
    },
    async configure(folders, settings, options) {
      const { trusted } = options;
      live.choose({
        trusted,
        picked: picked === undefined ? options.context : picked.context,
        setting: settings.clusterContext,
        kubeconfig: settings.kubeconfig,
      });
      // In an untrusted workspace no path from settings is used.
      await snapshots.configure(folders, trusted ? settings.clusterSnapshot : '');
    },
    addDump: (dumpUri) => snapshots.addDump(dumpUri),
    filesChanged: (uris) => snapshots.filesChanged(uris),
    select(context) {
      picked = { context: context ?? undefined };
      live.choose({ ...live.choice(), picked: picked.context });
    },
    live,
  };
}

function describeSnapshot({ uri, label, cluster, problem, asNear }: SnapshotStatus): ClusterStatusParams {
  const comments = "Names come from the dump's comments.";
  if (uri === undefined) {
    return {
      kind: 'none',
      label: 'no cluster snapshot',
      detail: problem === '' ? comments : `Cluster snapshot ${problem} ${comments}`,
      severity: problem === '' ? 'ok' : 'warning',
    };
  }
  if (cluster.source.kind === 'none') {
    return { kind: 'snapshot', label, detail: `${label}: ${problem} ${comments}`, severity: 'error' };
  }
  const counts = [
    `${cluster.services.length} Services`,
    `${cluster.slices.length} EndpointSlices`,
    `${cluster.pods.length} Pods`,
    `${cluster.nodes.length} Nodes`,
  ].join(', ');
  const others = asNear.length === 0 ? '' : `As near to the dump: ${asNear.join(', ')}.`;
  const details = [problem === '' ? '' : `${label}: ${problem}`, ...cluster.warnings, others].filter((text) => text !== '');
  return {
    kind: 'snapshot',
    label,
    detail: details.length > 0 ? `${counts}. ${details.join(' ')}` : counts,
    severity: problem !== '' ? 'error' : cluster.warnings.length > 0 ? 'warning' : 'ok',
  };
}
