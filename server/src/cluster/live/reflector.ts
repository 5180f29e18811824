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
import { ApiError, errorOfWatchStatus, shown } from './api-error.ts';
import { listAllowed } from './list-allowed.ts';
import { listPages } from './list-pages.ts';
import type { ResourceState, ResourceStatus } from './live-status.ts';
import { inNamespace, isOfOtherKind, type Resource } from './resources.ts';
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

interface State extends ReflectorOptions {
  readonly api: Api;
  /** The resource in all namespaces. */
  readonly everywhere: Resource;
  /** The resource as it is asked for: in all namespaces, or in the context's. */
  resource: Resource;
  records: Map<string, ClusterRecord>;
  /** The records as a list; undefined where they have changed since. */
  listed: readonly ClusterRecord[] | undefined;
  hasData: boolean;
  state: ResourceState;
  problem: string;
  /** Since when and until when the server is left alone; 0 where it is not. */
  waitingSince: number;
  waitingUntil: number;
  /** Why it is one namespace alone; empty where it is all of them. */
  limit: string;
  /** When the records were last known to be what the server has; 0 for never. */
  currentAt: number;
  running: AbortController | undefined;
}

/** What the attempts of one run have come to. */
interface Run {
  /** Where a watch goes on; empty where all has to be listed. */
  version: string;
  /** In a row. */
  failures: number;
  refusals: number;
  /** The last attempt reached nobody. */
  wasDown: boolean;
  /** When a 410 last had everything read anew, as `performance.now` counts. */
  readAnewAt: number;
}

/** More changes than this between two lists of a watch's own are no cluster's; see `mostObjects` of lists. */
const mostRecords = 300_000;

/** Characters of a resourceVersion: it is a number of 64 bits, and stands in a URL. */
const longestVersion = 256;

/** A watch may end early now and then; this often in a row it is no watch. */
const fewEnds = 3;

/** A server that has just started may refuse for a moment what it allowed before: its own rules of access are not read yet. */
const fewRefusals = 3;

/** @param resource in all namespaces */
export function createReflector(resource: Resource, api: Api, options: ReflectorOptions): Reflector {
  const state: State = {
    ...options,
    api,
    everywhere: resource,
    resource,
    records: new Map(),
    listed: undefined,
    hasData: false,
    state: 'off',
    problem: '',
    waitingSince: 0,
    waitingUntil: 0,
    limit: '',
    currentAt: 0,
    running: undefined,
  };
  return {
    status: () => statusOf(state),
    records: () => {
      state.listed ??= [...state.records.values()];
      return state.listed;
    },
    hasData: () => state.hasData,
    restart: () => restart(state),
    close() {
      state.running?.abort();
      state.state = 'off';
    },
  };
}

function statusOf(of: State): ResourceStatus {
  const { api, resource, state, records, currentAt, problem, waitingSince, waitingUntil } = of;
  return {
    kind: resource.kind,
    state,
    count: records.size,
    currentAt: state === 'live' ? Math.max(currentAt, api.heardAt()) : currentAt,
    problem,
    namespace: resource.namespace,
    ...(state === 'waiting' ? { wait: { since: waitingSince, until: waitingUntil } } : {}),
  };
}

function restart(of: State): void {
  of.running?.abort();
  const mine = new AbortController();
  of.running = mine;
  of.resource = of.everywhere;
  of.limit = '';
  become(of, 'syncing', '');
  run(of, mine.signal).catch((error: unknown) => {
    // A defect of our own: said where the user looks, rather than thrown where nobody does.
    if (!mine.signal.aborted) become(of, 'stale', error instanceof Error ? error.message : String(error));
  });
}

function become(of: State, state: ResourceState, problem: string): void {
  if (state !== 'waiting') of.waitingSince = 0;
  if (of.state === state && of.problem === problem) return;
  of.state = state;
  of.problem = problem;
  of.onChange();
}

function changed(of: State): void {
  of.listed = undefined;
  of.onChange();
}

/** The server asks to be left alone. */
function wait(of: State, error: ApiError, until: number): void {
  if (of.waitingSince === 0) of.waitingSince = Date.now();
  const isLonger = of.state === 'waiting' && until !== of.waitingUntil;
  of.waitingUntil = until;
  become(of, 'waiting', error.message);
  if (isLonger) of.onChange();
}

function keyOf(record: ClusterRecord): string {
  return record.kind === 'Node' ? record.name : `${record.namespace}\0${record.name}`;
}

/** Where nothing but a heartbeat changed, the old record stays, so that nothing is made anew for it. @returns whether it is another */
function keep(of: State, into: Map<string, ClusterRecord>, record: ClusterRecord): boolean {
  const key = keyOf(record);
  const old = of.records.get(key);
  const isSame = old !== undefined && isDeepStrictEqual(old, record);
  into.set(key, isSame ? old : record);
  return !isSame;
}

/** Lists everything. @returns the version from which to watch */
async function list(of: State, resource: Resource, signal: AbortSignal): Promise<string> {
  let fresh = new Map<string, ClusterRecord>();
  const version = await listPages(
    of.api,
    resource,
    signal,
    (items) => {
      for (const item of items) {
        const record = readObject(resource.kind, item);
        if (record !== undefined) keep(of, fresh, record);
      }
    },
    () => {
      fresh = new Map();
    },
    { onWait: (error, until) => wait(of, error, until) },
  );
  if (signal.aborted) return '';
  const isSame =
    of.hasData && fresh.size === of.records.size && [...fresh].every(([key, record]) => of.records.get(key) === record);
  of.records = fresh;
  of.hasData = true;
  of.currentAt = Date.now();
  if (!isSame) changed(of);
  return version;
}

/** The list, of the context's namespace where all of them are refused. Once that is known it stays so until a restart. */
async function listAgain(of: State, signal: AbortSignal): Promise<string> {
  const { everywhere, api, resource } = of;
  if (resource !== everywhere) return list(of, resource, signal);
  const { result, limit, namespace } = await listAllowed(everywhere, api.namespace, (wanted) => list(of, wanted, signal));
  of.limit = limit;
  of.resource = (namespace === '' ? undefined : inNamespace(everywhere, namespace)) ?? everywhere;
  return result;
}

/** Takes one event. @returns the resourceVersion that it stands for */
function take(of: State, line: string): string {
  const { plural, where, kind } = of.resource;
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    throw new ApiError('garbage', `The watch of ${plural} said something that is no JSON.`);
  }
  const type = isFields(event) ? textAt(event, 'type') : '';
  const object: Fields | undefined = isFields(event) && isFields(event['object']) ? event['object'] : undefined;
  if (type === 'ERROR') throw errorOfWatchStatus(object, `watch ${where}`);
  if (object === undefined) throw new ApiError('garbage', `The watch of ${plural} said something that is no event.`);
  const version = textAt(fieldsAt(object, 'metadata'), 'resourceVersion');
  if (type === 'BOOKMARK') return version;
  if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') {
    throw new ApiError('garbage', `The watch of ${plural} said something that is no event.`);
  }
  if (isOfOtherKind(object, of.resource)) {
    throw new ApiError('garbage', `The watch of ${plural} told of a ${shown(textAt(object, 'kind'), 60)}.`);
  }
  const record = readObject(kind, object);
  if (record === undefined) return version;
  if (type === 'DELETED' ? of.records.delete(keyOf(record)) : keep(of, of.records, record)) changed(of);
  if (of.records.size > mostRecords) throw new ApiError('garbage', `There are more than ${mostRecords} ${plural}.`);
  return version;
}

/** Watches from `run.version` on, and moves it. @returns whether anything came */
async function watch(of: State, signal: AbortSignal, run: Run, progress: { made: boolean }): Promise<void> {
  const { api, resource, timing } = of;
  if (run.version.length > longestVersion) {
    throw new ApiError('garbage', `${api.server} gives ${resource.plural} a version of ${run.version.length} characters.`);
  }
  // As client-go does: not all watches of all clients end at the same moment.
  const lasts = timing.watch * (0.75 + of.random() / 4);
  const parameters = new URLSearchParams({
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: run.version,
    timeoutSeconds: String(Math.max(1, Math.round(lasts / 1_000))),
  });
  const request = { path: `${resource.path}?${parameters.toString()}`, what: `watch ${resource.where}`, signal };
  await api.lines(
    request,
    lasts + timing.steady,
    () => {
      of.currentAt = Date.now();
      become(of, 'live', of.limit);
    },
    (line) => {
      if (signal.aborted) return;
      const version = take(of, line);
      of.currentAt = Date.now();
      if (version === '') return;
      run.version = version;
      progress.made = true;
    },
  );
  if (!signal.aborted) of.currentAt = Date.now();
}

/** A watch that lasted was a good one; one that brought something and then broke is no reason to stay away for long. */
function forgive({ timing }: State, run: Run, began: number, progressed: boolean): void {
  if (performance.now() - began >= timing.steady) {
    run.failures = 0;
    run.refusals = 0;
  } else if (progressed) {
    run.failures = Math.min(run.failures, 1);
  }
}

/**
 * Whether all has to be listed after an error: where the watch stood is not known, or not to the server. A version that it does not understand
 * is refused with 400, one that it has not come to (its data was restored from a backup) with 504, "Too large resource version".
 */
function isReadAnew({ failure, status }: ApiError): boolean {
  if (failure === 'server') return (status >= 400 && status < 500) || status === 504;
  return failure === 'gone' || failure === 'garbage' || failure === 'not-found';
}

/** What an error means for the state, and how long to wait; undefined where it is not tried again by itself. */
function failed(of: State, error: ApiError, run: Run): number | undefined {
  const { timing } = of;
  const isDown = error.failure === 'unreachable';
  if (isReadAnew(error)) run.version = '';
  // A server that is back has not failed yet, however often it could not be reached.
  if (run.wasDown && !isDown) run.failures = 0;
  run.wasDown = isDown;
  run.failures += 1;
  const delay = retryDelay(timing, run.failures, of.random, isDown ? timing.longestOffline : timing.longestRetry);
  const wanted = Math.max(delay, error.retryAfter);
  switch (error.failure) {
    case 'refused':
      return refused(of, error, run) ? delay : undefined;
    case 'throttled':
      wait(of, error, Date.now() + wanted);
      return wanted;
    case 'gone': {
      // The ordinary way to hear that a pause was too long: the list is read again at once. Soon after such a list it is a fault.
      const isFirst = performance.now() - run.readAnewAt >= timing.steady;
      run.readAnewAt = performance.now();
      if (isFirst) return 0;
      break;
    }
    default:
  }
  become(of, isDown ? 'offline' : 'stale', error.message);
  return wanted;
}

/** @returns whether it is tried again by itself */
function refused(of: State, error: ApiError, run: Run): boolean {
  run.refusals += 1;
  // Without a status it is no server's refusal: a program or a file gave no credentials.
  const mayPass = of.hasData && error.status !== 0 && run.refusals <= fewRefusals;
  become(of, mayPass ? 'stale' : error.status === 403 ? 'forbidden' : 'unauthorized', error.message);
  return mayPass;
}

async function run(of: State, signal: AbortSignal): Promise<void> {
  const { api, timing } = of;
  const run: Run = { version: '', failures: 0, refusals: 0, wasDown: false, readAnewAt: Number.NEGATIVE_INFINITY };
  while (!signal.aborted) {
    let began = performance.now();
    let delay: number | undefined;
    const progress = { made: false };
    try {
      if (run.version === '') run.version = await listAgain(of, signal);
      began = performance.now();
      await watch(of, signal, run, progress);
      run.refusals = 0;
      forgive(of, run, began, progress.made);
      if (performance.now() - began < timing.steady) run.failures += 1;
      if (run.failures >= fewEnds) become(of, 'stale', `${api.server} ends the watch of ${of.resource.plural} again and again.`);
      delay = retryDelay(timing, run.failures, of.random, timing.longestRetry);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      forgive(of, run, began, progress.made && !isReadAnew(error));
      delay = failed(of, error, run);
      if (delay === undefined) return;
    }
    await pause(delay, signal);
  }
}
