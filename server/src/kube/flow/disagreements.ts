/** Where the flow of the dump and the cluster disagree: what drift finds of the Services concerned, and nothing else. */
import type { Steps } from '../../base/steps.ts';
import type { Chain, Dump } from '../../ruleset/ruleset.ts';
import { chainState, entryState, type PortView, type ServiceView, serviceView } from '../drift/port-view.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import type { Frontend } from './frontends.ts';
import type { FlowDrift } from './graph.ts';

/** The comparison of the Services that a flow is about. */
export interface Disagreements {
  readonly resolution: Resolution;
  /** By dump and "namespace/name"; null where the dump cannot be compared. */
  readonly views: ReadonlyMap<string, ServiceView | null>;
}

function viewKey(dump: Dump, namespace: string, name: string): string {
  return `${dump.index} ${namespace}/${name}`;
}

/** Compares the Services of these frontends with the cluster. */
export function* compareFrontends(resolution: Resolution, frontends: readonly Frontend[]): Steps<Disagreements> {
  const views = new Map<string, ServiceView | null>();
  for (const { dump, service } of frontends) {
    if (service === null) continue;
    const { namespace, name } = service;
    const key = viewKey(dump, namespace, name);
    if (!views.has(key)) views.set(key, yield* serviceView(resolution, dump, namespace, name));
  }
  return { resolution, views };
}

function portView(
  { views }: Disagreements,
  dump: Dump,
  service: { readonly namespace: string; readonly name: string; readonly port: string },
  protocol: string,
): PortView | null {
  return views.get(viewKey(dump, service.namespace, service.name))?.port(service.port, protocol) ?? null;
}

/** What the cluster says of a frontend's port; null where the dump cannot be compared. */
export function viewOfFrontend(disagreements: Disagreements, frontend: Frontend): PortView | null {
  const { service, dump, kind, protocol } = frontend;
  if (service === null || kind === 'host-port') return null;
  // Health is asked by TCP, whatever the port's protocol is.
  return portView(disagreements, dump, service, kind === 'health-check' ? '' : protocol);
}

/** An entry that only the cluster has is missing; one that the cluster does not have (any longer) is stale. */
export function entryDrift(disagreements: Disagreements, frontend: Frontend): FlowDrift | null {
  const { kind, ip, port, protocol, lines } = frontend;
  if (kind === 'chain' || kind === 'host-port') return null;
  if (lines.length === 0) return 'missing';
  const view = viewOfFrontend(disagreements, frontend);
  return view === null ? null : entryState(view, { kind, ip, port, protocol }, lines);
}

/** What the cluster says against a chain of a Service's; null for nothing. */
export function chainDrift(disagreements: Disagreements, chain: Chain): FlowDrift | null {
  const { service } = disagreements.resolution.chain(chain);
  if (service === null || chain.table.name !== 'nat') return null;
  const view = portView(disagreements, chain.table.dump, service, service.protocol);
  return view === null ? null : chainState(disagreements.resolution.ruleset, view, chain.name);
}

/** What it says against the endpoint itself that a chain sends to. */
export function endpointDrift(disagreements: Disagreements, chain: Chain): FlowDrift | null {
  const { service } = disagreements.resolution.chain(chain);
  if (service === null) return null;
  const view = portView(disagreements, chain.table.dump, service, service.protocol);
  if (view === null) return null;
  return view.isGone ? 'stale' : (view.unwantedEndpoints.get(chain.name) ?? null);
}
