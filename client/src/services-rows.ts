import { l10n, ThemeColor, ThemeIcon, type Uri } from 'vscode';
import { percentText } from '../../server/src/base/percent.ts';
import type { ListedServiceInfo, ServiceEntryInfo, ServiceStateInfo } from '../../server/src/protocol/requests.ts';
import { leadingToLine } from './line-rows.ts';
import { listed } from './listed.ts';
import type { TreeRow } from './show.ts';

type Kind = ServiceStateInfo['kind'];
type Endpoint = ServiceEntryInfo['endpoints'][number];

export interface NamespaceNode {
  readonly kind: 'namespace';
  readonly name: string;
  readonly services: readonly ServiceNode[];
  /** Shown open from the start, as where there are few Services in all. */
  readonly isOpen: boolean;
}
export interface ServiceNode {
  readonly kind: 'service';
  readonly namespace: string;
  readonly service: ListedServiceInfo;
}
/** A row of the Services view. */
export type ServicesNode =
  | NamespaceNode
  | ServiceNode
  | { readonly kind: 'entry'; readonly service: ListedServiceInfo; readonly entry: ServiceEntryInfo }
  | { readonly kind: 'endpoint'; readonly endpoint: Endpoint }
  | { readonly kind: 'remark'; readonly text: string; readonly line: number | null };

/** States by what asks for a Service; a Service that was not looked at yet has none. */
export type ServiceStates = ReadonlyMap<string, ServiceStateInfo>;

const warning = new ThemeColor('problemsWarningIcon.foreground');
const error = new ThemeColor('problemsErrorIcon.foreground');
const icons: Readonly<Record<Kind, ThemeIcon>> = {
  serves: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  leads: new ThemeIcon('circle-outline'),
  limited: new ThemeIcon('filter', warning),
  differs: new ThemeIcon('diff', warning),
  'no-endpoints': new ThemeIcon('circle-slash', warning),
  refuses: new ThemeIcon('error', error),
  unreached: new ThemeIcon('debug-disconnect', error),
  unknown: new ThemeIcon('question'),
};
const waiting = new ThemeIcon('loading~spin');

/** The kinds in words; a function, as they are translated when they are shown. */
export function stateText(kind: Kind): string {
  switch (kind) {
    case 'serves':
      return l10n.t('serves');
    case 'leads':
      return l10n.t('leads to endpoints');
    case 'limited':
      return l10n.t('serves in part');
    case 'differs':
      return l10n.t('differs');
    case 'no-endpoints':
      return l10n.t('no endpoints');
    case 'refuses':
      return l10n.t('refused');
    case 'unreached':
      return l10n.t('not reached');
    case 'unknown':
      return l10n.t('unknown');
  }
}

/** A state in words: "serves, 3 endpoints", "only from 203.0.113.0/24". */
export function stateWords({ kind, words }: ServiceStateInfo): string {
  return kind === 'serves' || kind === 'unreached' || kind === 'unknown' ? listed(stateText(kind), words) : words;
}

/** The icon that stands for a state; one that turns for a state that is not known yet. */
export function stateIcon(state: ServiceStateInfo | undefined): ThemeIcon {
  return state === undefined ? waiting : icons[state.kind];
}

function isWell({ kind }: ServiceStateInfo): boolean {
  return kind === 'serves' || kind === 'leads';
}

const worstFirst: readonly Kind[] = ['refuses', 'unreached', 'no-endpoints', 'differs', 'limited', 'unknown'];

/** How many Services of a namespace are in which state, those that serve aside: "12, 1 refuses, 2 no endpoints". */
function namespaceRow({ name, services, isOpen }: NamespaceNode, states: ServiceStates): TreeRow {
  const counts = new Map<Kind, number>();
  for (const { service } of services) {
    const state = states.get(service.to);
    if (state !== undefined && !isWell(state)) counts.set(state.kind, (counts.get(state.kind) ?? 0) + 1);
  }
  const parts = worstFirst.flatMap((kind) => {
    const count = counts.get(kind);
    return count === undefined ? [] : [`${count} ${stateText(kind)}`];
  });
  return {
    label: name === '' ? l10n.t('without a known name') : name,
    description: listed(String(services.length), ...parts),
    icon: new ThemeIcon('symbol-namespace'),
    children: isOpen ? 'open' : 'closed',
    spoken: listed(name, l10n.t('{0} Services', services.length), ...parts),
  };
}

function serviceRow({ namespace, service }: ServiceNode, states: ServiceStates): TreeRow {
  const state = states.get(service.to);
  const { name, addresses } = service;
  const words = state === undefined ? '' : stateWords(state);
  const full = namespace === '' ? name : `${namespace}/${name}`;
  return {
    label: name,
    description: words,
    tooltip: [listed(full, words), ...addresses.slice(0, 8), ...(state?.remarks.slice(0, 8) ?? [])],
    icon: stateIcon(state),
    children: 'closed',
    spoken: listed(full, words),
    context: 'service',
  };
}

function packetsText(packets: number | null): string {
  return packets === null ? '' : packets === 1 ? l10n.t('1 packet') : l10n.t('{0} packets', packets);
}

function entryRow({ label, use, state, packets, endpoints }: ServiceEntryInfo): TreeRow {
  const shownUse = label.startsWith(use) ? '' : use;
  const words = stateWords(state);
  return {
    label,
    description: listed(shownUse, words, packetsText(packets)),
    tooltip: [listed(label, shownUse), words, packetsText(packets), ...state.remarks.slice(0, 8)],
    icon: stateIcon(state),
    children: endpoints.length === 0 && state.line === null ? 'none' : 'closed',
    spoken: listed(label, shownUse, words, packetsText(packets)),
    context: 'entry',
  };
}

function endpointRow({ address, pod, node, share, packets }: Endpoint): TreeRow {
  const name = pod === '' ? address : pod.slice(pod.indexOf('/') + 1);
  const description = listed(percentText(share), pod === '' ? '' : address, node, packetsText(packets));
  return {
    label: name,
    description,
    tooltip: [listed(pod, address), node, packetsText(packets)],
    icon: new ThemeIcon('vm'),
    children: 'none',
    spoken: listed(name, description),
  };
}

function rowOf(node: ServicesNode, states: ServiceStates): TreeRow {
  switch (node.kind) {
    case 'namespace':
      return namespaceRow(node, states);
    case 'service':
      return serviceRow(node, states);
    case 'entry':
      return entryRow(node.entry);
    case 'endpoint':
      return endpointRow(node.endpoint);
    case 'remark':
      return { label: node.text, tooltip: [node.text], icon: new ThemeIcon('info'), children: 'none' };
  }
}

function lineOf(node: ServicesNode): number | null {
  switch (node.kind) {
    case 'namespace':
      return null;
    case 'service':
      return node.service.line;
    case 'entry':
      return node.entry.line;
    case 'endpoint':
      return node.endpoint.line;
    case 'remark':
      return node.line;
  }
}

/** The row of a node; a click on it goes to its rules where it has some. */
export function servicesRow(node: ServicesNode, states: ServiceStates, uri: Uri): TreeRow {
  return leadingToLine(rowOf(node, states), uri, lineOf(node));
}

/** Whether a Service has every word of a filter in its name, namespace, addresses or state. */
export function fitsFilter({ namespace, service }: ServiceNode, words: readonly string[], states: ServiceStates): boolean {
  if (words.length === 0) return true;
  const state = states.get(service.to);
  const text = [`${namespace}/${service.name}`, ...service.addresses, state === undefined ? '' : stateWords(state)]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}
