import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOfBeginning, errorOfConnection, errorOfStatus } from '../../server/src/cluster/live/api-error.ts';
import { credentialPlugin, type PluginLimits } from '../../server/src/cluster/live/credential-plugin.ts';
import { userRefusal } from '../../server/src/cluster/live/kubeconfig-rules.ts';
import { type Folder, temporaryFolder } from './kubeconfigs.ts';

let folder: Folder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const apiVersion = 'client.authentication.k8s.io/v1';
const usual: PluginLimits = { run: 60_000, afterExit: 10, output: 1_000_000 };

/** What a program that is this script gives: the Authorization header, or the words of its error. */
async function ask(script: string, limits: Partial<PluginLimits> = {}): Promise<string> {
  const args = [folder.write('plugin.cjs', script)];
  const given = { user: 'u', command: process.execPath, args, env: {}, apiVersion, installHint: '', needsTerminal: false };
  const plugin = credentialPlugin({ ...given, cluster: undefined }, process.env, { ...usual, ...limits });
  const options: RequestOptions = {};
  try {
    await plugin.applyAuthentication({ name: 'u' }, options);
    return String((options.headers as Readonly<Record<string, string>> | undefined)?.['Authorization']);
  } catch (error) {
    return error instanceof Error ? error.message.replace(process.execPath, 'PLUGIN') : String(error);
  }
}

const answer = (token: string): string =>
  `process.stdout.write(${JSON.stringify(JSON.stringify({ apiVersion, status: { token } }))});`;
const ignoresSignals = "for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {});";

describe.skipIf(process.platform === 'win32')('a credential plugin', () => {
  it('that never ends, and ignores that it should, is not waited for', async () => {
    const noted = join(folder.path, 'pid');
    const script = `${ignoresSignals} require('node:fs').writeFileSync(${JSON.stringify(noted)}, String(process.pid)); setInterval(() => {}, 1000);`;
    expect(await ask(script, { run: 3_000 })).toBe('The credential plugin PLUGIN of user "u" did not end within 3 s.');
    const program = Number(readFileSync(noted, 'utf8'));
    await vi.waitFor(() => expect(() => process.kill(program, 0)).toThrow('ESRCH'), { timeout: 8_000, interval: 20 });
  });

  it('that prints without an end is ended, and what it prints is not kept', async () => {
    const script = `${ignoresSignals} const text = 'a'.repeat(65536); const go = () => process.stdout.write(text, go); go();`;
    expect(await ask(script)).toBe('The credential plugin PLUGIN of user "u" printed more than 1 MB.');
  });

  it('that leaves a program behind which holds its output open has answered', async () => {
    const script = `require('node:child_process').spawn('sleep', ['60'], { stdio: ['ignore', 'inherit', 'ignore'], detached: true }).unref(); ${answer('t')}`;
    expect(await ask(script)).toBe('Bearer t');
  });

  it.each([
    ['a\nb', 'a line end'],
    ['a\u0001', 'a character of no token'],
    ['a\u20ac', 'a character of no token'],
  ])('whose token cannot be sent is named, the token is not: %j', async (token, what) => {
    expect(await ask(answer(token))).toBe(`The credential plugin PLUGIN gave a token with ${what}, which cannot be sent.`);
    expect(userRefusal('u', { token })).toBe(`The token of user "u" holds ${what}, which cannot be sent.`);
  });
});

describe('what is said of a connection', () => {
  const openssl = (code: string, message: string): Error => Object.assign(new Error(message), { code });

  it('names the reason of OpenSSL, and not its source files', () => {
    const text =
      'write EPROTO 40F:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/methods/tlsany_meth.c:77:';
    expect(errorOfConnection(openssl('EPROTO', text), 'https://a').message).toBe(
      'https://a speaks no TLS that is accepted here: wrong version number.',
    );
    expect(
      errorOfBeginning(openssl('ERR_OSSL_PEM_NO_START_LINE', 'error:0480006C:PEM routines::no start line'), 'https://a'),
    ).toMatchObject({
      failure: 'refused',
      message: 'A certificate or key with which https://a is to be asked cannot be used: no start line.',
    });
  });

  it('shows nothing of credentials that cannot be sent', () => {
    expect(errorOfBeginning(openssl('ERR_INVALID_CHAR', 'Invalid character in header content'), 'https://a').message).toBe(
      'The credentials for https://a hold a character that cannot be sent.',
    );
  });

  it('says of a redirection that credentials do not follow it', () => {
    expect(errorOfStatus(307, 'list services', undefined, 0).message).toMatch(
      /^The server sends elsewhere \(307\), and credentials are/,
    );
  });
});
