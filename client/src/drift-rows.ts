import { l10n, ThemeColor, ThemeIcon, type Uri } from 'vscode';
import type { DriftPort, DriftResult, DriftService, DriftStatus } from '../../server/src/protocol/requests.ts';
import { leadingToLine } from './line-rows.ts';
import { listed } from './listed.ts';
import type { TreeRow } from './show.ts';

type Namespace = DriftResult['namespaces'][number];
type Chain = DriftPort['chains'][number];
type Endpoint = DriftPort['endpoints'][number];

/** A row of the drift view. */
export type DriftNode =
  | { readonly kind: 'namespace'; readonly namespace: Namespace }
  | { readonly kind: 'service'; readonly service: DriftService }
  | { readonly kind: 'finding'; readonly finding: DriftService['findings'][number] }
  | { readonly kind: 'port'; readonly port: DriftPort }
  | { readonly kind: 'chain'; readonly chain: Chain }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint };

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

function isDrifted({ status }: DriftService): boolean {
  return status !== null && status !== 'in-sync';
}

/** How many Services of a dump are not as the cluster says. */
export function driftedServices({ namespaces }: DriftResult): number {
  return namespaces.reduce((sum, { services }) => sum + services.filter(isDrifted).length, 0);
}

function namespaceRow({ name, services }: Namespace): TreeRow {
  const drifted = services.filter(isDrifted).length;
  const isOpen = drifted > 0;
  const description = isOpen
    ? l10n.t('{0} of {1} not in sync', drifted, services.length)
    : services.some(({ status }) => status !== null)
      ? l10n.t('{0} in sync', services.length)
      : String(services.length);
  return { label: name, description, icon: new ThemeIcon('symbol-namespace'), children: isOpen ? 'open' : 'closed' };
}

function serviceRow({ name, namespace, status, findings }: DriftService): TreeRow {
  const description = statusText(status);
  const spoken = listed(`${namespace}/${name}`, description);
  const tooltip = [spoken, ...findings.map(({ message }) => message)];
  return { label: name, description, tooltip, icon: statusIcon(status, 'symbol-interface'), children: 'closed', spoken };
}

function endpointRow({ address, pod, node, chain, status }: Endpoint): TreeRow {
  const text = status === 'in-sync' ? '' : statusText(status);
  return {
    label: address,
    description: listed(text, pod, node),
    tooltip: [listed(address, text), pod, node, chain],
    icon: statusIcon(status, 'vm'),
    children: 'none',
  };
}

function rowOf(node: DriftNode): TreeRow {
  switch (node.kind) {
    case 'namespace':
      return namespaceRow(node.namespace);
    case 'service':
      return serviceRow(node.service);
    case 'finding': {
      const { message, cause, status } = node.finding;
      return { label: message, tooltip: [message, cause], icon: icons[status], children: 'none' };
    }
    case 'port':
      return { label: node.port.title, icon: new ThemeIcon('plug'), children: 'open' };
    case 'chain': {
      const { name, explanation } = node.chain;
      return { label: name, tooltip: [explanation], icon: new ThemeIcon('list-tree'), children: 'none' };
    }
    case 'endpoint':
      return endpointRow(node.endpoint);
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
export function driftRow(node: DriftNode, uri: Uri): TreeRow {
  return leadingToLine(rowOf(node), uri, lineOf(node));
}
