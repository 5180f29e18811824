import type { ClusterKind } from '../objects.ts';

/**
 * What is known of one kind of objects.
 * - `off`: not asked for
 * - `syncing`: the first list is under way
 * - `live`: listed and watched
 * - `stale`: the server answers, but not with what is needed; asked again soon
 * - `waiting`: the server is busy and asked to be left alone for a while
 * - `forbidden`: permission is missing; asked again only when the user says so
 * - `unauthorized`: there are no credentials, or they are not accepted; asked again only when the user says so
 * - `offline`: the server cannot be reached; asked again soon
 */
export type ResourceState = 'off' | 'syncing' | 'live' | 'stale' | 'waiting' | 'forbidden' | 'unauthorized' | 'offline';

export interface ResourceStatus {
  readonly kind: ClusterKind;
  readonly state: ResourceState;
  /** Objects known, in whatever state; the last good ones are kept. */
  readonly count: number;
  /** When they were last known to be what the server has, in milliseconds since 1970; 0 for never. */
  readonly currentAt: number;
  /** What is wrong, in a sentence that names the missing permission; empty for nothing. */
  readonly problem: string;
  /** The one namespace that was read, where all of them may not be; empty otherwise. */
  readonly namespace: string;
  /** While `waiting`: since when, and until when it is not asked again; in milliseconds since 1970. */
  readonly wait?: { readonly since: number; readonly until: number };
}

export interface LiveStatus {
  readonly context: string;
  /** "https://10.0.0.1:6443". */
  readonly server: string;
  /** Services, EndpointSlices, Nodes, Pods. */
  readonly resources: readonly ResourceStatus[];
}
