/** The state of a Service in words and in a tone, on maps and in answers. */
import { count } from '../../../server/src/base/counted.ts';
import type { FlowState, FlowStateKind } from '../../../server/src/kube/flow/graph.ts';

/** Good, to be looked at, wrong, or not known. */
export type StateTone = 'good' | 'warning' | 'bad' | 'unsure';

/** How good a state is. */
export const stateTones: Readonly<Record<FlowStateKind, StateTone>> = {
  serves: 'good',
  leads: 'unsure',
  limited: 'warning',
  differs: 'warning',
  'no-endpoints': 'bad',
  refuses: 'bad',
  unreached: 'bad',
  unknown: 'unsure',
  pending: 'unsure',
};

/** What is looked at first. */
export const worstFirst: readonly FlowStateKind[] = [
  'refuses',
  'no-endpoints',
  'unreached',
  'differs',
  'limited',
  'unknown',
  'pending',
  'leads',
  'serves',
];

const ranks: ReadonlyMap<FlowStateKind, number> = new Map(worstFirst.map((kind, at) => [kind, at]));

/** The place of a state in `worstFirst`, 0 for the worst. */
export function stateRank(kind: FlowStateKind): number {
  return ranks.get(kind) ?? worstFirst.length;
}

/** Whether something is known to be wrong, or at least otherwise than for everybody. What is not shown is no fault. */
export function isFault({ kind }: FlowState): boolean {
  return stateTones[kind] === 'bad' || stateTones[kind] === 'warning';
}

const stateNames: Readonly<Partial<Record<FlowStateKind, string>>> = {
  serves: 'serves',
  unreached: 'not reached',
  unknown: 'not known',
  pending: 'not looked at yet',
};

/** "serves, 3 endpoints", "only from 203.0.113.0/24". */
export function stateText({ kind, words }: FlowState): string {
  const name = stateNames[kind] ?? '';
  return [name, words].filter((part) => part !== '').join(', ');
}

const counts: Readonly<Record<FlowStateKind, readonly [one: string, several: string]>> = {
  serves: ['serves', 'serve'],
  leads: ['serves as far as shown', 'serve as far as shown'],
  limited: ['serves in part', 'serve in part'],
  differs: ['differs', 'differ'],
  'no-endpoints': ['without endpoints', 'without endpoints'],
  refuses: ['refuses', 'refuse'],
  unreached: ['not reached', 'not reached'],
  unknown: ['not known', 'not known'],
  pending: ['not looked at yet', 'not looked at yet'],
};

/** How many Services are in a state: "1 refuses", "1,204 serve". */
export function stateCount(kind: FlowStateKind, services: number): string {
  return `${count(services)} ${counts[kind][services === 1 ? 0 : 1]}`;
}

/** How many of some states are of each kind, the worst first. */
export function countStates(states: readonly FlowState[]): ReadonlyMap<FlowStateKind, number> {
  const found = new Map<FlowStateKind, number>();
  for (const { kind } of states) found.set(kind, (found.get(kind) ?? 0) + 1);
  return new Map([...found].toSorted(([a], [b]) => stateRank(a) - stateRank(b)));
}
