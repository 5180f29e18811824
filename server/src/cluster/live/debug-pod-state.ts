/** What a debug pod's status says: what it waits for, and how its containers ended. */
import { type Fields, fieldsAt, objectsAt, textAt } from '../fields.ts';
import { ApiError, shown } from './api-error.ts';

/** Reasons for waiting that do not pass by themselves. */
const hopeless = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

export interface Ended {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

function statusesOf(pod: Fields): readonly Fields[] {
  return objectsAt(fieldsAt(pod, 'status'), 'containerStatuses');
}

/**
 * How the containers ended, by name; undefined while one still runs or waits.
 * @param containers how many there are
 * @throws ApiError where one never will
 */
export function endOf(pod: Fields, containers: number): ReadonlyMap<string, Ended> | undefined {
  const ended = new Map<string, Ended>();
  let isOpen = false;
  for (const entry of statusesOf(pod)) {
    const state = fieldsAt(entry, 'state');
    const waiting = fieldsAt(state, 'waiting');
    if (hopeless.has(textAt(waiting, 'reason'))) {
      const why = shown(textAt(waiting, 'message'));
      throw new ApiError('server', `The debug pod cannot start: ${textAt(waiting, 'reason')}${why === '' ? '.' : `: ${why}`}`);
    }
    if (!Object.hasOwn(state, 'terminated')) {
      isOpen = true;
      continue;
    }
    const terminated = fieldsAt(state, 'terminated');
    const { exitCode } = terminated;
    ended.set(textAt(entry, 'name'), {
      exitCode: typeof exitCode === 'number' ? exitCode : -1,
      reason: textAt(terminated, 'reason'),
      message: shown(textAt(terminated, 'message')),
    });
  }
  if (!isOpen && ended.size >= containers) return ended;
  const status = fieldsAt(pod, 'status');
  if (textAt(status, 'phase') !== 'Failed') return undefined;
  const why = shown(textAt(status, 'message')) || textAt(status, 'reason') || 'nothing says why';
  throw new ApiError('server', `The debug pod failed: ${why}`);
}

/** What a Pod waits for, in a few words: "ContainerCreating: ...", "its programs run". */
export function waitText(pod: Fields, node: string): string {
  const status = fieldsAt(pod, 'status');
  if (textAt(status, 'startTime') === '' && statusesOf(pod).length === 0) {
    return `the debug pod waits for ${node} to pick it up`;
  }
  for (const entry of statusesOf(pod)) {
    const waiting = fieldsAt(fieldsAt(entry, 'state'), 'waiting');
    const reason = textAt(waiting, 'reason');
    if (reason === '') continue;
    const said = shown(textAt(waiting, 'message'));
    return `the debug pod waits: ${reason}${said === '' ? '' : `: ${said}`}`;
  }
  const unmet = objectsAt(status, 'conditions').find(
    (condition) => textAt(condition, 'status') === 'False' && textAt(condition, 'message') !== '',
  );
  if (textAt(status, 'phase') !== 'Pending' || unmet === undefined) return 'the debug pod reads the rules';
  return `the debug pod waits: ${shown(textAt(unmet, 'message'))}`;
}
