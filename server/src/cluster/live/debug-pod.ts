/**
 * Reads a node's rules in a Pod made for that: on the node, in its network, with the two capabilities that reading takes. Each program
 * is a container of its own whose log is its answer, so the image needs no shell and nothing waits in it. The Pod is removed in
 * any case, and ends by itself after five minutes should nobody be left to do so; `left-pods.ts` finds it the next time.
 */
import { type Fields, fieldsAt, objectsAt, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { debugPodLabels, markAnnotation, processMark } from './debug-pod-mark.ts';
import { endOf, waitText } from './debug-pod-state.ts';
import { type DumpCommand, dumpCommands, judge, type NodeDump, type NodeDumps } from './dump-commands.ts';
import type { NodeReader } from './node-readers.ts';
import { namespacedPath, nodes } from './resources.ts';
import type { CommandResult } from './run-in-pod.ts';
import { pause } from './timing.ts';

type DebugPod = NodeReader & { readonly kind: 'debug-pod' };

export interface DebugPodOptions {
  /** Ends the reading; the Pod is removed all the same. */
  readonly signal: AbortSignal;
  /** Told what the Pod waits for, in a few words, whenever that changes. */
  readonly onProgress: (text: string) => void;
  /** How long the node may take to pick the Pod up, in milliseconds. */
  readonly pickUp: number;
}

export const lifetimeSeconds = 300;
const askEvery = 500;
const requestPatience = 30_000;
/** Bytes of a container's log; kubelet keeps 10 MB and begins a new file then. */
const mostOutput = 300_000_000;

/** A program that is run in a container of its own. */
export interface PodProgram {
  /** Of the container. */
  readonly name: string;
  readonly argv: readonly string[];
}

const dumpPrograms: readonly PodProgram[] = dumpCommands.map((command) => ({ name: containerName(command), argv: command.argv }));

/** The Pod as it is created. */
export function debugPodObject(
  node: string,
  { namespace, image }: DebugPod,
  name: string,
  programs: readonly PodProgram[] = dumpPrograms,
): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: debugPodLabels, annotations: { [markAnnotation]: processMark() } },
    spec: {
      nodeName: node,
      hostNetwork: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: lifetimeSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      containers: programs.map(({ name: container, argv }) => ({
        name: container,
        image,
        command: argv,
        securityContext: {
          runAsUser: 0,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
        },
      })),
    },
  };
}

function containerName({ family, backend }: DumpCommand): string {
  return `${family}-${backend}`;
}

function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(4));
  return `iptables-dump-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Reads the rules of a node. @throws ApiError */
export async function readInDebugPod(api: Api, node: string, reader: DebugPod, options: DebugPodOptions): Promise<NodeDumps> {
  const { results, left } = await runInDebugPod(api, node, reader, dumpPrograms, options);
  const dumps: NodeDump[] = [];
  const problems: string[] = [];
  for (const [at, command] of dumpCommands.entries()) {
    const result = results[at];
    if (result === undefined) continue;
    const { family, backend, argv } = command;
    const answer = judge(command, result);
    if (answer.kind === 'dump') dumps.push({ family, backend, command: argv.join(' '), text: answer.text });
    if (answer.kind === 'problem') problems.push(answer.problem);
    if (answer.kind === 'not-found') problems.push(`The image ${reader.image} has no ${argv[0]}.`);
  }
  return { dumps, problems: left === '' ? problems : [...problems, left] };
}

/** What the programs of a debug pod printed, in their order, and what is left to do by hand, in a sentence; empty for nothing. */
export interface PodResults {
  readonly results: readonly CommandResult[];
  readonly left: string;
}

/** Creates the Pod, reads its containers' logs and removes it. @throws ApiError */
export async function runInDebugPod(
  api: Api,
  node: string,
  reader: DebugPod,
  programs: readonly PodProgram[],
  options: DebugPodOptions,
): Promise<PodResults> {
  const { namespace } = reader;
  const name = randomName();
  const path = namespacedPath(namespace, 'pods', name);
  if (options.signal.aborted) throw givenUp();
  await create(api, namespace, debugPodObject(node, reader, name, programs), path);
  let results: readonly CommandResult[];
  try {
    results = await readContainers(api, node, path, namespace, programs, options);
  } catch (error) {
    const left = await removePod(api, namespace, name);
    if (left === '' || !(error instanceof ApiError)) throw error;
    throw new ApiError(error.failure, `${error.message} ${left}`, error.status);
  }
  return { results, left: await removePod(api, namespace, name) };
}

function givenUp(): ApiError {
  return new ApiError('unreachable', 'Reading was given up, and the debug pod removed.');
}

async function create(api: Api, namespace: string, body: Fields, path: string): Promise<void> {
  const name = textAt(fieldsAt(body, 'metadata'), 'name');
  try {
    // Not given up on the way: a request that the server takes after its Pod was "removed" would leave the Pod behind.
    await api.json({
      path: namespacedPath(namespace, 'pods'),
      what: `create pods in namespace ${namespace}`,
      signal: AbortSignal.timeout(requestPatience),
      method: 'POST',
      body,
    });
  } catch (error) {
    // Unless it was refused it may have been created, whatever was heard of it.
    if (error instanceof ApiError && error.failure !== 'refused') await removePod(api, namespace, name);
    throw error instanceof ApiError ? error : new ApiError('unreachable', `${path} could not be created: ${String(error)}`);
  }
}

/** Waits for the end of all containers. @throws ApiError where that will not come, or the time is over */
async function waitForEnd(api: Api, node: string, path: string, what: string, count: number, options: DebugPodOptions) {
  const { signal, onProgress, pickUp } = options;
  const began = performance.now();
  let said = '';
  for (;;) {
    if (signal.aborted) throw givenUp();
    const pod = await api.json({ path, what, signal });
    const ended = endOf(pod, count);
    if (ended !== undefined) return ended;
    const status = fieldsAt(pod, 'status');
    const waitsFor = waitText(pod, node);
    if (waitsFor !== said) onProgress(waitsFor);
    said = waitsFor;
    const waited = performance.now() - began;
    // kubelet says when it began with a Pod before it does anything else.
    if (textAt(status, 'startTime') === '' && waited > pickUp) {
      const why = await nodeProblem(api, node);
      throw new ApiError('server', `Nobody on ${node} picked the debug pod up within ${Math.round(pickUp / 1_000)} s. ${why}`);
    }
    if (waited > lifetimeSeconds * 1_000) {
      throw new ApiError('server', `The debug pod did not end within ${lifetimeSeconds} s: ${waitsFor}.`);
    }
    await pause(askEvery, signal);
  }
}

/** What is wrong with a node, in a sentence. */
async function nodeProblem(api: Api, node: string): Promise<string> {
  const signal = AbortSignal.timeout(10_000);
  try {
    const object = await api.json({ path: `${nodes.path}/${encodeURIComponent(node)}`, what: 'get nodes', signal });
    const conditions = objectsAt(fieldsAt(object, 'status'), 'conditions');
    const ready = conditions.find((condition) => textAt(condition, 'type') === 'Ready');
    if (ready === undefined) return 'The node has no kubelet that reports on it.';
    if (textAt(ready, 'status') === 'True') return 'The node is ready all the same: its kubelet may be busy.';
    const said = shown(textAt(ready, 'message')) || textAt(ready, 'reason');
    return `The node is not ready${said === '' ? '.' : `: ${said}`}`;
  } catch (error) {
    const isMissing = error instanceof ApiError && error.failure === 'not-found';
    return isMissing ? 'There is no such node.' : 'Whether the node is ready could not be asked.';
  }
}

async function readContainers(
  api: Api,
  node: string,
  path: string,
  namespace: string,
  programs: readonly PodProgram[],
  options: DebugPodOptions,
): Promise<readonly CommandResult[]> {
  const ended = await waitForEnd(api, node, path, `get pods in namespace ${namespace}`, programs.length, options);
  const { signal } = options;
  const results: CommandResult[] = [];
  for (const { name } of programs) {
    const { exitCode, reason, message } = ended.get(name) ?? { exitCode: -1, reason: '', message: '' };
    const couldNotStart = reason === 'StartError' || reason === 'ContainerCannotRun';
    const log = new URLSearchParams({ container: name });
    const request = { path: `${path}/log?${log.toString()}`, what: `get pods/log in namespace ${namespace}`, signal };
    const stdout = couldNotStart ? '' : await api.text(request, mostOutput);
    const problem = exitCode === 0 ? '' : message || shown(stdout) || `exit code ${exitCode}`;
    results.push({ stdout, stderr: '', exitCode, problem, notFound: couldNotStart });
  }
  return results;
}

/** Removes a debug pod. @returns what is left to do by hand, in a sentence; empty for nothing */
export async function removePod(api: Api, namespace: string, name: string): Promise<string> {
  try {
    await api.json({
      path: `${namespacedPath(namespace, 'pods', name)}?gracePeriodSeconds=0`,
      what: `delete pods in namespace ${namespace}`,
      signal: AbortSignal.timeout(requestPatience),
      method: 'DELETE',
    });
    return '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.failure === 'not-found') return '';
    return `The debug pod ${name} in namespace ${namespace} could not be removed, remove it by hand: ${error.message}`;
  }
}
