import { CancellationTokenSource, commands, type Disposable, EventEmitter, l10n, Position, Range, Uri, window } from 'vscode';
import {
  type DriftPort,
  type DriftPortsParams,
  type DriftResult,
  type DriftService,
  driftPortsRequest,
  driftRequest,
} from '../../server/src/protocol.ts';
import { type DriftNode, driftedServices, driftRow, showLineCommand } from './drift-rows.ts';
import { followDump } from './dump-follower.ts';
import type { ServerAccess } from './server-access.ts';
import { createTree, messageOf, type Tree } from './show.ts';

const viewId = 'iptables.drift';
/** Changes of a dump or a cluster come in bursts; this long after the last one it is compared again, in milliseconds. */
const calm = 400;

/** What the view shows: the dump that was looked at last, compared with the cluster. */
class DriftComparison {
  readonly #server: ServerAccess;
  readonly #tree: Tree;
  readonly #changed = new EventEmitter<DriftNode | undefined>();
  #uri: Uri | undefined;
  #result: DriftResult | undefined;
  #isOutdated = true;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: CancellationTokenSource | undefined;

  constructor(server: ServerAccess) {
    this.#server = server;
    this.#tree = createTree<DriftNode>(viewId, {
      changed: this.#changed.event,
      row: (node) => driftRow(node, this.#uri ?? Uri.parse('untitled:')),
      children: (node) => this.#children(node),
    });
    this.#tree.onDidChangeVisibility(({ visible }) => {
      if (visible && this.#isOutdated) void this.#compare();
    });
  }

  /** A dump is looked at; one that is looked at already stays as it is. */
  look(dump: Uri | undefined): void {
    if (dump === undefined || dump.toString() === this.#uri?.toString()) return;
    this.#uri = dump;
    this.#outdate();
  }

  /** A dump, or its cluster, has changed. */
  changed(uri: string): void {
    if (uri === this.#uri?.toString()) this.#outdate();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#running?.cancel();
    this.#tree.dispose();
    this.#changed.dispose();
  }

  #outdate(): void {
    this.#isOutdated = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#compare(), calm);
  }

  /** Compares, where the view is on the screen. */
  async #compare(): Promise<void> {
    this.#running?.cancel();
    const asked = this.#uri;
    if (asked === undefined || !this.#tree.isVisible()) return;
    this.#isOutdated = false;
    const mine = new CancellationTokenSource();
    this.#running = mine;
    try {
      const params = { textDocument: { uri: asked.toString() } };
      const answer = await this.#server.ask<DriftResult>(driftRequest, params, mine.token);
      if (this.#running !== mine) return;
      this.#result = answer;
      this.#describe(asked, answer);
    } catch (error) {
      if (this.#running !== mine) return;
      this.#result = undefined;
      this.#tree.setMessage(messageOf(error));
    } finally {
      if (this.#running === mine) this.#running = undefined;
      mine.dispose();
    }
    this.#changed.fire(undefined);
  }

  #describe(dump: Uri, answer: DriftResult): void {
    const { namespaces, cluster, node, notes } = answer;
    const drifted = driftedServices(answer);
    const file = dump.path.slice(dump.path.lastIndexOf('/') + 1);
    const tooltip = l10n.t('{0} Services are not in sync with the node', drifted);
    this.#tree.setBadge(drifted === 0 ? undefined : { value: drifted, tooltip });
    const what =
      cluster === ''
        ? l10n.t('{0}, not compared: no cluster is known.', file)
        : node === ''
          ? l10n.t('{0}, compared with {1}.', file, cluster)
          : l10n.t('{0} of node {1}, compared with {2}.', file, node, cluster);
    // An empty tree without a message shows the view's welcome, which leads to a cluster.
    this.#tree.setMessage(namespaces.length === 0 && cluster === '' ? '' : [what, ...notes].join(' '));
  }

  async #children(node: DriftNode | undefined): Promise<readonly DriftNode[]> {
    switch (node?.kind) {
      case undefined:
        return (this.#result?.namespaces ?? []).map((namespace) => ({ kind: 'namespace', namespace }));
      case 'namespace':
        return inOrder(node.namespace.services).map((service) => ({ kind: 'service', service }));
      case 'service': {
        const ports = await this.#portsOf(node.service);
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

  async #portsOf({ namespace, name }: DriftService): Promise<readonly DriftPort[]> {
    if (this.#uri === undefined) return [];
    const params: DriftPortsParams = { textDocument: { uri: this.#uri.toString() }, namespace, name };
    return this.#server.ask<readonly DriftPort[]>(driftPortsRequest, params);
  }
}

/**
 * The tree of Services by namespace, with how each is on the node. It is of the dump that was looked at last, and compares only while it
 * is on the screen.
 */
export function createDriftView(server: ServerAccess): Disposable {
  const comparison = new DriftComparison(server);
  const disposables: Disposable[] = [
    followDump(server, comparison),
    commands.registerCommand(showLineCommand, (target: unknown, line: unknown) => {
      if (target instanceof Uri && typeof line === 'number') return showLine(target, line);
      return undefined;
    }),
  ];
  return {
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
      comparison.dispose();
    },
  };
}

/** What is not in sync is what one looks for. */
function inOrder(services: readonly DriftService[]): readonly DriftService[] {
  return services.toSorted((a, b) => Number(a.status === 'in-sync') - Number(b.status === 'in-sync'));
}

async function showLine(uri: Uri, line: number): Promise<void> {
  const start = new Position(line, 0);
  await window.showTextDocument(uri, { selection: new Range(start, start), preserveFocus: false });
}
