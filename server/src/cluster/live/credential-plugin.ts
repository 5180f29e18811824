/**
 * Credentials from a program that the kubeconfig names (`users[].user.exec`), as client-go runs it: no shell, no terminal, told of the
 * protocol's version and the cluster by KUBERNETES_EXEC_INFO, its answer kept until it expires.
 *
 * Registered with the client library as an authenticator. The library's own (ExecAuth 2.0.1) sets no KUBERNETES_EXEC_INFO, without which
 * gke-gcloud-auth-plugin and others end; leaves standard input open, so that a program which asks waits for ever; has no time-out and no
 * bound on what it keeps; runs once for each request at the same time; and offers no way to start the program otherwise.
 */
import { spawn } from 'node:child_process';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { type Fields, fieldsAt, isFields, textAt, timeAt } from '../fields.ts';

/** What the client library asks for a user's credentials; it does not export the type. */
export type Authenticator = Parameters<KubeConfig['addAuthenticator']>[0];

export interface CredentialPlugin {
  /** The user's name in the kubeconfig. */
  readonly user: string;
  /** A path, or a name that is looked up in PATH. */
  readonly command: string;
  readonly args: readonly string[];
  /** What is added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** What the kubeconfig says on how to install the program. */
  readonly installHint: string;
  /** It cannot do without a terminal, so it cannot be run here. */
  readonly needsTerminal: boolean;
  /** What it is told of the cluster; undefined where the kubeconfig does not want that. */
  readonly cluster: Fields | undefined;
}

/** A program that gave no credentials; the message says which one and why. Trying again would give the same or bother the user. */
export class CredentialError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CredentialError';
  }
}

interface Credential {
  readonly token: string;
  readonly certificate: string;
  readonly key: string;
  /** Milliseconds since 1970; null where it does not expire. */
  readonly expiresAt: number | null;
}

/** What a plugin may take. */
export interface PluginLimits {
  /** Milliseconds that it may run. */
  readonly run: number;
  /** Milliseconds that its output is waited for after it ended, where a program that it started holds it open. */
  readonly afterExit: number;
  /** Characters that it may print. */
  readonly output: number;
}

// Somebody may have to confirm on a second device or in a browser.
const usualLimits: PluginLimits = { run: 120_000, afterExit: 2_000, output: 1_000_000 };
/** A credential is asked for anew this long before it expires, as it has to last for the request. */
const margin = 10_000;

/** What a header cannot hold of a token (RFC 9110, section 5.5), in words; empty for nothing. */
export function unsendableIn(token: string): string {
  if (/[\r\n]/.test(token)) return 'a line end';
  return /[^\t\x20-\x7e\x80-\xff]/.test(token) ? 'a character of no token' : '';
}

function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? '';
  return line.length > 300 ? `${line.slice(0, 297)}...` : line;
}

function readCredential(plugin: CredentialPlugin, output: string): Credential {
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    throw new CredentialError(`The credential plugin ${plugin.command} printed no JSON.`);
  }
  const version = isFields(value) ? textAt(value, 'apiVersion') : '';
  if (version !== '' && version !== plugin.apiVersion) {
    throw new CredentialError(
      `The credential plugin ${plugin.command} answered in ${version}, and the kubeconfig says ${plugin.apiVersion}.`,
    );
  }
  const status = isFields(value) ? fieldsAt(value, 'status') : {};
  const credential = {
    token: textAt(status, 'token'),
    certificate: textAt(status, 'clientCertificateData'),
    key: textAt(status, 'clientKeyData'),
    expiresAt: timeAt(status, 'expirationTimestamp'),
  };
  const unsendable = unsendableIn(credential.token);
  if (unsendable !== '') {
    throw new CredentialError(`The credential plugin ${plugin.command} gave a token with ${unsendable}, which cannot be sent.`);
  }
  if (credential.token === '' && credential.certificate === '') {
    throw new CredentialError(`The credential plugin ${plugin.command} gave neither a token nor a certificate.`);
  }
  return credential;
}

function run(
  plugin: CredentialPlugin,
  env: Readonly<Record<string, string | undefined>>,
  limits: PluginLimits,
): Promise<Credential> {
  if (plugin.needsTerminal) {
    throw new CredentialError(
      `The credential plugin ${plugin.command} of user "${plugin.user}" needs a terminal (interactiveMode: Always).`,
    );
  }
  const info = {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.cluster === undefined ? {} : { cluster: plugin.cluster }) },
  };
  return new Promise((done, fail) => {
    const child = spawn(plugin.command, plugin.args, {
      env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let output = '';
    let errors = '';
    let afterExit: NodeJS.Timeout | undefined;
    const untilGivenUp = setTimeout(() => giveUp(`did not end within ${limits.run / 1_000} s`), limits.run);
    /** A program may ignore that it is asked to end, and one that it started may hold its output open: neither is waited for. */
    function leave(): void {
      clearTimeout(untilGivenUp);
      clearTimeout(afterExit);
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    }
    function giveUp(why: string): void {
      leave();
      fail(new CredentialError(`The credential plugin ${plugin.command} of user "${plugin.user}" ${why}.`));
    }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > limits.output) giveUp(`printed more than ${limits.output / 1_000_000} MB`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
    });
    child.on('error', (error) => {
      leave();
      const missing = 'code' in error && error.code === 'ENOENT';
      const hint = missing && plugin.installHint !== '' ? ` ${plugin.installHint.trim()}` : '';
      const why = missing ? 'is not installed, or not in PATH' : `could not be started: ${error.message}`;
      fail(new CredentialError(`The credential plugin ${plugin.command} of user "${plugin.user}" ${why}.${hint}`));
    });
    child.on('exit', (code, signal) => {
      afterExit = setTimeout(() => ended(code, signal), limits.afterExit);
    });
    child.on('close', ended);
    function ended(code: number | null, signal: NodeJS.Signals | null): void {
      leave();
      if (code !== 0) {
        const how = code === null ? `was ended by ${signal ?? 'a signal'}` : `failed with exit code ${code}`;
        const said = lastLine(errors);
        fail(new CredentialError(`The credential plugin ${plugin.command} ${how}${said === '' ? '.' : `: ${said}`}`));
        return;
      }
      try {
        done(readCredential(plugin, output));
      } catch (error) {
        fail(error);
      }
    }
  });
}

/** An authenticator that asks the plugin. Requests at the same time share one run. */
export function credentialPlugin(
  plugin: CredentialPlugin,
  env: Readonly<Record<string, string | undefined>>,
  limits: PluginLimits = usualLimits,
): Authenticator {
  let running: Promise<Credential> | undefined;
  let expiresAt: number | null = null;
  return {
    isAuthProvider: (user) => user.name === plugin.user,
    async applyAuthentication(_user, options: RequestOptions) {
      if (running === undefined || (expiresAt !== null && Date.now() > expiresAt - margin)) {
        expiresAt = null;
        const mine = (async () => run(plugin, env, limits))();
        running = mine;
        mine.then(
          (credential) => {
            expiresAt = credential.expiresAt;
          },
          () => {
            if (running === mine) running = undefined;
          },
        );
      }
      const credential = await running;
      if (credential.certificate !== '') options.cert = credential.certificate;
      if (credential.key !== '') options.key = credential.key;
      if (credential.token !== '') options.headers = { ...options.headers, Authorization: `Bearer ${credential.token}` };
    },
  };
}
