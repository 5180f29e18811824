import { commands, type Disposable, l10n, type Uri } from 'vscode';
import {
  type ServiceEntriesParams,
  type ServiceEntryInfo,
  type ServiceStateInfo,
  type ServiceStatesParams,
  type ServiceStatesResult,
  type ServicesResult,
  serviceEntriesRequest,
  serviceStatesRequest,
  servicesRequest,
} from '../../server/src/protocol/requests.ts';
import { followDump } from './dump-follower.ts';
import { DumpTree, type Filling } from './dump-tree.ts';
import { fileNameOf } from './file-name.ts';
import type { ServerAccess } from './server-access.ts';
import { fitsFilter, type NamespaceNode, type ServiceNode, type ServicesNode, servicesRow } from './services-rows.ts';
import { askWhileTyping } from './show.ts';

const viewId = 'iptables.services';
/** A filter is set. */
const filteredKey = 'iptables.servicesFiltered';
/** States that are asked for at a time at least: rows fill as the answers come. */
const fewestStates = 100;
/** And so many of those that are there already: after each answer all Services are gone through. */
const partOfKnown = 1 / 8;
/** Namespaces with so many Services in all are open from the start. */
const fewServices = 40;

function countOf(namespaces: readonly { readonly services: readonly unknown[] }[]): number {
  return namespaces.reduce((sum, { services }) => sum + services.length, 0);
}

/** What the view shows: the Services of the dump that was looked at last. */
class ServiceTree {
  readonly #server: ServerAccess;
  readonly tree: DumpTree<ServicesNode>;
  #namespaces: readonly NamespaceNode[] = [];
  #shown: readonly NamespaceNode[] = [];
  #states = new Map<string, ServiceStateInfo>();
  /** Namespaces that are open, the last one first: their states come first. */
  #opened: readonly NamespaceNode[] = [];
  #filter = '';
  #message = '';

  constructor(server: ServerAccess) {
    this.#server = server;
    this.tree = new DumpTree<ServicesNode>(viewId, {
      row: (node, dump) => servicesRow(node, this.#states, dump),
      children: (node, dump) => this.#children(node, dump),
      fill: (filling) => this.#list(filling),
      fail: (reason) => {
        this.#namespaces = [];
        this.#message = reason;
        this.#show();
      },
    });
  }

  /** Shows the Services that have every word of a text, in any case. */
  setFilter(text: string): void {
    if (text === this.#filter) return;
    this.#filter = text;
    void commands.executeCommand('setContext', filteredKey, text.trim() !== '');
    this.#show();
  }

  async askForFilter(): Promise<void> {
    const title = l10n.t('Filter Services');
    const placeHolder = l10n.t('Name, namespace, address, port, NodePort or state');
    await askWhileTyping({ title, placeHolder, value: this.#filter }, (text) => this.setFilter(text));
  }

  /** Lists the Services and then has their states. */
  async #list(filling: Filling): Promise<void> {
    const params = { textDocument: { uri: filling.dump.toString() } };
    const answer = await this.#server.ask<ServicesResult>(servicesRequest, params, filling.token);
    if (filling.isOver()) return;
    filling.take();
    this.#take(filling.dump, answer);
    while (await this.#askForStates(filling));
  }

  #take(dump: Uri, { namespaces, cluster, reason }: ServicesResult): void {
    const file = fileNameOf(dump);
    this.#message =
      reason !== ''
        ? reason
        : cluster === ''
          ? l10n.t('{0}, as its rules say.', file)
          : l10n.t('{0}, compared with {1}.', file, cluster);
    this.#states = new Map();
    this.#opened = [];
    const isOpen = countOf(namespaces) <= fewServices;
    this.#namespaces = namespaces.map(({ name, services }) => ({
      kind: 'namespace',
      name,
      isOpen,
      services: services.map((service): ServiceNode => ({ kind: 'service', namespace: name, service })),
    }));
    this.#show();
  }

  /** Asks for the next states, those of open namespaces first; false when all are there or nobody wants them any longer. */
  async #askForStates({ dump, token, isOver }: Filling): Promise<boolean> {
    const batch = this.#nextToAsk();
    if (batch.length === 0) return false;
    const params: ServiceStatesParams = { textDocument: { uri: dump.toString() }, targets: batch };
    const { states } = await this.#server.ask<ServiceStatesResult>(serviceStatesRequest, params, token);
    if (isOver()) return false;
    for (const [at, to] of batch.entries()) {
      const unknown: ServiceStateInfo = { kind: 'unknown', words: '', line: null, remarks: [] };
      this.#states.set(to, states[at] ?? unknown);
    }
    const asked = new Set(batch);
    for (const namespace of this.#shown) {
      if (namespace.services.some(({ service }) => asked.has(service.to))) this.tree.refresh(namespace);
    }
    return true;
  }

  #nextToAsk(): readonly string[] {
    const most = Math.max(fewestStates, Math.floor(this.#states.size * partOfKnown));
    const batch = new Set<string>();
    for (const { services } of [...this.#opened, ...this.#namespaces]) {
      for (const { service } of services) {
        if (!this.#states.has(service.to)) batch.add(service.to);
        if (batch.size >= most) return [...batch];
      }
    }
    return [...batch];
  }

  #show(): void {
    const words = this.#filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.#shown =
      words.length === 0
        ? this.#namespaces
        : this.#namespaces.flatMap((namespace) => {
            const services = namespace.services.filter((service) => fitsFilter(service, words, this.#states));
            return services.length === 0 ? [] : [{ ...namespace, services }];
          });
    const count = countOf(this.#shown);
    if (words.length > 0 && count <= fewServices) this.#shown = this.#shown.map((namespace) => ({ ...namespace, isOpen: true }));
    const filtered = words.length === 0 ? '' : l10n.t('{0} with "{1}".', count, this.#filter.trim());
    this.tree.setMessage([this.#message, filtered].filter((text) => text !== '').join(' '));
    this.tree.refresh();
  }

  async #children(node: ServicesNode | undefined, dump: Uri): Promise<readonly ServicesNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#shown;
      case 'namespace':
        this.#opened = [node, ...this.#opened.filter((other) => other !== node)];
        return node.services;
      case 'service': {
        const entries = await this.#entriesOf(dump, node.service.to);
        return entries.map((entry) => ({ kind: 'entry', service: node.service, entry }));
      }
      case 'entry': {
        const { state, endpoints } = node.entry;
        const deciding: ServicesNode[] = state.line === null ? [] : [{ kind: 'remark', text: state.words, line: state.line }];
        return [...deciding, ...endpoints.map((endpoint): ServicesNode => ({ kind: 'endpoint', endpoint }))];
      }
      default:
        return [];
    }
  }

  async #entriesOf(dump: Uri, to: string): Promise<readonly ServiceEntryInfo[]> {
    const params: ServiceEntriesParams = { textDocument: { uri: dump.toString() }, to };
    return this.#server.ask<readonly ServiceEntryInfo[]>(serviceEntriesRequest, params);
  }
}

function isServiceNode(value: unknown): value is { readonly service: { readonly to: string } } {
  return typeof value === 'object' && value !== null && 'service' in value;
}

/** The tree of a dump's Services by namespace, with the state of each. It looks only while it is on the screen. */
export function createServicesView(server: ServerAccess): Disposable {
  const services = new ServiceTree(server);
  const { tree } = services;
  const onService =
    (command: string) =>
    (node: unknown): Thenable<unknown> | undefined => {
      const dump = tree.shown();
      return dump === undefined || !isServiceNode(node) ? undefined : commands.executeCommand(command, dump, node.service.to);
    };
  const disposables: readonly Disposable[] = [
    followDump(server, tree),
    commands.registerCommand('iptables.filterServices', () => services.askForFilter()),
    commands.registerCommand('iptables.clearServicesFilter', () => services.setFilter('')),
    commands.registerCommand('iptables.showServiceFlow', onService('iptables.showFlow')),
    commands.registerCommand('iptables.traceService', onService('iptables.tracePacket')),
    commands.registerCommand('iptables.showServiceReach', onService('iptables.showReach')),
    commands.registerCommand('iptables.showServicesMap', () => commands.executeCommand('iptables.showMap', tree.shown())),
    tree,
  ];
  return {
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}
