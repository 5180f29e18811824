/** The contexts of all kubeconfig files, and a client configuration for one of them, by client-go's rules. */
import { type Stats, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { KubeConfig, User } from '@kubernetes/client-node';
import { booleanAt, type Fields, fieldsAt, isFields, objectsAt, textAt, textsAt } from '../fields.ts';
import { shown } from './api-error.ts';
import { ContextConfig } from './context-config.ts';
import { type Authenticator, CredentialError, type CredentialPlugin, credentialPlugin } from './credential-plugin.ts';
import { KubeconfigError, type KubeEnvironment, type KubeFile, readKubeFile, readKubeFiles } from './kubeconfig-files.ts';
import { clusterRefusal, execVersions, impersonationHeaders, proxyRefusal, userRefusal } from './kubeconfig-rules.ts';
import { proxyFor } from './proxy.ts';

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
  /** A client configuration of its own for one context. @throws KubeconfigError where it cannot be used, with client-go's reason */
  configFor(context: string): ContextConfig;
}

interface Found {
  readonly fields: Fields;
  readonly file: KubeFile;
}

/** Of entries with one name the first file's counts. */
function find(files: readonly KubeFile[], kind: 'clusters' | 'users' | 'contexts', name: string): Found | undefined {
  for (const file of files) {
    const fields = file[kind].get(name);
    if (fields !== undefined) return { fields, file };
  }
  return undefined;
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** client-go runs no plugin where the user has other credentials (exec.Authenticator, UpdateTransportConfig). */
function hasOtherCredentials(user: Fields): boolean {
  return ['token', 'tokenFile', 'username', 'client-certificate', 'client-certificate-data'].some(
    (key) => textAt(user, key) !== '',
  );
}

/** What is run for a user's credentials; undefined where nothing is. */
function pluginOf(name: string, { fields, file }: Found, cluster: Found): CredentialPlugin | undefined {
  const exec = fieldsAt(fields, 'exec');
  const command = textAt(exec, 'command');
  if (command === '' || hasOtherCredentials(fields)) return undefined;
  // client-go: a command with a slash in it is a path, relative to the kubeconfig; any other one is looked up in PATH.
  const isPath = /[\\/]/.test(command);
  const environment = objectsAt(exec, 'env').map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')] as const);
  return {
    user: name,
    command: isPath ? absolute(command, file.folder) : command,
    args: textsAt(exec, 'args'),
    env: Object.fromEntries(environment.filter(([variable]) => variable !== '')),
    apiVersion: textAt(exec, 'apiVersion') || (execVersions[0] ?? ''),
    installHint: textAt(exec, 'installHint'),
    needsTerminal: textAt(exec, 'interactiveMode') === 'Always',
    cluster: booleanAt(exec, 'provideClusterInfo') === true ? clusterInfo(cluster) : undefined,
  };
}

/** What `provideClusterInfo` tells a credential plugin (client.authentication.k8s.io/v1, Cluster). */
function clusterInfo({ fields, file }: Found): Fields {
  const authority = textAt(fields, 'certificate-authority');
  const data =
    authority === ''
      ? textAt(fields, 'certificate-authority-data')
      : Buffer.from(readKubeFile(absolute(authority, file.folder)) ?? '').toString('base64');
  const extension = objectsAt(fields, 'extensions').find(
    (entry) => textAt(entry, 'name') === 'client.authentication.k8s.io/exec',
  );
  return {
    server: textAt(fields, 'server'),
    ...(textAt(fields, 'tls-server-name') === '' ? {} : { 'tls-server-name': textAt(fields, 'tls-server-name') }),
    ...(booleanAt(fields, 'insecure-skip-tls-verify') === true ? { 'insecure-skip-tls-verify': true } : {}),
    ...(data === '' ? {} : { 'certificate-authority-data': data }),
    ...(textAt(fields, 'proxy-url') === '' ? {} : { 'proxy-url': textAt(fields, 'proxy-url') }),
    ...(extension === undefined ? {} : { config: extension['extension'] }),
  };
}

const largestToken = 1_000_000;

/** A token that is read from its file whenever credentials are needed, as it may rotate. The library's own sends the file's line end too. */
function tokenFile(user: string, path: string): Authenticator {
  return {
    isAuthProvider: (candidate) => candidate.name === user,
    async applyAuthentication(_user, options) {
      const status = statSync(path, { throwIfNoEntry: false });
      if (status?.isFile() !== true) throw new CredentialError(`The token file ${path} of user "${user}" is not there.`);
      if (status.size > largestToken)
        throw new CredentialError(`The token file ${path} of user "${user}" holds more than a token.`);
      const token = (readKubeFile(path) ?? '').trim();
      if (token === '') throw new CredentialError(`The token file ${path} of user "${user}" is empty.`);
      if (/\s/.test(token)) throw new CredentialError(`The token file ${path} of user "${user}" holds more than a token.`);
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    },
  };
}

/** The program that is run for a user's credentials, for showing. */
function programOf(user: Found | undefined): string {
  if (user === undefined || hasOtherCredentials(user.fields)) return '';
  return textAt(fieldsAt(user.fields, 'exec'), 'command');
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url.charAt(end - 1) === '/') end -= 1;
  return url.slice(0, end);
}

/** The URL that requests go below. @throws KubeconfigError */
function serverOf(cluster: Found | undefined, clusterName: string, context: string, origin: string): string {
  const server = cluster === undefined ? '' : withoutSlashes(textAt(cluster.fields, 'server'));
  if (cluster === undefined || server === '') {
    const what = cluster === undefined ? 'is not there' : 'has no server';
    throw new KubeconfigError(`Context "${context}" is of cluster "${clusterName}", which ${what} in ${origin}.`);
  }
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server)) {
    throw new KubeconfigError(`The server of cluster "${clusterName}" is no http or https URL: ${server}.`);
  }
  if (new URL(server).password !== '') {
    throw new KubeconfigError(
      `The server of cluster "${clusterName}" has a password in its URL, where it would be shown: it belongs to the user.`,
    );
  }
  return server;
}

/** A certificate or key, or several, has some thousand bytes. */
const largestCertificate = 10_000_000;

/** What lies at a path, undefined for nothing, or the code of why that cannot be told: a name that is too long, links in a circle. */
function statusOf(path: string): Stats | string | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/**
 * The library reads the files that an entry names as a whole, without an end, and waits for a pipe that nobody writes to. What is not there it says
 * itself. @throws KubeconfigError for what is no plain file, or is too large
 */
function checkFiles(entry: Found, ...fields: readonly string[]): void {
  for (const field of fields) {
    const path = textAt(entry.fields, field);
    if (path === '') continue;
    const status = statusOf(absolute(path, entry.file.folder));
    if (typeof status === 'string')
      throw new KubeconfigError(`The ${field} ${shown(path)} in ${entry.file.path} cannot be read (${status}).`);
    if (status === undefined) continue;
    if (!status.isFile() || status.size > largestCertificate)
      throw new KubeconfigError(`The ${field} ${path} in ${entry.file.path} is no file of a certificate or key.`);
    // What the kernel makes up while it is read has no size, and may have no end.
    if (status.size === 0) readKubeFile(absolute(path, entry.file.folder));
  }
}

/** The proxy as the library wants it; undefined for none. @throws KubeconfigError */
function proxyOf(cluster: Fields, server: string, environment: KubeEnvironment): string | undefined {
  const fromEnvironment = proxyFor(server, environment.env);
  const proxy = textAt(cluster, 'proxy-url') || fromEnvironment;
  if (proxy === undefined) return undefined;
  const why = proxyRefusal(proxy);
  if (why !== '')
    throw new KubeconfigError(`The proxy that the environment names ${why}: ${proxy.replace(/\/\/[^@/]*@/, '//')}.`);
  // Go has the proxy look names up; of the library's schemes that is socks5h.
  return proxy.replace(/^socks5:/i, 'socks5h:');
}

function createContextConfig(
  files: readonly KubeFile[],
  context: string,
  origin: string,
  environment: KubeEnvironment,
): ContextConfig {
  const found = find(files, 'contexts', context);
  if (found === undefined) {
    const names = files.flatMap((file) => [...file.contexts.keys()]);
    const known = names.length === 0 ? 'It has none' : `There are: ${names.slice(0, 20).join(', ')}`;
    throw new KubeconfigError(`There is no context "${context}" in ${origin}. ${known}.`);
  }
  const clusterName = textAt(found.fields, 'cluster');
  const cluster = find(files, 'clusters', clusterName);
  const server = serverOf(cluster, clusterName, context, origin);
  const known = cluster?.file.config.getCluster(clusterName);
  if (cluster === undefined || !known) throw new KubeconfigError(`Cluster "${clusterName}" in ${origin} cannot be read.`);
  const userName = textAt(found.fields, 'user');
  const user = find(files, 'users', userName);
  if (user === undefined && userName !== '') {
    throw new KubeconfigError(`Context "${context}" is of user "${userName}", which is not there in ${origin}.`);
  }
  const refusal = clusterRefusal(clusterName, cluster.fields) || (user === undefined ? '' : userRefusal(userName, user.fields));
  if (refusal !== '') throw new KubeconfigError(refusal);
  checkFiles(cluster, 'certificate-authority');
  if (user !== undefined) checkFiles(user, 'client-certificate', 'client-key');

  const namespace = textAt(found.fields, 'namespace') || 'default';
  const isSecure = server.startsWith('https:');
  const config = new ContextConfig(server, namespace, user === undefined ? {} : impersonationHeaders(user.fields));
  const name = user === undefined ? 'anonymous' : userName;
  config.loadFromOptions({
    // The library refuses plain http without this; kubectl does not, and `kubectl proxy` is one.
    clusters: [
      {
        ...known,
        server,
        skipTLSVerify: known.skipTLSVerify || !isSecure,
        proxyUrl: proxyOf(cluster.fields, server, environment),
      },
    ],
    // Credentials are never sent over http, and no program is run for them. The library needs a user to heed the cluster's certificate.
    users: [user === undefined || !isSecure ? { name } : credentialsOf(config, userName, user, cluster, environment)],
    contexts: [{ name: context, cluster: clusterName, user: name }],
    currentContext: context,
  });
  return config;
}

/** A user as the library has it, with the authenticators that it lacks registered in `config`. */
function credentialsOf(config: KubeConfig, name: string, user: Found, cluster: Found, { env }: KubeEnvironment): User {
  const known = user.file.config.getUser(name);
  if (!known) throw new KubeconfigError(`User "${name}" in ${user.file.path} cannot be read.`);
  const { exec: _exec, authProvider, impersonateUser: _as, token, password, ...rest } = known;
  const file = textAt(user.fields, 'tokenFile');
  const plugin = pluginOf(name, user, cluster);
  if (file !== '') config.addAuthenticator(tokenFile(name, absolute(file, user.file.folder)));
  else if (plugin !== undefined) config.addAuthenticator(credentialPlugin(plugin, env));
  return {
    ...rest,
    password: password ?? '',
    // client-go: a token file wins over a token.
    ...(file === '' && token ? { token } : {}),
    ...(file === '' && authProvider ? { authProvider: withoutRenewal(authProvider) } : {}),
  };
}

/**
 * An identity provider's entry, of which the token is sent while it is valid. It is not renewed: a refresh token often counts once, and
 * the one that comes instead would have to be written to the kubeconfig, as kubectl does; the user's next kubectl would fail otherwise.
 */
function withoutRenewal(provider: unknown): object {
  const fields = isFields(provider) ? provider : {};
  const { 'refresh-token': _refresh, ...config } = fieldsAt(fields, 'config');
  return { name: textAt(fields, 'name'), config };
}

/**
 * Reads all kubeconfig files anew.
 * @throws KubeconfigError where there is none, or one cannot be read
 */
export function loadKubeconfig(environment: KubeEnvironment): Kubeconfig {
  const files = readKubeFiles(environment);
  const origin = files.map(({ path }) => path).join(', ');
  const current = files.find((file) => file.current !== '')?.current ?? '';
  const names = new Set(files.flatMap((file) => [...file.contexts.keys()]));
  return {
    origin,
    contexts: Array.from(names, (name): KubeContext => {
      const fields = find(files, 'contexts', name)?.fields ?? {};
      const cluster = textAt(fields, 'cluster');
      const user = textAt(fields, 'user');
      return {
        name,
        cluster,
        server: textAt(find(files, 'clusters', cluster)?.fields ?? {}, 'server'),
        user,
        namespace: textAt(fields, 'namespace'),
        current: name === current,
        program: programOf(find(files, 'users', user)),
      };
    }),
    configFor: (context) => createContextConfig(files, context, origin, environment),
  };
}
