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

// Somebody may have to confirm on a second device or in a browser.
const longestRun = 120_000;
const longestOutput = 1_000_000;
/** A credential is asked for anew this long before it expires, as it has to last for the request. */
const margin = 10_000;

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
  if (/[\r\n\0]/.test(credential.token)) {
    throw new CredentialError(`The credential plugin ${plugin.command} gave a token with a line end, which cannot be sent.`);
  }
  if (credential.token === '' && credential.certificate === '') {
    throw new CredentialError(`The credential plugin ${plugin.command} gave neither a token nor a certificate.`);
  }
  return credential;
}

function run(plugin: CredentialPlugin, env: Readonly<Record<string, string | undefined>>): Promise<Credential> {
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
      timeout: longestRun,
      windowsHide: true,
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > longestOutput) child.kill();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4_000);
    });
    child.on('error', (error) => {
      const missing = 'code' in error && error.code === 'ENOENT';
      const hint = missing && plugin.installHint !== '' ? ` ${plugin.installHint.trim()}` : '';
      const why = missing ? 'is not installed, or not in PATH' : `could not be started: ${error.message}`;
      fail(new CredentialError(`The credential plugin ${plugin.command} of user "${plugin.user}" ${why}.${hint}`));
    });
    child.on('close', (code, signal) => {
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
    });
  });
}

/** An authenticator that asks the plugin. Requests at the same time share one run. */
export function credentialPlugin(plugin: CredentialPlugin, env: Readonly<Record<string, string | undefined>>): Authenticator {
  let running: Promise<Credential> | undefined;
  let expiresAt: number | null = null;
  return {
    isAuthProvider: (user) => user.name === plugin.user,
    async applyAuthentication(_user, options: RequestOptions) {
      if (running === undefined || (expiresAt !== null && Date.now() > expiresAt - margin)) {
        expiresAt = null;
        const mine = (async () => run(plugin, env))();
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
