/** All Services of a dump with their states, entries and endpoints, to be drawn as a map. */
import type { Steps } from '../../base/steps.ts';
import { dumpNotes } from '../flow/dump-notes.ts';
import { type Frontend, frontendLabel } from '../flow/frontends.ts';
import type { FlowGraph, FlowState, MapEndpoint, MapEntry, MapService, ServiceMap } from '../flow/graph.ts';
import { podRef } from '../flow/nodes.ts';
import { otherProxyNoteSteps } from '../flow/resolve-target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import {
  endsOfEntry,
  type ListedService,
  lineOfService,
  type ServiceList,
  stateOfEntry,
  stateOfService,
} from './service-list.ts';
import type { ServiceState } from './state.ts';

/** Lines of a graph count from 1. */
function lineFrom(line: number | null): number | null {
  return line === null ? null : line + 1;
}

function flowState({ kind, words, line, remarks }: ServiceState): FlowState {
  return { kind, words, line: lineFrom(line), remarks };
}

function* mapEntry(resolution: Resolution, frontend: Frontend): Steps<MapEntry> {
  const state = flowState(yield* stateOfEntry(resolution, frontend));
  const line = lineFrom(frontend.lines[0] ?? frontend.target?.rules[0] ?? null);
  return { kind: frontend.kind, label: frontendLabel(frontend), state, line };
}

/** Where packets to any of the entries come to; those of its health check are no connections to the Service. */
function* mapEndpoints(resolution: Resolution, entries: readonly Frontend[]): Steps<readonly MapEndpoint[]> {
  const endpoints = new Map<string, MapEndpoint>();
  for (const entry of entries) {
    if (entry.kind === 'health-check') continue;
    const ends = yield* endsOfEntry(resolution, entry);
    for (const [address, { chain, line }] of ends.endpoints) {
      if (endpoints.has(address)) continue;
      const pod = podRef(resolution.chain(chain).endpoint?.pod ?? null);
      endpoints.set(address, { address, pod, line: lineFrom(line) });
    }
  }
  return [...endpoints.values()];
}

function* mapService(resolution: Resolution, list: ServiceList, service: ListedService): Steps<MapService> {
  const state = flowState(yield* stateOfService(resolution, list, service));
  const entries: MapEntry[] = [];
  for (const entry of service.entries) entries.push(yield* mapEntry(resolution, entry));
  const { to, namespace, name } = service;
  return {
    to,
    namespace,
    name,
    state,
    entries,
    endpoints: yield* mapEndpoints(resolution, service.entries),
    line: lineFrom(lineOfService(service)),
  };
}

/** "node-a" of a dump whose node is known; empty otherwise. */
function nodeOf(resolution: Resolution): string {
  const names = new Set(resolution.ruleset.dumps.map((dump) => dumpNode(resolution, dump).name));
  return names.size === 1 ? ([...names][0] ?? '') : '';
}

const notYet: FlowState = { kind: 'pending', words: '', line: null, remarks: [] };

/** A Service with its entries, before any packet was followed. */
function pendingService({ to, namespace, name, ...service }: ListedService): MapService {
  const entries = service.entries.map((entry): MapEntry => {
    const line = lineFrom(entry.lines[0] ?? entry.target?.rules[0] ?? null);
    return { kind: entry.kind, label: frontendLabel(entry), state: notYet, line };
  });
  const line = lineFrom(lineOfService({ to, namespace, name, ...service }));
  return { to, namespace, name, state: notYet, entries, endpoints: [], line };
}

/** The map of a dump's Services as they are listed: their states and endpoints come with `serviceMapSteps`, which takes longer. */
export function pendingMap(resolution: Resolution, list: ServiceList): FlowGraph {
  return mapGraph(resolution, list, { services: list.services.map(pendingService) });
}

/** The map of a dump's Services as a graph without nodes and edges. Pauses after each packet that is followed. */
export function* serviceMapSteps(resolution: Resolution, list: ServiceList): Steps<FlowGraph> {
  const services: MapService[] = [];
  for (const service of list.services) services.push(yield* mapService(resolution, list, service));
  yield* otherProxyNoteSteps(resolution);
  return mapGraph(resolution, list, { services });
}

function mapGraph(resolution: Resolution, list: ServiceList, map: ServiceMap): FlowGraph {
  const node = nodeOf(resolution);
  return {
    title: node === '' ? 'All Services' : `All Services of ${node}`,
    entries: [],
    nodes: [],
    edges: [],
    notes: dumpNotes(resolution, resolution.ruleset.dumps),
    map,
    source: list.cluster === '' ? resolution.cluster.source.label : list.cluster,
  };
}
