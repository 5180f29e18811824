/**
 * Kubeconfig files as kubectl finds them (client-go, tools/clientcmd): the files that KUBECONFIG lists, else `~/.kube/config`, else a
 * Pod's own credentials. Files that do not exist are passed over. Never a default server: without any of these there is an error.
 *
 * The client library reads each file's clusters, users and contexts and makes their paths absolute. Which files, their bounds, and the
 * fields that the library drops are read here: its own search falls back to localhost:8080, and it takes neither two files with a common
 * name nor a file of any size with care.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { CORE_SCHEMA, load } from 'js-yaml';
import { runToEnd } from '../../base/steps.ts';
import { isTooDense } from '../dense-text.ts';
import { type Fields, fieldsAt, isFields, objectsAt, textAt, valueAt } from '../fields.ts';
import { misfitSteps, type Shape } from '../shape.ts';

/** Where kubeconfig files are looked for; the process's own environment, or a test's. */
export interface KubeEnvironment {
  /** KUBECONFIG, HOME, HTTPS_PROXY and the like. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files to read instead of those that the environment names; empty for those. */
  readonly files: readonly string[];
  /** The folder in which a Pod finds its credentials. */
  readonly serviceAccount: string;
}

export const processEnvironment: KubeEnvironment = {
  env: process.env,
  files: [],
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
};

/** Why there is no usable kubeconfig, in a sentence for the user. */
export class KubeconfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KubeconfigError';
  }
}

/** The context that stands for a Pod's own credentials. */
export const inClusterContext = 'in-cluster';

/** One file, as the library has it and as it is written. */
export interface KubeFile {
  /** For messages. */
  readonly path: string;
  /** The folder that relative paths are relative to. */
  readonly folder: string;
  /** Its clusters, users and contexts, with absolute paths; entries that lack what they must have are left out. */
  readonly config: KubeConfig;
  /** By name, as written. */
  readonly clusters: ReadonlyMap<string, Fields>;
  readonly users: ReadonlyMap<string, Fields>;
  readonly contexts: ReadonlyMap<string, Fields>;
  readonly current: string;
}

// A kubeconfig with hundreds of embedded certificates has some 2 MB.
const largestFile = 20_000_000;

function homeOf({ env }: KubeEnvironment): string {
  return env['HOME'] || env['USERPROFILE'] || homedir();
}

/** The files that kubectl would read, in order, whether they exist or not. A leading `~` is the home folder. */
export function kubeconfigFiles(environment: KubeEnvironment): readonly string[] {
  const home = homeOf(environment);
  const listed = environment.files.length > 0 ? environment.files : (environment.env['KUBECONFIG'] ?? '').split(delimiter);
  const files = listed.filter((file) => file !== '').map((file) => resolve(file.replace(/^~(?=$|[\\/])/, home)));
  return files.length > 0 ? [...new Set(files)] : [join(home, '.kube', 'config')];
}

/** How long a pipe is waited for: the server answers nothing else meanwhile. */
const usualPatience = 5;
const idle = new Int32Array(new SharedArrayBuffer(4));

function patienceOf({ env }: Pick<KubeEnvironment, 'env'>): number {
  const seconds = Number(env['IPTABLES_INSPECT_PIPE_SECONDS']);
  return seconds > 0 ? seconds : usualPatience;
}

/**
 * A file's text, or what is written to a pipe (`--kubeconfig <(...)`), of at most 20 MB; a device has no end and is refused.
 * @param patience seconds for which nothing may come from a pipe: whoever is to write to it may never come
 */
function readBounded(path: string, patience: number): string {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const status = fstatSync(file);
    if (status.isDirectory()) throw new KubeconfigError(`${path} is a directory, not a kubeconfig.`);
    if (!status.isFile() && !status.isFIFO()) throw new KubeconfigError(`${path} is no file.`);
    const chunks: Buffer[] = [];
    let size = 0;
    let deadline = performance.now() + patience * 1_000;
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536);
      const length = readSome(file, chunk);
      // A pipe that nobody has opened for writing gives nothing, as at its end.
      if (length === 0 && (size > 0 || status.isFile())) return Buffer.concat(chunks, size).toString('utf8');
      if (length > 0) {
        size += length;
        if (size > largestFile) throw new KubeconfigError(`${path} is too large to be a kubeconfig.`);
        chunks.push(chunk.subarray(0, length));
        deadline = performance.now() + patience * 1_000;
        continue;
      }
      if (status.isFile()) throw new KubeconfigError(`${path} has no end: the kernel writes to it while it is read.`);
      if (performance.now() > deadline) throw new KubeconfigError(`${path} is a pipe, and nothing came for ${patience} seconds.`);
      Atomics.wait(idle, 0, 0, 20);
    }
  } finally {
    closeSync(file);
  }
}

/** How many bytes came; 0 at the end, -1 where there are none yet. */
function readSome(file: number, chunk: Buffer): number {
  try {
    return readSync(file, chunk, 0, chunk.length, null);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return -1;
    throw error;
  }
}

/** A file that a kubeconfig is, or names; undefined where there is none. @throws KubeconfigError */
export function readKubeFile(path: string, environment: Pick<KubeEnvironment, 'env'> = processEnvironment): string | undefined {
  try {
    return readBounded(path, patienceOf(environment));
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') throw new KubeconfigError(`Permission to read the kubeconfig ${path} is denied.`);
    throw new KubeconfigError(`The kubeconfig ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Ten times as many values as the largest kubeconfigs have: 20 MB of "{}," would be 3 GB once read. */
const mostValues = 1_000_000;

/** What is wrong with YAML, and where, without the file's words: an alias or a tag that is not known is a password that lacks its quotes. */
function yamlReason(error: unknown): string {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  const [what = ''] = reason.split(/["<!:]/, 1);
  const [, place] = /(\(\d+:\d+\))$/.exec(reason) ?? [];
  return place === undefined || what.endsWith(place) ? what.trim() : `${what.trim()} ${place}`;
}

function readFields(path: string, text: string): Fields {
  if (runToEnd(isTooDense(text, true, mostValues))) throw new KubeconfigError(`${path} is too large to be a kubeconfig.`);
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : load(text, { schema: CORE_SCHEMA, maxAliases: 100 });
  } catch (error) {
    throw new KubeconfigError(`The kubeconfig ${path} is not valid YAML: ${yamlReason(error)}.`);
  }
  if (value === null || value === undefined) return {};
  if (!isFields(value)) throw new KubeconfigError(`${path} is no kubeconfig: it holds no mapping.`);
  return value;
}

/** Fields that are text; client-go refuses a file in which one is something else, and no code after this need ask. */
const texts: Readonly<Record<'cluster' | 'user' | 'context', readonly string[]>> = {
  cluster: ['server', 'certificate-authority', 'certificate-authority-data', 'tls-server-name', 'proxy-url'],
  user: [
    'token',
    'tokenFile',
    'username',
    'password',
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'as',
    'as-uid',
  ],
  context: ['cluster', 'user', 'namespace'],
};

/** The types of fields that are no texts, or have some in them (client-go, tools/clientcmd/api/v1): kubectl reads nothing of a file in which one is of another. */
const shapes: Readonly<Record<'cluster' | 'user' | 'context', Shape>> = {
  cluster: { 'insecure-skip-tls-verify': 'boolean', 'disable-compression': 'boolean' },
  user: {
    exec: {
      apiVersion: 'text',
      command: 'text',
      args: { each: 'text' },
      env: { each: { name: 'text', value: 'text' } },
      installHint: 'text',
      provideClusterInfo: 'boolean',
      interactiveMode: 'text',
    },
    'auth-provider': { name: 'text', config: 'texts by name' },
  },
  context: {},
};

/** The entries of a list by name. @throws KubeconfigError for what client-go refuses: one name twice, a field of the wrong type */
function entriesOf(path: string, fields: Fields, kind: 'cluster' | 'user' | 'context'): ReadonlyMap<string, Fields> {
  const entries = new Map<string, Fields>();
  for (const item of objectsAt(fields, `${kind}s`)) {
    const name = textAt(item, 'name');
    if (name === '') continue;
    if (entries.has(name)) throw new KubeconfigError(`The kubeconfig ${path} has two ${kind}s named "${name}".`);
    const entry = fieldsAt(item, kind);
    const wrong = texts[kind].find((key) => !['string', 'undefined'].includes(typeof (valueAt(entry, key) ?? undefined)));
    if (wrong !== undefined) throw new KubeconfigError(`In the kubeconfig ${path}, ${wrong} of ${kind} "${name}" is no text.`);
    // Without the value, which may be a secret.
    const misfit = runToEnd(misfitSteps(shapes[kind], entry, ''));
    if (misfit !== undefined) {
      const what = `${misfit.path} of ${kind} "${name}" is not ${misfit.expected}`;
      throw new KubeconfigError(`In the kubeconfig ${path}, ${what}.`);
    }
    entries.set(name, entry);
  }
  return entries;
}

function parseFile(path: string, folder: string, text: string): KubeFile {
  const fields = readFields(path, text);
  const file = {
    path,
    folder,
    config: new KubeConfig(),
    clusters: entriesOf(path, fields, 'cluster'),
    users: entriesOf(path, fields, 'user'),
    contexts: entriesOf(path, fields, 'context'),
    current: textAt(fields, 'current-context'),
  };
  if (Object.keys(fields).length > 0) {
    try {
      file.config.loadFromString(text, { onInvalidEntry: 'filter' });
      file.config.makePathsAbsolute(folder);
    } catch (error) {
      // Entries without a name are left out above, but not by the library.
      throw new KubeconfigError(
        `The kubeconfig ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return file;
}

/** What a Pod finds, written as a kubeconfig; undefined where this is no Pod. */
function inClusterFile({ env, serviceAccount }: KubeEnvironment): KubeFile | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || readKubeFile(join(serviceAccount, 'token')) === undefined) return undefined;
  const name = inClusterContext;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const namespace = (readKubeFile(join(serviceAccount, 'namespace')) ?? '').trim();
  return parseFile(
    serviceAccount,
    serviceAccount,
    JSON.stringify({
      clusters: [{ name, cluster: { server, 'certificate-authority': 'ca.crt' } }],
      users: [{ name, user: { tokenFile: 'token' } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    }),
  );
}

/** Reads all kubeconfig files anew, in their order; at least one. @throws KubeconfigError where there is none, or one cannot be read */
export function readKubeFiles(environment: KubeEnvironment): readonly KubeFile[] {
  const files = kubeconfigFiles(environment);
  const read = files.flatMap((path) => {
    const text = readKubeFile(path, environment);
    return text === undefined ? [] : [parseFile(path, dirname(path), text)];
  });
  if (read.length > 0) return read;
  const own = inClusterFile(environment);
  if (own !== undefined) return [own];
  if (environment.files.length > 0 || environment.env['KUBECONFIG']) {
    throw new KubeconfigError(`There is no kubeconfig. None of these files exists: ${files.join(', ')}.`);
  }
  throw new KubeconfigError(
    `There is no kubeconfig: ${files.join(', ')} does not exist, KUBECONFIG names no file, and this is no Pod.`,
  );
}
