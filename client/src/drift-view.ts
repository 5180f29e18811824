import {
  CancellationTokenSource,
  commands,
  type Disposable,
  EventEmitter,
  l10n,
  Position,
  Range,
  type TreeDataProvider,
  Uri,
  window,
} from 'vscode';
import {
  type DriftPort,
  type DriftPortsParams,
  type DriftResult,
  type DriftService,
  driftPortsRequest,
  driftRequest,
  type RulesetChangedParams,
  rulesetChangedNotification,
} from '../../server/src/protocol.ts';
import { type DriftNode, driftedServices, driftItem, showLineCommand } from './drift-items.ts';
import type { ServerAccess } from './server-access.ts';

const viewId = 'iptables.drift';
/** The view is there once a dump was looked at. */
const contextKey = 'iptables.hasDump';
/** Changes of a dump or a cluster come in bursts; this long after the last one it is compared again, in milliseconds. */
const calm = 400;

/**
 * The tree of Services by namespace, with how each is on the node. It is of the dump that was looked at last, and compares only while it
 * is on the screen.
 */
export function createDriftView(server: ServerAccess): Disposable {
  const changed = new EventEmitter<DriftNode | undefined>();
  let uri: Uri | undefined;
  let result: DriftResult | undefined;
  let isOutdated = true;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: CancellationTokenSource | undefined;

  const provider: TreeDataProvider<DriftNode> = {
    onDidChangeTreeData: changed.event,
    getTreeItem: (node) => driftItem(node, uri ?? Uri.parse('untitled:')),
    getChildren: async (node): Promise<DriftNode[]> => {
      switch (node?.kind) {
        case undefined:
          return (result?.namespaces ?? []).map((namespace) => ({ kind: 'namespace', namespace }));
        case 'namespace':
          return inOrder(node.namespace.services).map((service) => ({ kind: 'service', service }));
        case 'service': {
          const { namespace, name, findings } = node.service;
          const ports = await portsOf(namespace, name);
          return [
            ...findings.map((finding): DriftNode => ({ kind: 'finding', finding })),
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
    },
  };
  const view = window.createTreeView(viewId, { treeDataProvider: provider, showCollapseAll: true });

  async function portsOf(namespace: string, name: string): Promise<readonly DriftPort[]> {
    if (uri === undefined) return [];
    const params: DriftPortsParams = { textDocument: { uri: uri.toString() }, namespace, name };
    return server.ask<readonly DriftPort[]>(driftPortsRequest, params);
  }

  async function compare(): Promise<void> {
    running?.cancel();
    const asked = uri;
    if (asked === undefined || !view.visible) return;
    isOutdated = false;
    const mine = new CancellationTokenSource();
    running = mine;
    try {
      const answer = await server.ask<DriftResult>(driftRequest, { textDocument: { uri: asked.toString() } }, mine.token);
      if (running !== mine) return;
      result = answer;
      describe(asked, answer);
    } catch (error) {
      if (running !== mine) return;
      result = undefined;
      view.message = error instanceof Error ? error.message : String(error);
    } finally {
      if (running === mine) running = undefined;
      mine.dispose();
    }
    changed.fire(undefined);
  }

  function describe(dump: Uri, answer: DriftResult): void {
    const { namespaces, cluster, node, notes } = answer;
    const drifted = driftedServices(answer);
    const file = dump.path.slice(dump.path.lastIndexOf('/') + 1);
    view.badge =
      drifted === 0 ? undefined : { value: drifted, tooltip: l10n.t('{0} Services are not in sync with the node', drifted) };
    const what =
      cluster === ''
        ? l10n.t('{0}, not compared: no cluster is known.', file)
        : node === ''
          ? l10n.t('{0}, compared with {1}.', file, cluster)
          : l10n.t('{0} of node {1}, compared with {2}.', file, node, cluster);
    // An empty tree without a message shows the view's welcome, which leads to a cluster.
    view.message = namespaces.length === 0 && cluster === '' ? '' : [what, ...notes].join(' ');
  }

  function outdate(): void {
    isOutdated = true;
    clearTimeout(timer);
    timer = setTimeout(() => void compare(), calm);
  }

  function look(dump: Uri | undefined): void {
    if (dump === undefined || dump.toString() === uri?.toString()) return;
    uri = dump;
    void commands.executeCommand('setContext', contextKey, true);
    outdate();
  }

  const activeDump = (): Uri | undefined => {
    const document = window.activeTextEditor?.document;
    return document?.languageId === 'iptables' ? document.uri : undefined;
  };
  const disposables: Disposable[] = [
    view,
    changed,
    window.onDidChangeActiveTextEditor(() => look(activeDump())),
    view.onDidChangeVisibility(({ visible }) => {
      if (visible && isOutdated) void compare();
    }),
    server.onNotification<RulesetChangedParams>(rulesetChangedNotification, (params) => {
      look(activeDump());
      if (params.uri === uri?.toString()) outdate();
    }),
    commands.registerCommand(showLineCommand, (target: unknown, line: unknown) => {
      if (target instanceof Uri && typeof line === 'number') return showLine(target, line);
      return undefined;
    }),
  ];
  look(activeDump());

  return {
    dispose: () => {
      clearTimeout(timer);
      running?.cancel();
      for (const disposable of disposables) disposable.dispose();
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
