import type { Position } from 'vscode-languageserver-types';
import { addressIn } from './address-in.ts';
import type { DumpState } from './state.ts';
import { symbolAt } from './symbol-at.ts';

/** A Pod by its name. */
export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The Pod that a hover at this position is about and that the cluster knows by its EndpointSlices alone: a live cluster's Pods are
 * fetched one by one. Undefined where there is none, or all is known.
 */
export function podWantedAt(state: DumpState, position: Position): PodName | undefined {
  const { cluster } = state.resolution();
  if (state.podDetails === undefined || cluster.source.kind !== 'live') return undefined;
  const symbol = symbolAt(state, position);
  if (symbol?.kind === 'chain') {
    const pod = state.resolution().chain(symbol.chain).endpoint?.pod ?? null;
    return pod === null || pod.record !== null ? undefined : { namespace: pod.namespace, name: pod.name };
  }
  if (symbol?.kind !== 'value') return undefined;
  const ip = addressIn(symbol.word.text)?.ip;
  for (const { slice, endpoint } of ip === undefined ? [] : cluster.endpointsAt(ip)) {
    const reference = endpoint.targetRef;
    if (reference === null || (reference.kind !== 'Pod' && reference.kind !== '')) continue;
    const namespace = reference.namespace || slice.namespace;
    return cluster.pod(namespace, reference.name) === undefined ? { namespace, name: reference.name } : undefined;
  }
  return undefined;
}
