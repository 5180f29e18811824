import { l10n, MarkdownString, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState, type Uri } from 'vscode';
import type { DriftChain, DriftResult, DriftServiceStatus } from '../../server/src/protocol.ts';

type Service = DriftResult['services'][number];
type Finding = Service['findings'][number];
type Endpoint = DriftChain['endpoints'][number];

/** A row of the drift view. */
export type DriftNode =
  | { readonly kind: 'namespace'; readonly namespace: string; readonly services: readonly Service[] }
  | { readonly kind: 'service'; readonly service: Service }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'chain'; readonly chain: DriftChain }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint };

/** Opens a dump at a line of it: the command behind a row, with the dump's URI and the 0-based line. */
export const showLineCommand = 'iptables.showDriftLine';

const icons: Readonly<Record<DriftServiceStatus, ThemeIcon>> = {
  'in-sync': new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  missing: new ThemeIcon('question', new ThemeColor('problemsWarningIcon.foreground')),
  differs: new ThemeIcon('diff', new ThemeColor('problemsWarningIcon.foreground')),
  stale: new ThemeIcon('error', new ThemeColor('problemsErrorIcon.foreground')),
};

/** The statuses in words; a function, as they are translated when they are shown. */
function statusText(status: DriftServiceStatus): string {
  switch (status) {
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

/** Text from a dump or cluster as a tooltip that interprets none of it. */
function plain(text: string): MarkdownString {
  return new MarkdownString().appendText(text);
}

function namespaceItem(namespace: string, services: readonly Service[]): TreeItem {
  const drifted = services.filter(({ status }) => status !== 'in-sync').length;
  const item = new TreeItem(namespace, drifted > 0 ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.Collapsed);
  item.iconPath = new ThemeIcon('symbol-namespace');
  item.description =
    drifted === 0 ? l10n.t('{0} in sync', services.length) : l10n.t('{0} of {1} not in sync', drifted, services.length);
  return item;
}

function serviceItem({ name, namespace, status, findings }: Service): TreeItem {
  const item = new TreeItem(name, TreeItemCollapsibleState.Collapsed);
  item.iconPath = icons[status];
  item.description = statusText(status);
  item.tooltip = plain([`${namespace}/${name}: ${statusText(status)}`, ...findings.map(({ message }) => message)].join('\n'));
  item.accessibilityInformation = { label: `${namespace}/${name}, ${statusText(status)}` };
  return item;
}

function clickTo(item: TreeItem, uri: Uri, line: number | null): TreeItem {
  if (line !== null) item.command = { command: showLineCommand, title: l10n.t('Go to the Rule'), arguments: [uri, line] };
  return item;
}

/** The row of a node; a click on it goes to its rule where it has one. */
export function driftItem(node: DriftNode, uri: Uri): TreeItem {
  switch (node.kind) {
    case 'namespace':
      return namespaceItem(node.namespace, node.services);
    case 'service':
      return serviceItem(node.service);
    case 'finding': {
      const { message, cause, status, line } = node.finding;
      const item = new TreeItem(message);
      item.iconPath = icons[status];
      item.tooltip = plain(cause === '' ? message : `${message}\n${cause}`);
      return clickTo(item, uri, line);
    }
    case 'chain': {
      const { chain, port, family, table, explanation, endpoints, line } = node.chain;
      const item = new TreeItem(chain, endpoints.length > 0 ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
      item.iconPath = new ThemeIcon('list-tree');
      item.description = [port, table, family === 'ipv6' ? 'IPv6' : ''].filter((text) => text !== '').join(', ');
      item.tooltip = plain(explanation);
      return clickTo(item, uri, line);
    }
    case 'endpoint': {
      const { title, address, chain, line } = node.endpoint;
      const item = new TreeItem(title);
      item.iconPath = new ThemeIcon('vm');
      item.description = title === address ? chain : address;
      item.tooltip = plain(chain);
      return clickTo(item, uri, line);
    }
  }
}
