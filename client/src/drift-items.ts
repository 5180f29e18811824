import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, type Uri } from 'vscode';
import type { DriftPort, DriftResult, DriftService, DriftStatus } from '../../server/src/protocol.ts';

type Namespace = DriftResult['namespaces'][number];
type Finding = DriftService['findings'][number];
type Chain = DriftPort['chains'][number];
type Endpoint = DriftPort['endpoints'][number];

/** A row of the drift view. */
export type DriftNode =
  | { readonly kind: 'namespace'; readonly namespace: Namespace }
  | { readonly kind: 'service'; readonly service: DriftService }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'port'; readonly port: DriftPort }
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint };

/** Opens a dump at a line of it: the command behind a row, with the dump's URI and the 0-based line. */
export const showLineCommand = 'iptables.showDriftLine';

const icons: Readonly<Record<DriftStatus, ThemeIcon>> = {
  'in-sync': new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  missing: new ThemeIcon('question', new ThemeColor('problemsWarningIcon.foreground')),
  differs: new ThemeIcon('diff', new ThemeColor('problemsWarningIcon.foreground')),
  stale: new ThemeIcon('error', new ThemeColor('problemsErrorIcon.foreground')),
};

function statusIcon(status: DriftStatus | null, otherwise: string): ThemeIcon {
  return status === null ? new ThemeIcon(otherwise) : icons[status];
}

/** The statuses in words; a function, as they are translated when they are shown. */
function statusText(status: DriftStatus | null): string {
  switch (status) {
    case null:
      return '';
    case 'in-sync':
      return l10n.t('in sync');
    case 'missing':
      return l10n.t('missing on the node');
    case 'differs':
      return l10n.t('differs');
    case 'stale':
      return l10n.t('stale');
  }
}

function listed(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(', ');
}

/** Text from a dump or cluster as a tooltip that interprets none of it. */
function plain(...texts: readonly string[]): MarkdownString {
  return new MarkdownString().appendText(texts.filter((text) => text !== '').join('\n'));
}

function isDrifted({ status }: DriftService): boolean {
  return status !== null && status !== 'in-sync';
}

/** How many Services of a dump are not as the cluster says. */
export function driftedServices({ namespaces }: DriftResult): number {
  return namespaces.reduce((sum, { services }) => sum + services.filter(isDrifted).length, 0);
}

function namespaceItem({ name, services }: Namespace): TreeItem {
  const drifted = services.filter(isDrifted).length;
  const isOpen = drifted > 0;
  const item = new TreeItem(name, isOpen ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed);
  item.iconPath = new ThemeIcon('symbol-namespace');
  item.description = isOpen
    ? l10n.t('{0} of {1} not in sync', drifted, services.length)
    : services.some(({ status }) => status !== null)
      ? l10n.t('{0} in sync', services.length)
      : String(services.length);
  return item;
}

function serviceItem({ name, namespace, status, findings }: DriftService): TreeItem {
  const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
  const text = statusText(status);
  item.iconPath = statusIcon(status, 'symbol-interface');
  item.description = text;
  item.tooltip = plain(listed(`${namespace}/${name}`, text), ...findings.map(({ message }) => message));
  item.accessibilityInformation = { label: listed(`${namespace}/${name}`, text) };
  return item;
}

function findingItem({ message, cause, status }: Finding): TreeItem {
  const item = new TreeItem(message);
  item.iconPath = icons[status];
  item.tooltip = plain(message, cause);
  return item;
}

function chainItem({ name, explanation }: Chain): TreeItem {
  const item = new TreeItem(name);
  item.iconPath = new ThemeIcon('list-tree');
  item.tooltip = plain(explanation);
  return item;
}

function endpointItem({ address, pod, node, chain, status }: Endpoint): TreeItem {
  const item = new TreeItem(address);
  const text = status === 'in-sync' ? '' : statusText(status);
  item.iconPath = statusIcon(status, 'vm');
  item.description = listed(text, pod, node);
  item.tooltip = plain(listed(address, text), pod, node, chain);
  return item;
}

function itemOf(node: DriftNode): TreeItem {
  switch (node.kind) {
    case 'namespace':
      return namespaceItem(node.namespace);
    case 'service':
      return serviceItem(node.service);
    case 'finding':
      return findingItem(node.finding);
    case 'port': {
      const item = new TreeItem(node.port.title, TreeItemCollapsibleState.Expanded);
      item.iconPath = new ThemeIcon('plug');
      return item;
    }
    case 'chain':
      return chainItem(node.chain);
    case 'endpoint':
      return endpointItem(node.endpoint);
  }
}

function lineOf(node: DriftNode): number | null {
  switch (node.kind) {
    case 'service':
      return node.service.line;
    case 'finding':
      return node.finding.line;
    case 'chain':
      return node.chain.line;
    case 'endpoint':
      return node.endpoint.line;
    default:
      return null;
  }
}

/** The row of a node; a click on it goes to its rule where it has one. */
export function driftItem(node: DriftNode, uri: Uri): TreeItem {
  const item = itemOf(node);
  const line = lineOf(node);
  if (line !== null) item.command = { command: showLineCommand, title: l10n.t('Go to the Rule'), arguments: [uri, line] };
  return item;
}
