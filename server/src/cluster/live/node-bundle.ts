/**
 * A node bundle through the API: what programs in a container on the node print (kube-proxy's, or a network plugin's), the log and configuration
 * of kube-proxy, and the cluster's objects. It reads only; what the container lacks is said.
 */
import { fieldsAt, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { type BundlePart, bundleCommands, bundleParts, bundlePrograms, recentLists } from './bundle-commands.ts';
import { runInDebugPod } from './debug-pod.ts';
import { dumpCommands, fallbackCommands, judge } from './dump-commands.ts';
import { findReaders, type NodeReader } from './node-readers.ts';
import { isObjectName, namespacedPath } from './resources.ts';
import { type CommandResult, runInPod } from './run-in-pod.ts';
import { snapshotText } from './snapshot-text.ts';
import { defaultTiming } from './timing.ts';

export interface CollectedFile {
  /** As a node bundle names it: "ip-addr.json". */
  readonly path: string;
  readonly text: string;
}

export interface CollectedBundle {
  readonly files: readonly CollectedFile[];
  /** What could not be collected, in sentences. */
  readonly problems: readonly string[];
  /** The container that was asked: "kube-system/kube-proxy-x7f2p, container kube-proxy". */
  readonly from: string;
}

const rulesFiles: Readonly<Record<string, string>> = {
  'iptables-nft-save': 'iptables-save.txt',
  'ip6tables-nft-save': 'ip6tables-save.txt',
  'iptables-save': 'iptables-save.txt',
  'ip6tables-save': 'ip6tables-save.txt',
  'iptables-legacy-save': 'iptables-legacy-save.txt',
  'ip6tables-legacy-save': 'ip6tables-legacy-save.txt',
};

const wantedSettings = /^net\.(?:bridge|ipv4\.(?:conf|ip_|fwmark)|ipv6\.conf|netfilter|nf_conntrack)/;
const secretSettings = /secret|key|token/;
const logLines = 20_000;
const mostLogBytes = 5_000_000;

type PodReader = NodeReader & { readonly kind: 'pod' };
type DebugReader = NodeReader & { readonly kind: 'debug-pod' };

/** How long the node may take to pick a debug pod up, in milliseconds. */
const { pickUp } = defaultTiming;

type Run = (argv: readonly string[]) => Promise<CommandResult>;

/** The settings that matter, of all that sysctl prints; keys are none of them. */
function settingsOf(text: string): string {
  const lines = text.split('\n').filter((line) => wantedSettings.test(line) && !secretSettings.test(line));
  return lines.map((line) => `${line}\n`).join('');
}

async function collectRules(run: Run, files: CollectedFile[], problems: string[]): Promise<void> {
  const found = new Set<string>();
  for (const command of [...dumpCommands, ...fallbackCommands]) {
    if (command.backend === 'default' && found.has(command.family)) continue;
    const answer = judge(command, await run(command.argv));
    if (answer.kind === 'not-found') continue;
    found.add(command.family);
    if (answer.kind === 'problem') problems.push(answer.problem);
    else
      files.push({
        path: rulesFiles[command.argv[0] ?? ''] ?? 'iptables-save.txt',
        text: answer.kind === 'dump' ? answer.text : '',
      });
  }
  if (found.size === 0) problems.push('The container has no iptables-save.');
}

async function collectPart(
  run: Run,
  { path, commands, isRare }: BundlePart,
  files: CollectedFile[],
  problems: string[],
): Promise<void> {
  let text = '';
  for (const argv of commands) {
    const result = await run(argv);
    if (isRare === true && (result.notFound || result.problem !== '')) return;
    if (result.notFound || (result.problem !== '' && result.stdout === '')) {
      problems.push(
        `${path}: ${result.notFound ? `the container has no ${argv[0]}` : `${argv.join(' ')} failed: ${result.problem}`}.`,
      );
      return;
    }
    text += result.stdout;
  }
  if (path === recentLists) files.push(...recentFiles(text));
  else if (isCut(path, text)) problems.push(`${path}: the answer was cut short: it begins in the middle.`);
  else files.push({ path, text: path === 'sysctl.txt' ? settingsOf(text) : text });
}

/** The lists of `-m recent` of what `grep -r` printed of their folder. */
function recentFiles(text: string): readonly CollectedFile[] {
  const lists = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, entry] = /^\/proc\/net\/xt_recent\/([\w.-]{1,200}):(src=.*)$/.exec(line) ?? [];
    if (name !== undefined && !/^\.+$/.test(name)) lists.set(name, `${lists.get(name) ?? ''}${entry}\n`);
  }
  return [...lists].map(([name, list]) => ({ path: `${recentLists}/${name}`, text: list }));
}

/** Whether a log was rotated while it was written, so that it begins in the middle: what is one JSON text then is none. */
function isCut(path: string, text: string): boolean {
  return path.endsWith('.json') && text.trim() !== '' && !/^\s*[[{]/.test(text);
}

/** Something that may be missing or forbidden without harm to the others. */
async function orProblem(what: string, problems: string[], collect: () => Promise<void>): Promise<void> {
  try {
    await collect();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    problems.push(`${what}: ${error.message}`);
  }
}

async function proxyLog(api: Api, { namespace, pod, container }: PodReader, signal: AbortSignal) {
  const query = new URLSearchParams({ container, tailLines: String(logLines), limitBytes: String(mostLogBytes) });
  const path = `${namespacedPath(namespace, 'pods', pod)}/log?${query.toString()}`;
  return await api.text({ path, what: `get pods/log in namespace ${namespace}`, signal }, mostLogBytes + 1000);
}

async function proxyConfiguration(api: Api, signal: AbortSignal): Promise<string> {
  const path = namespacedPath('kube-system', 'configmaps', 'kube-proxy');
  const object = await api.json({ path, what: 'get configmaps in namespace kube-system', signal });
  return textAt(fieldsAt(object, 'data'), 'config.conf');
}

/** What was run in a debug pod, by its words: its programs run at once, and are asked for afterwards. */
async function ranInDebugPod(
  api: Api,
  node: string,
  reader: DebugReader,
  signal: AbortSignal,
  onProgress: (text: string) => void,
  problems: string[],
): Promise<Run> {
  const { results, left } = await runInDebugPod(api, node, reader, bundlePrograms, { signal, onProgress, pickUp });
  if (left !== '') problems.push(left);
  const byWords = new Map(bundlePrograms.map(({ argv }, at) => [argv.join(' '), results[at]]));
  const missing: CommandResult = { stdout: '', stderr: '', exitCode: null, problem: 'it was not run', notFound: true };
  return (argv) => Promise.resolve(byWords.get(argv.join(' ')) ?? missing);
}

const debugNamespace = 'kube-system';

/**
 * What a bundle is collected by: a container on the node, else a debug pod with an image that is given.
 * @throws ApiError where there is neither, with what such a Pod would be
 */
export async function bundleReader(api: Api, node: string, signal: AbortSignal, debugImage?: string): Promise<NodeReader> {
  if (!isObjectName(node)) throw new ApiError('not-found', 'There can be no node of that name.');
  const [reader] = await findReaders(api, node, signal);
  if (reader !== undefined) return reader;
  if (debugImage !== undefined) return { kind: 'debug-pod', namespace: debugNamespace, image: debugImage };
  throw new ApiError(
    'not-found',
    `No Pod on ${node} can be asked: kube-proxy's, or a network plugin's that may read rules. Run the script there, or say --debug-pod IMAGE: a Pod is created in namespace ${debugNamespace} from that image, in the node's network and with the capabilities NET_ADMIN and NET_RAW, and removed as soon as it has run ${bundleCommands.join('; ')}.`,
  );
}

/**
 * Collects the bundle of a node in one of its containers, or in a Pod that is made for it and removed. Never changes anything else there.
 * @param onProgress told what is being read, in a few words
 * @throws ApiError where the container cannot be asked, or the API cannot
 */
export async function collectNodeBundle(
  api: Api,
  node: string,
  reader: NodeReader,
  signal: AbortSignal,
  onProgress: (text: string) => void = () => undefined,
): Promise<CollectedBundle> {
  const wrong = [node, reader.namespace, ...(reader.kind === 'pod' ? [reader.pod] : [])].find((name) => !isObjectName(name));
  if (wrong !== undefined) throw new ApiError('not-found', `There can be nothing named "${shown(wrong, 80)}".`);
  const files: CollectedFile[] = [];
  const problems: string[] = [];
  const run: Run =
    reader.kind === 'debug-pod'
      ? await ranInDebugPod(api, node, reader, signal, onProgress, problems)
      : (argv) => {
          onProgress(argv.join(' '));
          return runInPod(api, reader, argv, signal);
        };
  await collectRules(run, files, problems);
  for (const part of bundleParts) await collectPart(run, part, files, problems);
  if (reader.kind === 'pod' && reader.isKubeProxy)
    await orProblem('kube-proxy.log', problems, async () => {
      onProgress("kube-proxy's log");
      files.push({ path: 'kube-proxy.log', text: await proxyLog(api, reader, signal) });
    });
  await orProblem('kube-proxy-config.yaml', problems, async () => {
    const text = await proxyConfiguration(api, signal);
    if (text !== '') files.push({ path: 'kube-proxy-config.yaml', text });
  });
  await orProblem('cluster.json', problems, async () => {
    onProgress("the cluster's objects");
    const snapshot = await snapshotText(api, signal);
    files.push({ path: 'cluster.json', text: snapshot.text });
    problems.push(...snapshot.problems);
  });
  const from =
    reader.kind === 'pod'
      ? `${reader.namespace}/${reader.pod}, container ${reader.container}`
      : `a debug pod in namespace ${reader.namespace}, image ${reader.image}`;
  const meta = { node, time: new Date().toISOString(), how: `through the API, in ${from}` };
  files.push({ path: 'meta.json', text: `${JSON.stringify(meta, null, 1)}\n` });
  return { files, problems, from };
}
