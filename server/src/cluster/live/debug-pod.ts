/**
 * Reads a node's rules in a Pod made for that: on the node, in its network, with the two capabilities that reading takes. Each program
 * is a container of its own whose log is its answer, so the image needs no shell and nothing waits in it. The Pod is removed in
 * any case, and removes itself from the node's memory after five minutes should nobody be left to do so.
 */
import { type Fields, fieldsAt, objectsAt, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { type DumpCommand, dumpCommands, judge, type NodeDump, type NodeDumps } from './dump-commands.ts';
import type { NodeReader } from './node-readers.ts';
import { namespacedPath } from './resources.ts';
import { pause } from './timing.ts';

type DebugPod = NodeReader & { readonly kind: 'debug-pod' };

const lifetimeSeconds = 300;
const askEvery = 500;
/** Bytes of a container's log; kubelet keeps 10 MB and begins a new file then. */
const mostOutput = 300_000_000;
/** Reasons for waiting that do not pass by themselves. */
const hopeless = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
]);

/** The Pod as it is created. */
export function debugPodObject(node: string, { namespace, image }: DebugPod, name: string): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/name': 'iptables-dump', 'app.kubernetes.io/managed-by': 'vscode-iptables' },
    },
    spec: {
      nodeName: node,
      hostNetwork: true,
      restartPolicy: 'Never',
      activeDeadlineSeconds: lifetimeSeconds,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      containers: dumpCommands.map((command) => ({
        name: containerName(command),
        image,
        command: command.argv,
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

interface Ended {
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

/** How the containers ended, by name; undefined while one still runs or waits. @throws ApiError where one never will */
function endedContainers(pod: Fields): ReadonlyMap<string, Ended> | undefined {
  const ended = new Map<string, Ended>();
  for (const entry of objectsAt(fieldsAt(pod, 'status'), 'containerStatuses')) {
    const state = fieldsAt(entry, 'state');
    const waiting = fieldsAt(state, 'waiting');
    if (hopeless.has(textAt(waiting, 'reason'))) {
      const why = shown(textAt(waiting, 'message'));
      throw new ApiError('server', `The debug pod cannot start: ${textAt(waiting, 'reason')}${why === '' ? '.' : `: ${why}`}`);
    }
    if (!Object.hasOwn(state, 'terminated')) return undefined;
    const terminated = fieldsAt(state, 'terminated');
    const { exitCode } = terminated;
    ended.set(textAt(entry, 'name'), {
      exitCode: typeof exitCode === 'number' ? exitCode : -1,
      reason: textAt(terminated, 'reason'),
      message: shown(textAt(terminated, 'message')),
    });
  }
  return ended.size >= dumpCommands.length ? ended : undefined;
}

async function waitForEnd(api: Api, path: string, what: string, signal: AbortSignal): Promise<ReadonlyMap<string, Ended>> {
  for (;;) {
    const pod = await api.json({ path, what, signal });
    const ended = endedContainers(pod);
    if (ended !== undefined) return ended;
    const status = fieldsAt(pod, 'status');
    if (textAt(status, 'phase') === 'Failed') {
      const why = shown(textAt(status, 'message')) || textAt(status, 'reason') || 'nothing says why';
      throw new ApiError('server', `The debug pod failed: ${why}`);
    }
    await pause(askEvery, signal);
    if (signal.aborted) throw new ApiError('unreachable', 'The debug pod did not end in time.');
  }
}

/** Creates the Pod, reads its containers' logs and removes it. @throws ApiError */
export async function readInDebugPod(api: Api, node: string, reader: DebugPod, signal: AbortSignal): Promise<NodeDumps> {
  const { namespace } = reader;
  const name = randomName();
  const path = namespacedPath(namespace, 'pods', name);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(lifetimeSeconds * 1_000)]);
  try {
    await api.json({
      path: namespacedPath(namespace, 'pods'),
      what: `create pods in namespace ${namespace}`,
      signal: limited,
      method: 'POST',
      body: debugPodObject(node, reader, name),
    });
  } catch (error) {
    // Unless it was refused it may have been created, whatever was heard of it.
    if (error instanceof ApiError && error.failure !== 'refused') await remove(api, path, namespace);
    throw error;
  }
  let read: NodeDumps;
  try {
    read = await readContainers(api, path, reader, limited);
  } catch (error) {
    const left = await remove(api, path, namespace);
    if (left === '' || !(error instanceof ApiError)) throw error;
    throw new ApiError(error.failure, `${error.message} ${left}`, error.status);
  }
  const left = await remove(api, path, namespace);
  return left === '' ? read : { ...read, problems: [...read.problems, left] };
}

async function readContainers(api: Api, path: string, { namespace, image }: DebugPod, signal: AbortSignal): Promise<NodeDumps> {
  const ended = await waitForEnd(api, path, `get pods in namespace ${namespace}`, signal);
  const dumps: NodeDump[] = [];
  const problems: string[] = [];
  for (const command of dumpCommands) {
    const { exitCode, reason, message } = ended.get(containerName(command)) ?? { exitCode: -1, reason: '', message: '' };
    const couldNotStart = reason === 'StartError' || reason === 'ContainerCannotRun';
    const log = new URLSearchParams({ container: containerName(command) });
    const request = { path: `${path}/log?${log.toString()}`, what: `get pods/log in namespace ${namespace}`, signal };
    const stdout = couldNotStart ? '' : await api.text(request, mostOutput);
    const problem = exitCode === 0 ? '' : message || shown(stdout) || `exit code ${exitCode}`;
    const { family, backend, argv } = command;
    const answer = judge(command, { stdout, stderr: '', exitCode, problem, notFound: couldNotStart });
    if (answer.kind === 'dump') dumps.push({ family, backend, command: argv.join(' '), text: answer.text });
    if (answer.kind === 'problem') problems.push(answer.problem);
    if (answer.kind === 'not-found') problems.push(`The image ${image} has no ${argv[0]}.`);
  }
  return { dumps, problems };
}

/** Removes the Pod. @returns what is left to do by hand, in a sentence; empty for nothing */
async function remove(api: Api, path: string, namespace: string): Promise<string> {
  try {
    await api.json({
      path: `${path}?gracePeriodSeconds=0`,
      what: `delete pods in namespace ${namespace}`,
      signal: AbortSignal.timeout(30_000),
      method: 'DELETE',
    });
    return '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.failure === 'not-found') return '';
    return `The debug pod ${path.slice(path.lastIndexOf('/') + 1)} in namespace ${namespace} could not be removed, remove it by hand: ${error.message}`;
  }
}
