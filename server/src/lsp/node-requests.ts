import type { CancellationToken, Connection } from 'vscode-languageserver';
import { compareNames } from '../base/compare-names.ts';
import { bundleCommands } from '../cluster/live/bundle-commands.ts';
import { dumpCommands } from '../cluster/live/dump-commands.ts';
import type { LiveCluster } from '../cluster/live/live-cluster.ts';
import {
  type NodeBundleResult,
  type NodeDumpProgressParams,
  type NodeDumpResult,
  type NodeReadersResult,
  type NodesResult,
  nodeBundleRequest,
  nodeDumpProgressNotification,
  nodeDumpRequest,
  nodeReadersRequest,
  nodesRequest,
} from '../protocol/node.ts';
import type { Settings } from '../protocol/requests.ts';
import { offerLeftPods } from './left-pods.ts';
import { answer, signalOf } from './live-answer.ts';
import { answerFor } from './params.ts';

/** For a node that may not be looked at; its iptables is what counts, not its version. */
const unknownVersion = 'v1.34.0';

/** How long the bundle of a node may take, in milliseconds. */
const bundlePatience = 300_000;

/** How the live cluster is had; both throw a sentence where it cannot. */
interface LiveAccess {
  connected(): LiveCluster;
  /** The live cluster, if it is still that of this context. */
  connectedTo(context: string): LiveCluster;
}

/** Answers what the client asks of the nodes of a live cluster. */
export function registerNodeRequests(
  connection: Connection,
  { connected, connectedTo }: LiveAccess,
  settings: () => Settings,
): void {
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
        const { dumps, problems } = await cluster.readNode(node, reader, signalOf(token), tellProgress(connection, node));
        return { dumps, problems, readAt: Date.now() };
      }, token),
    ),
  );
  connection.onRequest<unknown, void>(nodeBundleRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['context', 'node', 'reader'], ({ context, node, reader }) =>
      answer(async (): Promise<NodeBundleResult> => {
        const signal = AbortSignal.any([signalOf(token), AbortSignal.timeout(bundlePatience)]);
        const { files, problems } = await connectedTo(context).collectBundle(
          node,
          reader,
          signal,
          tellProgress(connection, node),
        );
        return { files, problems };
      }, token),
    ),
  );
}

/** Tells the client what a node is asked for. */
function tellProgress(connection: Connection, node: string): (text: string) => void {
  return (text) => {
    const params: NodeDumpProgressParams = { node, text };
    void connection.sendNotification(nodeDumpProgressNotification, params);
  };
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
    bundleCommands,
  };
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
  return { context: live.context, nodes: nodes.toSorted((a, b) => compareNames(a.name, b.name)) };
}
