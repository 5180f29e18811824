import { type Disposable, l10n, type Uri } from 'vscode';
import {
  type DriftPort,
  type DriftPortsParams,
  type DriftResult,
  type DriftService,
  driftPortsRequest,
  driftRequest,
} from '../../server/src/protocol/requests.ts';
import { type DriftNode, driftedServices, driftRow } from './drift-rows.ts';
import { followDump } from './dump-follower.ts';
import { DumpTree, type Filling } from './dump-tree.ts';
import { fileNameOf } from './file-name.ts';
import type { ServerAccess } from './server-access.ts';

const viewId = 'iptables.drift';

/** What the view shows: the dump that was looked at last, compared with the cluster. */
class DriftComparison {
  readonly #server: ServerAccess;
  readonly tree: DumpTree<DriftNode>;
  #result: DriftResult | undefined;

  constructor(server: ServerAccess) {
    this.#server = server;
    this.tree = new DumpTree<DriftNode>(viewId, {
      row: driftRow,
      children: (node, dump) => this.#children(node, dump),
      fill: (filling) => this.#compare(filling),
      fail: (reason) => {
        this.#result = undefined;
        this.tree.setBadge(undefined);
        this.tree.setMessage(reason);
        this.tree.refresh();
      },
    });
  }

  async #compare({ dump, token, isOver, take }: Filling): Promise<void> {
    const params = { textDocument: { uri: dump.toString() } };
    const answer = await this.#server.ask<DriftResult>(driftRequest, params, token);
    if (isOver()) return;
    take();
    this.#result = answer;
    this.#describe(dump, answer);
    this.tree.refresh();
  }

  #describe(dump: Uri, answer: DriftResult): void {
    const { namespaces, cluster, node, notes } = answer;
    const drifted = driftedServices(answer);
    const file = fileNameOf(dump);
    const tooltip = l10n.t('{0} Services are not in sync with the node', drifted);
    this.tree.setBadge(drifted === 0 ? undefined : { value: drifted, tooltip });
    const what =
      cluster === ''
        ? l10n.t('{0}, not compared: no cluster is known.', file)
        : node === ''
          ? l10n.t('{0}, compared with {1}.', file, cluster)
          : l10n.t('{0} of node {1}, compared with {2}.', file, node, cluster);
    // An empty tree without a message shows the view's welcome, which leads to a cluster.
    this.tree.setMessage(namespaces.length === 0 && cluster === '' ? '' : [what, ...notes].join(' '));
  }

  async #children(node: DriftNode | undefined, dump: Uri): Promise<readonly DriftNode[]> {
    switch (node?.kind) {
      case undefined:
        return (this.#result?.namespaces ?? []).map((namespace) => ({ kind: 'namespace', namespace }));
      case 'namespace':
        return inOrder(node.namespace.services).map((service) => ({ kind: 'service', service }));
      case 'service': {
        const ports = await this.#portsOf(dump, node.service);
        return [
          ...node.service.findings.map((finding): DriftNode => ({ kind: 'finding', finding })),
          ...ports.map((port): DriftNode => ({ kind: 'port', port })),
        ];
      }
      case 'port':
        return [
          ...node.port.chains.map((chain): DriftNode => ({ kind: 'chain', chain })),
          ...node.port.endpoints.map((endpoint): DriftNode => ({ kind: 'endpoint', endpoint })),
        ];
      default:
        return [];
    }
  }

  async #portsOf(dump: Uri, { namespace, name }: DriftService): Promise<readonly DriftPort[]> {
    const params: DriftPortsParams = { textDocument: { uri: dump.toString() }, namespace, name };
    return this.#server.ask<readonly DriftPort[]>(driftPortsRequest, params);
  }
}

/**
 * The tree of Services by namespace, with how each is on the node. It is of the dump that was looked at last, and compares only while it
 * is on the screen.
 */
export function createDriftView(server: ServerAccess): Disposable {
  const { tree } = new DriftComparison(server);
  const following = followDump(server, tree);
  return {
    dispose: () => {
      following.dispose();
      tree.dispose();
    },
  };
}

/** What is not in sync is what one looks for. */
function inOrder(services: readonly DriftService[]): readonly DriftService[] {
  return services.toSorted((a, b) => Number(a.status === 'in-sync') - Number(b.status === 'in-sync'));
}
