/**
 * Keeps the records of one resource as the server has them: lists, watches from there, and begins again whenever either breaks.
 * client-go's reflector is the model; what differs is that a refusal (401, 403) ends it until it is told to go on, and that where all
 * namespaces may not be listed the context's is.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Fields, fieldsAt, isFields, textAt } from '../fields.ts';
import type { ClusterRecord } from '../objects.ts';
import { readObject } from '../read-object.ts';
import type { Api } from './api.ts';
import { ApiError, errorOfWatchStatus } from './api-error.ts';
import { listPages } from './list-pages.ts';
import type { ResourceState, ResourceStatus } from './live-status.ts';
import { inNamespace, type Resource } from './resources.ts';
import { pause, retryDelay, type Timing } from './timing.ts';

export interface Reflector {
  status(): ResourceStatus;
  /** In no particular order; the same list until something changes. */
  records(): readonly ClusterRecord[];
  /** Whether there was a list that was read to its end, ever. */
  hasData(): boolean;
  /** Begins, or begins again with a new list. What was refused is tried again. */
  restart(): void;
  /** Ends all work; late answers change nothing. */
  close(): void;
}

export interface ReflectorOptions {
  readonly timing: Timing;
  readonly random: () => number;
  /** Told after each change of the records or the status. */
  readonly onChange: () => void;
}

/** More changes than this between two lists of a watch's own are no cluster's; see `mostObjects` of lists. */
const mostRecords = 300_000;

/** A watch may end early now and then; this often in a row it is no watch. */
const fewEnds = 3;

/** A server that has just started may refuse for a moment what it allowed before: its own rules of access are not read yet. */
const fewRefusals = 3;

/** What the attempts of one run have come to. */
interface RunState {
  /** In a row. */
  failures: number;
  refusals: number;
  /** The last attempt reached nobody. */
  wasDown: boolean;
  /** When a 410 last had everything read anew. */
  readAnewAt: number;
}

function keyOf(record: ClusterRecord): string {
  return record.kind === 'Node' ? record.name : `${record.namespace}\0${record.name}`;
}

export function createReflector(everywhere: Resource, api: Api, options: ReflectorOptions): Reflector {
  const { timing, random, onChange } = options;
  const { namespace } = api;
  let resource = everywhere;
  let records = new Map<string, ClusterRecord>();
  let listed: readonly ClusterRecord[] | undefined;
  let hasData = false;
  let state: ResourceState = 'off';
  let problem = '';
  let waitingSince = 0;
  let waitingUntil = 0;
  // Why it is one namespace alone; empty where it is all of them.
  let limit = '';
  let currentAt = 0;
  let running: AbortController | undefined;

  function become(newState: ResourceState, newProblem: string): void {
    if (newState !== 'waiting') waitingSince = 0;
    if (state === newState && problem === newProblem) return;
    state = newState;
    problem = newProblem;
    onChange();
  }

  function changed(): void {
    listed = undefined;
    onChange();
  }

  function wait(error: ApiError, until: number): void {
    if (waitingSince === 0) waitingSince = Date.now();
    const isNew = state === 'waiting' && until !== waitingUntil;
    waitingUntil = until;
    become('waiting', error.message);
    if (isNew) onChange();
  }

  async function list(signal: AbortSignal): Promise<string> {
    let fresh = new Map<string, ClusterRecord>();
    const version = await listPages(
      api,
      resource,
      signal,
      (items) => {
        for (const item of items) {
          const record = readObject(resource.kind, item);
          if (record !== undefined) keep(fresh, record);
        }
      },
      () => {
        fresh = new Map();
      },
      { onWait: wait },
    );
    if (signal.aborted) return '';
    const isSame = hasData && fresh.size === records.size && [...fresh].every(([key, record]) => records.get(key) === record);
    records = fresh;
    hasData = true;
    currentAt = Date.now();
    if (!isSame) changed();
    return version;
  }

  /** Where nothing but a heartbeat changed, the old record stays, so that nothing is made anew for it. */
  function keep(into: Map<string, ClusterRecord>, record: ClusterRecord): boolean {
    const key = keyOf(record);
    const old = records.get(key);
    const isSame = old !== undefined && isDeepStrictEqual(old, record);
    into.set(key, isSame ? old : record);
    return !isSame;
  }

  /** Takes one event. @returns the resourceVersion that it stands for */
  function take(line: string): string {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      throw new ApiError('garbage', `The watch of ${resource.plural} said something that is no JSON.`);
    }
    const type = isFields(event) ? textAt(event, 'type') : '';
    const object: Fields | undefined = isFields(event) && isFields(event['object']) ? event['object'] : undefined;
    if (type === 'ERROR') throw errorOfWatchStatus(object, `watch ${resource.where}`);
    if (object === undefined) throw new ApiError('garbage', `The watch of ${resource.plural} said something that is no event.`);
    const version = textAt(fieldsAt(object, 'metadata'), 'resourceVersion');
    if (type === 'BOOKMARK') return version;
    if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
      throw new ApiError('garbage', `The watch of ${resource.plural} said something that is no event.`);
    }
    const record = readObject(resource.kind, object);
    if (record === undefined) return version;
    if (type === 'DELETED' ? records.delete(keyOf(record)) : keep(records, record)) changed();
    if (records.size > mostRecords) throw new ApiError('garbage', `There are more than ${mostRecords} ${resource.plural}.`);
    return version;
  }

  async function watch(signal: AbortSignal, from: string, onVersion: (version: string) => void): Promise<void> {
    // As client-go does: not all watches of all clients end at the same moment.
    const lasts = timing.watch * (0.75 + random() / 4);
    const parameters = new URLSearchParams({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: from,
      timeoutSeconds: String(Math.max(1, Math.round(lasts / 1_000))),
    });
    const request = { path: `${resource.path}?${parameters.toString()}`, what: `watch ${resource.where}`, signal };
    await api.lines(
      request,
      lasts + timing.steady,
      () => {
        currentAt = Date.now();
        become('live', limit);
      },
      (line) => {
        if (signal.aborted) return;
        const version = take(line);
        currentAt = Date.now();
        if (version !== '') onVersion(version);
      },
    );
    if (!signal.aborted) currentAt = Date.now();
  }

  /** The list, of the context's namespace where all of them are refused. */
  async function listAllowed(signal: AbortSignal): Promise<string> {
    try {
      return await list(signal);
    } catch (error) {
      const limited = resource === everywhere ? inNamespace(resource, namespace) : undefined;
      if (!(error instanceof ApiError) || error.status !== 403 || limited === undefined || signal.aborted) throw error;
      resource = limited;
      limit = `${resource.kind}s of namespace ${namespace} alone: ${error.message}`;
      try {
        return await list(signal);
      } catch (again) {
        resource = everywhere;
        limit = '';
        if (!(again instanceof ApiError) || again.status !== 403) throw again;
        throw new ApiError('refused', `${error.message} Nor may they be listed in namespace ${namespace}.`, 403);
      }
    }
  }

  /** What an error means for the state, and how long to wait; undefined where it is not tried again by itself. */
  function failed(error: ApiError, run: RunState): number | undefined {
    const isDown = error.failure === 'unreachable';
    // A server that is back has not failed yet, however often it could not be reached.
    if (run.wasDown && !isDown) run.failures = 0;
    run.wasDown = isDown;
    run.failures += 1;
    const delay = retryDelay(timing, run.failures, random, isDown ? timing.longestOffline : timing.longestRetry);
    switch (error.failure) {
      case 'refused': {
        run.refusals += 1;
        const mayPass = hasData && error.status !== 0 && run.refusals <= fewRefusals;
        const isPermission = error.status === 403;
        become(mayPass ? 'stale' : isPermission ? 'forbidden' : 'unauthorized', error.message);
        return mayPass ? delay : undefined;
      }
      case 'throttled':
        wait(error, Date.now() + Math.max(delay, error.retryAfter));
        return Math.max(delay, error.retryAfter);
      case 'gone': {
        // The ordinary way to hear that a pause was too long: the list is read again at once. Soon after such a list it is a fault.
        const isFirst = Date.now() - run.readAnewAt >= timing.steady;
        run.readAnewAt = Date.now();
        if (isFirst) return 0;
        break;
      }
      default:
    }
    become(isDown ? 'offline' : 'stale', error.message);
    return Math.max(delay, error.retryAfter);
  }

  /** A watch that lasted was a good one; one that brought something and then broke is no reason to stay away for long. */
  function forgive(run: RunState, began: number, progressed: boolean): void {
    if (Date.now() - began >= timing.steady) {
      run.failures = 0;
      run.refusals = 0;
    } else if (progressed) {
      run.failures = Math.min(run.failures, 1);
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    let version = '';
    const state: RunState = { failures: 0, refusals: 0, wasDown: false, readAnewAt: Number.NEGATIVE_INFINITY };
    while (!signal.aborted) {
      let began = Date.now();
      let progressed = false;
      let delay: number | undefined;
      try {
        if (version === '') version = await listAllowed(signal);
        began = Date.now();
        await watch(signal, version, (newer) => {
          version = newer;
          progressed = true;
        });
        state.refusals = 0;
        forgive(state, began, progressed);
        if (Date.now() - began < timing.steady) state.failures += 1;
        if (state.failures >= fewEnds) become('stale', `${api.server} ends the watch of ${resource.plural} again and again.`);
        delay = retryDelay(timing, state.failures, random, timing.longestRetry);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.failure === 'gone' || error.failure === 'garbage' || error.failure === 'not-found') version = '';
        forgive(state, began, progressed);
        delay = failed(error, state);
        if (delay === undefined) return;
      }
      await pause(delay, signal);
    }
  }

  return {
    status: () => ({
      kind: resource.kind,
      state,
      count: records.size,
      currentAt: state === 'live' ? Math.max(currentAt, api.heardAt()) : currentAt,
      problem,
      namespace: resource.namespace,
      ...(state === 'waiting' ? { wait: { since: waitingSince, until: waitingUntil } } : {}),
    }),
    records: () => {
      listed ??= [...records.values()];
      return listed;
    },
    hasData: () => hasData,
    restart() {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      resource = everywhere;
      limit = '';
      become('syncing', '');
      run(mine.signal).catch((error: unknown) => {
        // A defect of our own: said where the user looks, rather than thrown where nobody does.
        if (!mine.signal.aborted) become('stale', error instanceof Error ? error.message : String(error));
      });
    },
    close() {
      running?.abort();
      state = 'off';
    },
  };
}
