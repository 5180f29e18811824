import { type CancellationToken, type Connection, ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver';
import { counted } from '../base/counted.ts';
import { dumpCommands } from '../cluster/live/dump-commands.ts';
import type { LiveCluster } from '../cluster/live/live-cluster.ts';
import {
  type ClusterSnapshotResult,
  type ContextsResult,
  clusterSnapshotRequest,
  contextsRequest,
  type NodeDumpProgressParams,
  type NodeDumpResult,
  type NodeReadersResult,
  type NodesResult,
  nodeDumpProgressNotification,
  nodeDumpRequest,
  nodeReadersRequest,
  nodesRequest,
  podRequest,
  refreshClusterRequest,
  type Settings,
  selectContextRequest,
} from '../protocol.ts';
import { chosenContext, restricted } from './clusters/live-source.ts';
import type { Clusters } from './clusters/sources.ts';
import { offerLeftPods } from './left-pods.ts';
import { answerFor } from './params.ts';

/** For a node that may not be looked at; its iptables is what counts, not its version. */
const unknownVersion = 'v1.34.0';

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
  connection.onRequest(nodesRequest, () => answer(async () => nodesOf(connected())));
  connection.onRequest<unknown, void>(nodeReadersRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['node'], ({ node }) =>
      answer(async () => {
        const cluster = connected();
        const given = settings();
        const readers = await readersOn(cluster, node, given, token);
        void offerLeftPods(connection, cluster, given.debugNamespace);
        return readers;
      }),
    ),
  );
  connection.onRequest<unknown, void>(nodeDumpRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['context', 'node', 'reader'], ({ context, node, reader }) =>
      answer(async (): Promise<NodeDumpResult> => {
        const cluster = connectedTo(context);
        const progress = (text: string): void => {
          const params: NodeDumpProgressParams = { node, text };
          void connection.sendNotification(nodeDumpProgressNotification, params);
        };
        const { dumps, problems } = await cluster.readNode(node, reader, signalOf(token), progress);
        return { dumps, problems, readAt: Date.now() };
      }, token),
    ),
  );
  connection.onRequest(clusterSnapshotRequest, (_params: object, token?: CancellationToken) =>
    answer(async () => snapshotOf(connected(), token), token),
  );
  connection.onShutdown(() => live.close());
  live.whenKnown((cluster) => void offerLeftPods(connection, cluster, settings().debugNamespace));
}

/** What can read the rules of a node, a debug pod last. */
async function readersOn(
  cluster: LiveCluster,
  node: string,
  { debugImage, debugNamespace }: Settings,
  token: CancellationToken,
): Promise<NodeReadersResult> {
  const readers = await cluster.readersOn(node, signalOf(token));
  const version = /^v\d+\.\d+\.\d+/.exec(cluster.cluster()?.node(node)?.kubeletVersion ?? '')?.[0] ?? unknownVersion;
  const image = debugImage.replaceAll('{version}', version);
  return {
    context: cluster.context,
    server: cluster.status().server,
    readers: [...readers, { kind: 'debug-pod', namespace: debugNamespace, image }],
    commands: dumpCommands.map(({ argv }) => argv.join(' ')),
  };
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

/** The Linux nodes; where they may not be listed, those that EndpointSlices name. */
function nodesOf(live: LiveCluster): NodesResult {
  const cluster = live.cluster();
  if (cluster === undefined) {
    const problem = live.status().resources.find((resource) => resource.problem !== '')?.problem;
    throw new Error(problem ?? `The cluster ${live.context} is not known yet. Try again in a moment.`);
  }
  const known = cluster.nodes.filter(({ labels }) => labels['kubernetes.io/os'] !== 'windows');
  const named = new Set(cluster.slices.flatMap(({ endpoints }) => endpoints.map(({ nodeName }) => nodeName)));
  named.delete('');
  const nodes =
    known.length > 0
      ? known.map(({ name, addresses, kubeletVersion }) => ({
          name,
          addresses: addresses.filter(({ type }) => type.endsWith('IP')).map(({ address }) => address),
          kubeletVersion,
        }))
      : Array.from(named, (name) => ({ name, addresses: [], kubeletVersion: '' }));
  return { context: live.context, nodes: nodes.toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })) };
}

function signalOf(token: CancellationToken | undefined): AbortSignal {
  const controller = new AbortController();
  if (token?.isCancellationRequested === true) controller.abort();
  token?.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function answer<T>(give: () => Promise<T>, token?: CancellationToken): Promise<T | ResponseError<void>> {
  try {
    return await give();
  } catch (error) {
    if (token?.isCancellationRequested === true) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    return new ResponseError(ErrorCodes.InvalidRequest, messageOf(error));
  }
}
