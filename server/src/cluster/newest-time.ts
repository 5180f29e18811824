import { type Fields, fieldsAt, objectsAt, timeAt } from './fields.ts';

/** What the endpoints controllers write when a Pod or Service changes. */
const lastChange = 'endpoints.kubernetes.io/last-change-trigger-time';

/**
 * The newest time that an API object says of itself, in milliseconds since 1970; 0 where it says none: a list of such objects was made then or
 * later. Nodes say it every few minutes (the heartbeat of their conditions), Leases every few seconds.
 */
export function newestTimeOf(object: Fields): number {
  const metadata = fieldsAt(object, 'metadata');
  const status = fieldsAt(object, 'status');
  let newest = Math.max(
    timeAt(metadata, 'creationTimestamp') ?? 0,
    timeAt(fieldsAt(metadata, 'annotations'), lastChange) ?? 0,
    timeAt(fieldsAt(object, 'spec'), 'renewTime') ?? 0,
    timeAt(status, 'startTime') ?? 0,
  );
  for (const condition of objectsAt(status, 'conditions')) {
    newest = Math.max(newest, timeAt(condition, 'lastHeartbeatTime') ?? 0, timeAt(condition, 'lastTransitionTime') ?? 0);
  }
  return newest;
}
