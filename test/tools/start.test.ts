import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '../support/requirements.ts';

const root = resolve(import.meta.dirname, '../..');
const sample = join(root, 'test/fixtures/sample');

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-start-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A `code` that says that it is this version and, asked to open something, writes down its arguments and ends with `status`. */
function fakeCode(version: string, status = 0): void {
  const path = join(folder, 'code');
  writeFileSync(
    path,
    `#!/bin/sh
if [ "$1" = --version ]; then printf '${version}\\ncommit\\nx64\\n'; exit 0; fi
printf '%s\\n' "$@" > '${folder}/arguments'
[ ${status} = 0 ] || echo 'cannot open a display' >&2
exit ${status}
`,
  );
  chmodSync(path, 0o755);
}

interface Run {
  readonly child: ChildProcess;
  /** What it printed so far, on both streams. */
  said(): string;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Run {
  const child = spawn(process.execPath, [join(root, 'test/tools/start.ts'), ...args], {
    cwd: root,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, said: () => text, ended: new Promise((done) => child.on('close', done)) };
}

describe('npm start', () => {
  it('opens the sample in the VS Code that is there', async () => {
    fakeCode('1.139.0');
    const run = start();
    expect(await run.ended, run.said()).toBe(0);
    expect(readFileSync(join(folder, 'arguments'), 'utf8').trimEnd().split('\n')).toEqual([
      `--extensionDevelopmentPath=${root}`,
      '--goto',
      sample,
      `${join(sample, 'worker-1.iptables')}:140`,
    ]);
    expect(run.said()).toContain('F12 goes to its declaration');
  }, 240_000);

  it('sends people to a rule that is worth a look', () => {
    const lines = readFileSync(join(sample, 'worker-1.iptables'), 'utf8').split('\n');
    expect(lines[140 - 1]).toMatch(/^-A KUBE-SVC-3MGBTRC5ATFFL7T7 .*"booking\/frontend:http cluster IP"/);
  });

  it.each([
    [['--port', 'many'], '"many" is not a port number.'],
    [['--port', '65536'], '"65536" is not a port number.'],
    [['--no-such-option'], "'--no-such-option'"],
  ])('refuses %j and says what it takes', async (args, message) => {
    const run = start(args);
    expect(await run.ended).toBe(2);
    expect(run.said()).toContain(message);
    expect(run.said()).toContain('Usage: npm start');
  });
});

describeWith('code-server', 'npm start without a VS Code that can be used', () => {
  let busy: Server;
  let port = 0;

  beforeEach(async () => {
    busy = createServer();
    await new Promise<void>((done) => busy.listen(0, '127.0.0.1', done));
    const address = busy.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });

  afterEach(() => new Promise((done) => busy.close(done)));

  it.each([
    ['too old', '1.80.2', 0, {}, 'VS Code 1.80.2 is older than 1.101'],
    ['without a display', '1.139.0', 1, {}, 'VS Code is installed, but did not open: cannot open a display'],
    ['remote', '1.139.0', 0, { VSCODE_IPC_HOOK_CLI: '/tmp/vscode.sock' }, 'This is a terminal of a remote VS Code'],
  ])(
    'opens the embedded editor on a free port until it is stopped, where VS Code is %s',
    async (_why, version, status, env, reason) => {
      fakeCode(version, status);
      const run = start(['--port', String(port)], env);
      try {
        await expect.poll(run.said, { timeout: 180_000 }).toContain('Ctrl-C stops the editor');
        expect(run.said()).toContain(reason);
        expect(run.said()).toContain(`Port ${port} is taken`);
        const address = /http:\/\/127\.0\.0\.1:\S+/.exec(run.said())?.[0] ?? '';
        expect(address).toContain(`?folder=${sample}`);
        expect(new URL(address).port).not.toBe(String(port));
        const page = await fetch(address);
        expect(page.status).toBe(200);
        expect(await page.text()).toContain('workbench');
        run.child.kill('SIGINT');
        expect(await run.ended, run.said()).toBe(0);
        await expect(fetch(address)).rejects.toThrow('fetch failed');
      } finally {
        run.child.kill('SIGTERM');
        await run.ended;
      }
    },
    240_000,
  );
});
