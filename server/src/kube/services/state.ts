/** The state of a Service at a glance: one pure function of what the packets to its entries meet and of what drift finds. */
import { counted } from '../../base/counted.ts';
import { percentText } from '../../base/percent.ts';
import type { ServiceDrift } from '../drift/drift.ts';
import type { FlowEntryKind, FlowStateKind } from '../flow/graph.ts';
import type { EndKind, EntryEnd, EntryEnds, PlaceEnds } from './entry-ends.ts';

export type ServiceStateKind = Exclude<FlowStateKind, 'pending'>;

export interface ServiceState {
  readonly kind: ServiceStateKind;
  /** A few words: "3 endpoints", "only from 203.0.113.0/24", "rejected in FORWARD". */
  readonly words: string;
  /** The rule that decides against it, 0-based; null where there is none. */
  readonly line: number | null;
  /** What is not sure, and what differs, in sentences. */
  readonly remarks: readonly string[];
}

/** An entry with what its packets meet. */
export interface JudgedEntry {
  readonly kind: FlowEntryKind;
  /** "10.96.20.10:80/tcp", "NodePort 30080/tcp". */
  readonly label: string;
  readonly ends: EntryEnds;
}

const nearlyAll = 1 - 1e-9;
const nothingSure = { words: 'no packet could be followed', line: null };

function countOf({ size }: { readonly size: number }): string {
  return counted(size, 'endpoint');
}

function served({ ends }: PlaceEnds): number {
  return ends.reduce((sum, { kind, share }) => sum + (kind === 'endpoint' ? share : 0), 0);
}

/** The places that a Service is for: a clusterIP need not be reached from outside of the cluster. */
function placesThatCount(kind: FlowEntryKind, { places }: EntryEnds): readonly PlaceEnds[] {
  return kind === 'cluster-ip' || kind === 'chain'
    ? places.filter((place) => place.kind !== 'outside' || (place.words !== 'outside' && place.words !== 'elsewhere'))
    : places;
}

const kindOfEnd: Readonly<Record<Exclude<EndKind, 'endpoint'>, ServiceStateKind>> = {
  refused: 'refuses',
  'no-endpoints': 'no-endpoints',
  'no-local-endpoints': 'no-endpoints',
  elsewhere: 'unreached',
  passed: 'unreached',
  'not-shown': 'unknown',
};
/** What weighs most of several things that go wrong. */
const worstFirst: readonly ServiceStateKind[] = ['refuses', 'no-endpoints', 'unreached', 'unknown'];

function worstEnd(ends: readonly EntryEnd[]): (EntryEnd & { readonly state: ServiceStateKind }) | undefined {
  const failed = ends.flatMap((end) => (end.kind === 'endpoint' ? [] : [{ ...end, state: kindOfEnd[end.kind] }]));
  return worstFirst.map((kind) => failed.find(({ state }) => state === kind)).find((end) => end !== undefined);
}

/** kube-proxy itself answers its health check: what is let through comes there. */
function healthCheckState({ places, caveats }: EntryEnds): ServiceState {
  const worst = worstEnd(places.flatMap(({ ends }) => ends.filter(({ kind }) => kind !== 'passed')));
  if (worst !== undefined) return { kind: worst.state, words: worst.words, line: worst.line, remarks: caveats };
  return { kind: caveats.length === 0 ? 'serves' : 'leads', words: 'let through', line: null, remarks: caveats };
}

/** What becomes of packets to one entry. */
export function entryState({ kind, ends }: JudgedEntry): ServiceState {
  const remarks = ends.caveats;
  if (kind === 'health-check') return healthCheckState(ends);
  if (ends.isUnreached) return { kind: 'unreached', words: 'no rule leads to it', line: null, remarks };
  const places = placesThatCount(kind, ends);
  const whole = places.filter((place) => served(place) >= nearlyAll);
  const worst = worstEnd(places.flatMap((place) => place.ends));
  if (places.length === 0) return { kind: 'unknown', ...nothingSure, remarks };
  if (worst === undefined || whole.length === places.length) {
    const isSure = remarks.length === 0;
    const words = `${countOf(ends.endpoints)}${isSure ? '' : ', as far as shown'}`;
    return { kind: isSure ? 'serves' : 'leads', words, line: null, remarks };
  }
  const { line, state, words } = worst;
  // What nobody knows is no fault: it serves as far as shown.
  if (state === 'unknown' && ends.endpoints.size > 0) {
    return {
      kind: 'leads',
      words: `${countOf(ends.endpoints)}, as far as shown`,
      line: null,
      remarks: [`Others: ${words}.`, ...remarks],
    };
  }
  if (whole.length > 0) {
    const from = whole.map((place) => place.words).join(', ');
    return { kind: 'limited', words: `only from ${from}`, line, remarks: [`Other packets: ${words}.`, ...remarks] };
  }
  const most = Math.max(...places.map(served));
  if (most > 0) return { kind: 'limited', words: `${percentText(most)} of connections, others ${words}`, line, remarks };
  return { kind: state, words, line, remarks };
}

/** Entries that kube-proxy itself answers, or that are a Pod's own and no Service's. */
function counts({ kind }: JudgedEntry): boolean {
  return kind !== 'health-check' && kind !== 'host-port';
}

function combined(
  states: readonly { readonly label: string; readonly state: ServiceState }[],
  endpoints: ReadonlySet<string>,
): ServiceState {
  const [first] = states;
  if (first === undefined) return { kind: 'unknown', words: 'the dump has no rule for it', line: null, remarks: [] };
  const remarks = [...new Set(states.flatMap(({ state }) => state.remarks))];
  const good = states.filter(({ state }) => state.kind === 'serves' || state.kind === 'leads');
  if (good.length === states.length) {
    const isSure = states.every(({ state }) => state.kind === 'serves');
    const words = `${countOf(endpoints)}${isSure ? '' : ', as far as shown'}`;
    return { kind: isSure ? 'serves' : 'leads', words, line: null, remarks };
  }
  const bad = states.filter((each) => !good.includes(each));
  const kinds = new Set(bad.map(({ state }) => state.kind));
  const isPartly = good.length > 0 || kinds.has('limited');
  const worst = worstFirst.map((kind) => bad.find(({ state }) => state.kind === kind)).find((each) => each !== undefined);
  const named = isPartly ? (bad.find(({ state }) => state.kind === 'limited') ?? worst ?? first) : (worst ?? first);
  const isAll = bad.length === states.length && new Set(bad.map(({ state }) => `${state.kind} ${state.words}`)).size === 1;
  const { words, line } = named.state;
  const others = bad.length > 1 ? ` and ${bad.length - 1} more` : '';
  const isUnknown = bad.every(({ state }) => state.kind === 'unknown');
  return {
    kind: isPartly ? (isUnknown ? 'leads' : 'limited') : named.state.kind,
    words: isAll ? words : `${words} at ${named.label}${others}`,
    line,
    remarks: [...(isAll || bad.length === 1 ? [] : bad.map(({ label, state }) => `${label}: ${state.words}.`)), ...remarks],
  };
}

/**
 * The state of a Service from its entries; those of its health check and of hostPorts do not count.
 * @param drift what comparing with the cluster found of it; null where nothing was compared
 * @param cluster what it was compared with: "cluster.json"
 */
export function serviceState(entries: readonly JudgedEntry[], drift: ServiceDrift | null, cluster: string): ServiceState {
  const judged = entries.filter(counts);
  const endpoints = new Set(judged.flatMap(({ ends }) => [...ends.endpoints.keys()]));
  const state = combined(
    judged.map((entry) => ({ label: entry.label, state: entryState(entry) })),
    endpoints,
  );
  if (drift === null || drift.status === 'in-sync') return state;
  const remarks = [...new Set([...drift.findings.map(({ message }) => message), ...state.remarks])];
  const line = state.line ?? drift.findings.find((finding) => finding.line !== null)?.line ?? null;
  if (judged.length === 0) return { kind: 'differs', words: `not in the dump, but in ${cluster}`, line, remarks };
  const isServing = state.kind === 'serves' || state.kind === 'leads' || state.kind === 'limited';
  return {
    kind: isServing ? 'differs' : state.kind,
    words: isServing ? `differs from ${cluster}, ${state.words}` : `${state.words}, differs from ${cluster}`,
    line,
    remarks,
  };
}
