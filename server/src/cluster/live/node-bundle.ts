/**
 * A node bundle through the API: what programs in a container on the node print (kube-proxy's, or a network plugin's), the log and configuration
 * of kube-proxy, and the cluster's objects. It reads only; what the container lacks is said.
 */
import { fieldsAt, textAt } from '../fields.ts';
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { type BundlePart, bundleParts } from './bundle-commands.ts';
import { dumpCommands, fallbackCommands, judge } from './dump-commands.ts';
import { findReaders, type NodeReader } from './node-readers.ts';
import { isObjectName, namespacedPath } from './resources.ts';
import { type CommandResult, runInPod } from './run-in-pod.ts';
import { snapshotText } from './snapshot-text.ts';

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

async function collectPart(run: Run, { path, commands }: BundlePart, files: CollectedFile[], problems: string[]): Promise<void> {
  let text = '';
  for (const argv of commands) {
    const result = await run(argv);
    if (result.notFound || (result.problem !== '' && result.stdout === '')) {
      problems.push(
        `${path}: ${result.notFound ? `the container has no ${argv[0]}` : `${argv.join(' ')} failed: ${result.problem}`}.`,
      );
      return;
    }
    text += result.stdout;
  }
  files.push({ path, text: path === 'sysctl.txt' ? settingsOf(text) : text });
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

/** The container on a node that a bundle is collected in. @throws ApiError where there is none */
export async function bundleReader(api: Api, node: string, signal: AbortSignal): Promise<PodReader> {
  if (!isObjectName(node)) throw new ApiError('not-found', 'There can be no node of that name.');
  const [reader] = await findReaders(api, node, signal);
  if (reader === undefined)
    throw new ApiError(
      'not-found',
      `No Pod on ${node} can be asked: kube-proxy's, or a network plugin's that may read rules. Run the script there.`,
    );
  return reader;
}

/**
 * Collects the bundle of a node in one of its containers. Never changes anything there.
 * @param onProgress told what is being read, in a few words
 * @throws ApiError where the container cannot be asked, or the API cannot
 */
export async function collectNodeBundle(
  api: Api,
  node: string,
  reader: PodReader,
  signal: AbortSignal,
  onProgress: (text: string) => void = () => undefined,
): Promise<CollectedBundle> {
  const wrong = [node, reader.namespace, reader.pod].find((name) => !isObjectName(name));
  if (wrong !== undefined) throw new ApiError('not-found', `There can be nothing named "${shown(wrong, 80)}".`);
  const files: CollectedFile[] = [];
  const problems: string[] = [];
  const run: Run = (argv) => {
    onProgress(argv.join(' '));
    return runInPod(api, reader, argv, signal);
  };
  await collectRules(run, files, problems);
  for (const part of bundleParts) await collectPart(run, part, files, problems);
  if (reader.isKubeProxy)
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
  const from = `${reader.namespace}/${reader.pod}, container ${reader.container}`;
  const meta = { node, time: new Date().toISOString(), how: `through the API, in ${from}` };
  files.push({ path: 'meta.json', text: `${JSON.stringify(meta, null, 1)}\n` });
  return { files, problems, from };
}
