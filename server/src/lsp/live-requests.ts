import type { CancellationToken, Connection, ResponseError } from 'vscode-languageserver';
import { counted } from '../base/counted.ts';
import type { LiveCluster } from '../cluster/live/live-cluster.ts';
import {
  type ClusterSnapshotResult,
  type ContextsResult,
  clusterSnapshotRequest,
  contextsRequest,
  podRequest,
  refreshClusterRequest,
  type Settings,
  selectContextRequest,
} from '../protocol/requests.ts';
import { chosenContext, restricted } from './clusters/live-source.ts';
import type { Clusters } from './clusters/sources.ts';
import { offerLeftPods } from './left-pods.ts';
import { answer, messageOf, signalOf } from './live-answer.ts';
import { registerNodeRequests } from './node-requests.ts';
import { answerFor } from './params.ts';

const noCluster = 'No live cluster is connected. Select a context first.';

/** Answers what the client asks of live clusters. An answer that cannot be given is an error whose message is a sentence for the user. */
export function registerLiveRequests(connection: Connection, clusters: Clusters, settings: () => Settings): void {
  const { live } = clusters;

  function connected(): LiveCluster {
    const view = live.current();
    if (!live.choice().trusted) throw new Error(restricted);
    if (view?.live === undefined) throw new Error(view === undefined || view.problem === '' ? noCluster : view.problem);
    return view.live;
  }

  /** The live cluster, if it is still the one that the question was about. */
  function connectedTo(context: string): LiveCluster {
    const cluster = connected();
    if (cluster.context !== context) throw new Error(`The live cluster is ${cluster.context} now, and no longer ${context}.`);
    return cluster;
  }

  connection.onRequest(contextsRequest, (): Promise<ContextsResult | ResponseError<void>> => answer(() => contextsOf(live)));
  connection.onRequest<unknown, void>(selectContextRequest, (message: unknown) =>
    answerFor(message, ['contextChoice'], ({ contextChoice }) =>
      answer(async () => {
        if (contextChoice !== '' && contextChoice !== null) await live.load();
        clusters.select(contextChoice);
        return null;
      }),
    ),
  );
  connection.onRequest(refreshClusterRequest, () =>
    answer(async () => {
      if (!live.choice().trusted) throw new Error(restricted);
      if (live.current() === undefined) throw new Error(noCluster);
      live.refresh();
      return null;
    }),
  );
  connection.onRequest<unknown, void>(podRequest, (message: unknown) =>
    answerFor(message, ['namespace', 'name'], ({ namespace, name }) =>
      answer(async () => (await connected().fetchPod(namespace, name)) ?? null),
    ),
  );
  registerNodeRequests(connection, { connected, connectedTo }, settings);
  connection.onRequest(clusterSnapshotRequest, (_params: object, token?: CancellationToken) =>
    answer(async () => snapshotOf(connected(), token), token),
  );
  connection.onShutdown(() => live.close());
  live.whenKnown((cluster) => void offerLeftPods(connection, cluster, settings().debugNamespace));
}

async function snapshotOf(cluster: LiveCluster, token: CancellationToken | undefined): Promise<ClusterSnapshotResult> {
  const { text, counts, problems } = await cluster.snapshot(signalOf(token));
  const summary = Object.entries(counts).map(([kind, count]) => counted(count, kind));
  return { context: cluster.context, text, summary: summary.join(', '), problems };
}

async function contextsOf(live: Clusters['live']): Promise<ContextsResult> {
  const choice = live.choice();
  const selected = chosenContext(choice);
  try {
    const { listContexts, environmentWith } = await live.load();
    return { ...listContexts(environmentWith(choice.kubeconfig)), problem: '', selected };
  } catch (error) {
    return { contexts: [], origin: '', problem: messageOf(error), selected };
  }
}
