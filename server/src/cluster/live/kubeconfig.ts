/**
 * Kubeconfig files as kubectl reads them (client-go, tools/clientcmd): the files that KUBECONFIG lists, else `~/.kube/config`, else a
 * Pod's own credentials. Of entries with one name the first file's counts; files that do not exist are passed over; paths in a file
 * are relative to it. Never a default server: without any of these there is an error and no connection.
 */
import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { CORE_SCHEMA, load } from 'js-yaml';
import { booleanAt, type Fields, fieldsAt, isFields, objectsAt, textAt, textsAt } from '../fields.ts';
import { type CredentialPlugin, credentialPlugin } from './credential-plugin.ts';
import { proxyFor } from './proxy.ts';

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

export interface KubeContext {
  readonly name: string;
  readonly cluster: string;
  /** "https://10.0.0.1:6443"; empty where the cluster's entry is missing. */
  readonly server: string;
  readonly user: string;
  /** Empty where the context names none. */
  readonly namespace: string;
  /** Whether it is `current-context`. */
  readonly current: boolean;
  /** The program that is run for credentials; empty for none. */
  readonly program: string;
}

/** All kubeconfig files, merged. */
export interface Kubeconfig {
  /** Where it comes from, for messages: the files' paths, or the service account's folder. */
  readonly origin: string;
  readonly contexts: readonly KubeContext[];
  /** A client configuration of its own for one context. @throws KubeconfigError where the context, its cluster or user is missing */
  configFor(context: string): KubeConfig;
}

/** Why there is no usable kubeconfig, in a sentence for the user. */
export class KubeconfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KubeconfigError';
  }
}

/** The context that stands for a Pod's own credentials. */
export const inClusterContext = 'in-cluster';

// A kubeconfig with hundreds of embedded certificates has some 2 MB.
const largestFile = 20_000_000;

interface Entry {
  readonly fields: Fields;
  /** The folder of its file. */
  readonly folder: string;
}

interface Entries {
  readonly clusters: Map<string, Entry>;
  readonly users: Map<string, Entry>;
  readonly contexts: Map<string, Entry>;
  current: string;
}

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

function readText(file: string): string | undefined {
  try {
    if (statSync(file).size > largestFile) throw new KubeconfigError(`${file} is too large to be a kubeconfig.`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof KubeconfigError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'EPERM') throw new KubeconfigError(`Permission to read the kubeconfig ${file} is denied.`);
    if (code === 'EISDIR') throw new KubeconfigError(`${file} is a directory, not a kubeconfig.`);
    throw new KubeconfigError(`The kubeconfig ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readFields(file: string, text: string): Fields {
  let value: unknown;
  try {
    value = text.trim() === '' ? {} : load(text, { schema: CORE_SCHEMA, maxAliases: 100 });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new KubeconfigError(`The kubeconfig ${file} is not valid YAML: ${reason}.`);
  }
  if (value === null || value === undefined) return {};
  if (!isFields(value)) throw new KubeconfigError(`${file} is no kubeconfig: it holds no mapping.`);
  return value;
}

function addEntries(into: Map<string, Entry>, list: readonly Fields[], key: string, folder: string): void {
  for (const item of list) {
    const name = textAt(item, 'name');
    if (name !== '' && !into.has(name)) into.set(name, { fields: fieldsAt(item, key), folder });
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function absolute(path: string, folder: string): string | undefined {
  if (path === '') return undefined;
  return isAbsolute(path) ? path : join(folder, path);
}

/** What is run for a user's credentials; undefined where nothing is. */
function pluginOf(name: string, user: Entry, cluster: Entry | undefined): CredentialPlugin | undefined {
  const exec = fieldsAt(user.fields, 'exec');
  const command = textAt(exec, 'command');
  if (command === '') return undefined;
  // client-go: a command with a slash in it is a path, relative to the kubeconfig; any other one is looked up in PATH.
  const isPath = /[\\/]/.test(command);
  const environment = objectsAt(exec, 'env').map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const);
  return {
    user: name,
    command: isPath ? (absolute(command, user.folder) ?? command) : command,
    args: textsAt(exec, 'args'),
    env: Object.fromEntries(environment.filter(([variable]) => variable !== '')),
    apiVersion: textAt(exec, 'apiVersion') || 'client.authentication.k8s.io/v1',
    installHint: textAt(exec, 'installHint'),
    needsTerminal: textAt(exec, 'interactiveMode') === 'Always',
    cluster: booleanAt(exec, 'provideClusterInfo') === true && cluster !== undefined ? clusterInfo(cluster) : undefined,
  };
}

/** What `provideClusterInfo` tells a credential plugin (client.authentication.k8s.io/v1, Cluster). */
function clusterInfo({ fields, folder }: Entry): Fields {
  const file = absolute(textAt(fields, 'certificate-authority'), folder);
  const data = textAt(fields, 'certificate-authority-data');
  const extension = objectsAt(fields, 'extensions').find(
    (entry) => textAt(entry, 'name') === 'client.authentication.k8s.io/exec',
  );
  const authority = data === '' && file !== undefined ? Buffer.from(readText(file) ?? '').toString('base64') : data;
  return {
    server: textAt(fields, 'server'),
    ...(textAt(fields, 'tls-server-name') === '' ? {} : { 'tls-server-name': textAt(fields, 'tls-server-name') }),
    ...(booleanAt(fields, 'insecure-skip-tls-verify') === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(authority === '' ? {} : { 'certificate-authority-data': authority }),
    ...(textAt(fields, 'proxy-url') === '' ? {} : { 'proxy-url': textAt(fields, 'proxy-url') }),
    ...(extension === undefined ? {} : { config: extension['extension'] }),
  };
}

/** The program that is run for a user's credentials, for showing. */
function programOf(user: Entry | undefined): string {
  if (user === undefined) return '';
  const command = textAt(fieldsAt(user.fields, 'exec'), 'command');
  return command || textAt(fieldsAt(fieldsAt(user.fields, 'auth-provider'), 'config'), 'cmd-path');
}

/** A user as the client library has it. */
function clientUser(name: string, { fields, folder }: Entry): Record<string, unknown> {
  const tokenFile = absolute(textAt(fields, 'tokenFile'), folder);
  const provider = fieldsAt(fields, 'auth-provider');
  return {
    name,
    certData: textAt(fields, 'client-certificate-data') || undefined,
    certFile: absolute(textAt(fields, 'client-certificate'), folder),
    keyData: textAt(fields, 'client-key-data') || undefined,
    keyFile: absolute(textAt(fields, 'client-key'), folder),
    // client-go: a token file wins over a token, and is read again as it changes.
    token: tokenFile === undefined ? textAt(fields, 'token') || undefined : undefined,
    username: textAt(fields, 'username') || undefined,
    password: textAt(fields, 'password') || undefined,
    impersonateUser: textAt(fields, 'as') || undefined,
    authProvider:
      tokenFile !== undefined
        ? { name: 'tokenFile', config: { tokenFile } }
        : textAt(provider, 'name') === ''
          ? undefined
          : { name: textAt(provider, 'name'), config: { ...fieldsAt(provider, 'config') } },
  };
}

function createClientConfig(entries: Entries, context: string, origin: string, environment: KubeEnvironment): KubeConfig {
  const found = entries.contexts.get(context);
  if (found === undefined) {
    const names = [...entries.contexts.keys()];
    const known = names.length === 0 ? 'It has none' : `There are: ${names.slice(0, 20).join(', ')}`;
    throw new KubeconfigError(`There is no context "${context}" in ${origin}. ${known}.`);
  }
  const clusterName = textAt(found.fields, 'cluster');
  const cluster = entries.clusters.get(clusterName);
  const server = cluster === undefined ? '' : textAt(cluster.fields, 'server').replace(/\/+$/, '');
  if (cluster === undefined || server === '') {
    const what = cluster === undefined ? 'is not there' : 'has no server';
    throw new KubeconfigError(`Context "${context}" is of cluster "${clusterName}", which ${what} in ${origin}.`);
  }
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server)) {
    throw new KubeconfigError(`The server of cluster "${clusterName}" is no http or https URL: ${server}.`);
  }
  const userName = textAt(found.fields, 'user');
  const user = entries.users.get(userName);
  if (user === undefined && userName !== '') {
    throw new KubeconfigError(`Context "${context}" is of user "${userName}", which is not there in ${origin}.`);
  }
  const config = new KubeConfig();
  const plugin = user === undefined ? undefined : pluginOf(userName, user, cluster);
  if (plugin !== undefined) config.addAuthenticator(credentialPlugin(plugin, environment.env));
  config.loadFromOptions({
    clusters: [
      {
        name: clusterName,
        server,
        caData: textAt(cluster.fields, 'certificate-authority-data') || undefined,
        caFile: absolute(textAt(cluster.fields, 'certificate-authority'), cluster.folder),
        // The library refuses plain http without this; kubectl does not, and `kubectl proxy` is one.
        skipTLSVerify: booleanAt(cluster.fields, 'insecure-skip-tls-verify') === true || server.startsWith('http:'),
        tlsServerName: textAt(cluster.fields, 'tls-server-name') || undefined,
        proxyUrl: textAt(cluster.fields, 'proxy-url') || proxyFor(server, environment.env),
      },
    ],
    // The library leaves the certificate authority out where a context has no user.
    users: [user === undefined ? { name: 'anonymous' } : clientUser(userName, user)],
    contexts: [{ name: context, cluster: clusterName, user: user === undefined ? 'anonymous' : userName }],
    currentContext: context,
  });
  return config;
}

function inCluster(environment: KubeEnvironment): Entries {
  const { env, serviceAccount } = environment;
  const host = env['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '';
  const entry = (fields: Fields): Entry => ({ fields, folder: serviceAccount });
  return {
    clusters: new Map([
      [
        inClusterContext,
        entry({ server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, 'certificate-authority': 'ca.crt' }),
      ],
    ]),
    users: new Map([[inClusterContext, entry({ tokenFile: 'token' })]]),
    contexts: new Map([
      [
        inClusterContext,
        entry({
          cluster: inClusterContext,
          user: inClusterContext,
          namespace: readText(join(serviceAccount, 'namespace')) ?? '',
        }),
      ],
    ]),
    current: inClusterContext,
  };
}

/**
 * Reads all kubeconfig files anew.
 * @throws KubeconfigError where there is none, or one cannot be read
 */
export function loadKubeconfig(environment: KubeEnvironment): Kubeconfig {
  const files = kubeconfigFiles(environment);
  let entries: Entries = { clusters: new Map(), users: new Map(), contexts: new Map(), current: '' };
  const read: string[] = [];
  for (const file of files) {
    const text = readText(file);
    if (text === undefined) continue;
    read.push(file);
    const fields = readFields(file, text);
    const folder = dirname(file);
    addEntries(entries.clusters, objectsAt(fields, 'clusters'), 'cluster', folder);
    addEntries(entries.users, objectsAt(fields, 'users'), 'user', folder);
    addEntries(entries.contexts, objectsAt(fields, 'contexts'), 'context', folder);
    entries.current ||= textAt(fields, 'current-context');
  }
  let origin = read.join(', ');
  if (read.length === 0) {
    const token = join(environment.serviceAccount, 'token');
    if ((environment.env['KUBERNETES_SERVICE_HOST'] ?? '') === '' || !isFile(token)) {
      const how = environment.files.length > 0 || environment.env['KUBECONFIG'] ? 'None of these files exists' : 'There is no';
      throw new KubeconfigError(
        how === 'There is no'
          ? `There is no kubeconfig: ${files.join(', ')} does not exist, KUBECONFIG names no file, and this is no Pod.`
          : `There is no kubeconfig. ${how}: ${files.join(', ')}.`,
      );
    }
    entries = inCluster(environment);
    origin = environment.serviceAccount;
  }
  return {
    origin,
    contexts: Array.from(entries.contexts, ([name, { fields }]) => {
      const cluster = textAt(fields, 'cluster');
      const user = textAt(fields, 'user');
      return {
        name,
        cluster,
        server: textAt(entries.clusters.get(cluster)?.fields ?? {}, 'server'),
        user,
        namespace: textAt(fields, 'namespace'),
        current: name === entries.current,
        program: programOf(entries.users.get(user)),
      };
    }),
    configFor: (context) => createClientConfig(entries, context, origin, environment),
  };
}
