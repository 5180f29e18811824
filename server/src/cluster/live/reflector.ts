/**
 * Keeps the records of one resource as the server has them: lists, watches from there, and begins again whenever either breaks.
 * client-go's reflector is the model; what differs is that a refusal (401, 403) ends it until it is told to go on.
 */
import { isDeepStrictEqual } from 'node:util';
import { type Fields, fieldsAt, isFields, textAt } from '../fields.ts';
import type { ClusterRecord } from '../objects.ts';
import { readObject } from '../read-object.ts';
import type { Api } from './api.ts';
import { ApiError, errorOfWatchStatus } from './api-error.ts';
import { listPages } from './list-pages.ts';
import type { ResourceState, ResourceStatus } from './live-status.ts';
import type { Resource } from './resources.ts';
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

function keyOf(record: ClusterRecord): string {
  return record.kind === 'Node' ? record.name : `${record.namespace}\0${record.name}`;
}

export function createReflector(resource: Resource, api: Api, { timing, random, onChange }: ReflectorOptions): Reflector {
  let records = new Map<string, ClusterRecord>();
  let listed: readonly ClusterRecord[] | undefined;
  let hasData = false;
  let state: ResourceState = 'off';
  let problem = '';
  let currentAt = 0;
  let running: AbortController | undefined;

  function become(newState: ResourceState, newProblem: string): void {
    if (state === newState && problem === newProblem) return;
    state = newState;
    problem = newProblem;
    onChange();
  }

  function changed(): void {
    listed = undefined;
    onChange();
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
        become('live', '');
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

  async function run(signal: AbortSignal): Promise<void> {
    let version = '';
    let failures = 0;
    while (!signal.aborted) {
      let began = Date.now();
      let progressed = false;
      let wanted = 0;
      try {
        if (version === '') version = await list(signal);
        began = Date.now();
        await watch(signal, version, (newer) => {
          version = newer;
          progressed = true;
        });
        if (Date.now() - began >= timing.steady) failures = 0;
        else failures += 1;
        if (failures >= fewEnds) become('stale', `${api.server} ends the watch of ${resource.plural} again and again.`);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        if (error.failure === 'refused') {
          become('forbidden', error.message);
          return;
        }
        const isGone = error.failure === 'gone';
        if (isGone || error.failure === 'garbage' || error.failure === 'not-found') version = '';
        if (Date.now() - began >= timing.steady) failures = 0;
        failures += 1;
        // The first 410 is the ordinary way to hear that a pause was too long: the list is read again at once.
        if (isGone && failures === 1) continue;
        become(error.failure === 'unreachable' ? 'offline' : 'stale', error.message);
        wanted = error.retryAfter;
      }
      // A watch that brought something and then broke is no reason to stay away for long.
      if (progressed) failures = Math.min(failures, 2);
      await pause(Math.max(retryDelay(timing, failures, random), wanted), signal);
    }
  }

  return {
    status: () => ({
      kind: resource.kind,
      state,
      count: records.size,
      currentAt: state === 'live' ? Date.now() : currentAt,
      problem,
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
