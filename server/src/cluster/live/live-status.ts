import type { ClusterKind } from '../objects.ts';

/**
 * What is known of one kind of objects.
 * - `off`: not asked for
 * - `syncing`: the first list is under way
 * - `live`: listed and watched
 * - `stale`: the server answers, but not with what is needed; asked again soon
 * - `forbidden`: permission or credentials are missing; asked again only when the user says so
 * - `offline`: the server cannot be reached; asked again soon
 */
export type ResourceState = 'off' | 'syncing' | 'live' | 'stale' | 'forbidden' | 'offline';

export interface ResourceStatus {
  readonly kind: ClusterKind;
  readonly state: ResourceState;
  /** Objects known, in whatever state; the last good ones are kept. */
  readonly count: number;
  /** When they were last known to be what the server has, in milliseconds since 1970; 0 for never. */
  readonly currentAt: number;
  /** What is wrong, in a sentence that names the missing permission; empty for nothing. */
  readonly problem: string;
}

export interface LiveStatus {
  readonly context: string;
  /** "https://10.0.0.1:6443". */
  readonly server: string;
  /** Services, EndpointSlices, Nodes, Pods. */
  readonly resources: readonly ResourceStatus[];
}
