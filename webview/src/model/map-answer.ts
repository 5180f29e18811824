/** What a map answers first: how many of its Services serve, and which ones do not. */
import { count, counted } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { ListedService, MapIndex } from './map-graph.ts';
import { countStates, isFault, type StateTone, stateCount, stateTones } from './service-state.ts';

/** Some words, and the node of the graph that they are about; null: all of it. */
export interface MapWords {
  readonly text: string;
  readonly node: string | null;
  readonly tone: StateTone | 'plain';
}

export interface MapAnswer {
  readonly state: MapWords;
  readonly facts: readonly MapWords[];
  readonly faults: readonly MapWords[];
}

const mostFaults = 5;

function about(listed: ListedService): MapWords {
  const { namespace, name, state } = listed.service;
  const title = namespace === '' ? name : `${namespace}/${name}`;
  return { text: drawingText(`${title}: ${listed.node.detail}`), node: listed.node.id, tone: stateTones[state.kind] };
}

function stateOf(services: readonly ListedService[], faults: number, worst: StateTone): MapWords {
  const all = counted(services.length, 'Service');
  if (faults > 0) return { text: `${count(faults)} of ${all} to look at`, node: null, tone: worst };
  const isSure = services.every(({ service }) => service.state.kind === 'serves');
  if (isSure) return { text: services.length === 1 ? 'The Service serves' : `All ${all} serve`, node: null, tone: 'good' };
  return { text: `${all}, none seen to fail`, node: null, tone: 'unsure' };
}

/** The answer of a map. */
export function mapAnswer({ namespaces, isPending }: MapIndex): MapAnswer {
  const services = namespaces.flatMap((namespace) => namespace.services);
  if (isPending) {
    const text = `${counted(services.length, 'Service')}, being looked at…`;
    return { state: { text, node: null, tone: 'plain' }, facts: [], faults: [] };
  }
  const bad = services.filter(({ service }) => isFault(service.state));
  const worst = [...bad].toSorted((a, b) => rank(a) - rank(b));
  const nodes = new Set(services.flatMap(({ hosts }) => hosts.flatMap(({ pods }) => pods.flatMap(({ pod }) => pod?.node ?? []))));
  const endpoints = services.reduce((sum, listed) => sum + listed.endpoints, 0);
  const on = nodes.size === 0 ? '' : ` on ${counted(nodes.size, 'node')}`;
  const states = [...countStates(services.map(({ service }) => service.state))];
  const facts = [
    ...states.map(([kind, number]): MapWords => ({ text: stateCount(kind, number), node: null, tone: stateTones[kind] })),
    { text: `${counted(endpoints, 'endpoint')}${on}`, node: null, tone: 'plain' as const },
  ];
  const tone = bad.some((listed) => rank(listed) === 0) ? 'bad' : 'warning';
  const more = bad.length - mostFaults;
  const rest: readonly MapWords[] = more > 0 ? [{ text: `and ${count(more)} more`, node: null, tone }] : [];
  return { state: stateOf(services, bad.length, tone), facts, faults: [...worst.slice(0, mostFaults).map(about), ...rest] };
}

function rank({ service }: ListedService): number {
  return stateTones[service.state.kind] === 'bad' ? 0 : 1;
}
