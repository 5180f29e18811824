import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

/**
 * The embedded editor: VS Code as code-server, from the package in test/editor. It is installed without scripts, so no compiler and no
 * system library is needed; what goes without is the terminal.
 */

const root = resolve(import.meta.dirname, '../..');
const packagePath = join(root, 'test/editor');
const codeServer = join(packagePath, 'node_modules/code-server');
const entry = join(codeServer, 'out/node/entry.js');
const windows = process.platform === 'win32';

/** Where an editor keeps its things, apart from those of an editor that the user has. */
export interface EditorFolders {
  readonly extensions: string;
  readonly userData: string;
}

export interface RunningEditor {
  /** "http://127.0.0.1:8642", without a slash at the end. */
  readonly address: string;
  /** Settles when the process has ended, with what it printed last; for whatever reason. */
  readonly ended: Promise<string>;
  /** Ends it and everything it started. */
  stop(): Promise<void>;
}

/** Whether the editor and the packages inside it are installed. npm writes these files last, so half an installation is none. */
export function isEditorInstalled(): boolean {
  const done = [packagePath, join(codeServer, 'lib/vscode')].map((path) => join(path, 'node_modules/.package-lock.json'));
  if (!done.every((path) => existsSync(path))) return false;
  const wanted = readJson<{ readonly dependencies: { readonly 'code-server': string } }>(join(packagePath, 'package.json'));
  return readJson<{ readonly version: string }>(join(codeServer, 'package.json')).version === wanted.dependencies['code-server'];
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/**
 * Installs the embedded editor: the package, then the packages inside it, which it brings its own lock file for. `progress` is told what
 * is being done. Rejects with what npm said.
 */
export async function installEditor(progress: (message: string) => void): Promise<void> {
  progress('Downloading the embedded editor, code-server (600 MB on disk) ...');
  // Quiet npm prints nothing at all for a minute on a slow line; its own bar is for terminals only.
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await npm(['ci', ...options], packagePath);
  progress('Installing what the editor itself needs ...');
  await npm(['install', '--omit=dev', '--no-package-lock', ...options], join(codeServer, 'lib/vscode'));
}

function npm(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((done, fail) => {
    // npm is a script on Windows, which only a shell starts.
    const child = spawn('npm', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], shell: windows });
    const said = lastWords(child);
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new Error(`npm ${args[0]} in ${cwd} failed (status ${code}):\n${said()}`));
    });
  });
}

/** Settings for an editor of which one thing is wanted: no welcome page, no account, no assistant, no questions. */
const quietSettings = {
  'workbench.startupEditor': 'none',
  // A page that names a file to open is also given back what was open in it before.
  'window.restoreWindows': 'preserve',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  // What it draws lies over the text.
  'editor.minimap.enabled': false,
  'git.enabled': false,
  'git.openRepositoryInParentFolders': 'never',
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
} as const;

/** Writes the user settings of an editor that has none yet; `more` goes on top. */
export function writeUserSettings(folders: EditorFolders, more: Readonly<Record<string, unknown>> = {}): void {
  const text = `${JSON.stringify({ ...quietSettings, ...more }, null, 2)}\n`;
  // To its page the editor is a remote machine: settings of machine scope count in that one's file alone.
  for (const folder of ['User', 'Machine']) {
    const path = join(folders.userData, folder, 'settings.json');
    if (existsSync(path)) continue;
    mkdirSync(join(folders.userData, folder), { recursive: true });
    writeFileSync(path, text);
  }
}

/** Installs a VSIX into the editor. Rejects with what the editor said. */
export function installExtension(vsix: string, folders: EditorFolders): Promise<void> {
  mkdirSync(folders.extensions, { recursive: true });
  mkdirSync(folders.userData, { recursive: true });
  return new Promise((done, fail) => {
    const child = start(['--install-extension', vsix, '--force'], folders);
    const said = lastWords(child);
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new Error(`The embedded editor did not install ${vsix} (status ${code}):\n${said()}`));
    });
  });
}

/**
 * Starts the editor and resolves when it answers. It listens on this machine only, without a password; `port` 0, or one that is taken,
 * gives a free one.
 */
export async function startEditor(options: {
  readonly folders: EditorFolders;
  readonly port: number;
  /** Whether workspaces are trusted without asking. */
  readonly trusted: boolean;
  /** Stops it, also while it starts. */
  readonly signal?: AbortSignal;
}): Promise<RunningEditor> {
  const port = await freePort(options.port);
  const child = start(
    [
      '--auth=none',
      `--bind-addr=127.0.0.1:${port}`,
      '--disable-telemetry',
      '--disable-update-check',
      '--disable-getting-started-override',
      '--ignore-last-opened',
      ...(options.trusted ? ['--disable-workspace-trust'] : []),
    ],
    options.folders,
  );
  const said = lastWords(child);
  let running = true;
  // It has a process group of its own and would stay when we go without having stopped it.
  const goneWithUs = (): void => signalAll(child, 'SIGKILL');
  process.once('exit', goneWithUs);
  const ended = new Promise<string>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', () => done(said()));
  }).then((words) => {
    running = false;
    process.off('exit', goneWithUs);
    return words;
  });
  const address = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (!running) return;
    signalAll(child, 'SIGTERM');
    const patience = setTimeout(() => signalAll(child, 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(patience);
    // The extension host ends by itself when it sees that the server is gone, but seconds later.
    signalAll(child, 'SIGKILL');
  };
  options.signal?.addEventListener('abort', () => void stop());
  const giveUp = Date.now() + 60_000;
  for (;;) {
    options.signal?.throwIfAborted();
    if (!running) throw new Error(`The embedded editor ended while it started:\n${await ended}`);
    if (await answers(`${address}/healthz`)) return { address, ended, stop };
    if (Date.now() > giveUp) {
      await stop();
      throw new Error(`The embedded editor did not answer within a minute:\n${said()}`);
    }
    await new Promise((next) => setTimeout(next, 100));
  }
}

/** The page that shows a folder and, when one is given, a file in it with the cursor on a 1-based line. Paths are absolute. */
export function pageOf(editor: RunningEditor, folder: string, file?: string, line = 1): string {
  const page = `${editor.address}/?folder=${readable(folder)}`;
  if (file === undefined) return page;
  const uri = `vscode-remote://${new URL(editor.address).host}${encodeURI(file)}:${line}:1`;
  const payload = JSON.stringify([
    ['openFile', uri],
    ['gotoLineMode', 'true'],
  ]);
  return `${page}&payload=${readable(payload)}`;
}

/** Text for a query, with what may stand there unencoded left as it is: people read the address. */
function readable(text: string): string {
  return encodeURIComponent(text).replace(/%(?:2C|2F|3A)/g, decodeURIComponent);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

/** A port of this machine that nothing listens on: the wanted one, or any. */
function freePort(wanted: number): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.on('error', (error) => (wanted === 0 ? fail(error) : done(freePort(0))));
    probe.listen(wanted, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => done(typeof address === 'object' && address !== null ? address.port : wanted));
    });
  });
}

function start(args: readonly string[], folders: EditorFolders): ChildProcess {
  const own = [
    `--extensions-dir=${folders.extensions}`,
    `--user-data-dir=${folders.userData}`,
    // Else it writes one, with a password, into the user's home.
    `--config=${join(folders.userData, 'code-server.yaml')}`,
  ];
  // A group of its own: Ctrl-C reaches it through us, once, and what it starts can be ended with it.
  return spawn(process.execPath, [entry, ...own, ...args], {
    cwd: root,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
  });
}

/** Without what would make the editor use another port, ask for a password, or open the folder in the VS Code whose terminal this is. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) =>
        !/^(?:PORT|(?:HASHED_)?PASSWORD|GITHUB_TOKEN|LOG_LEVEL|NODE_OPTIONS|(?:VSCODE|CODE_SERVER|CS|VITEST)_.*)$/.test(name),
    ),
  );
}

function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (windows) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' });
    else process.kill(-child.pid, signal);
  } catch {
    // Gone already.
  }
}

/** Reads what a process prints and gives its last lines. */
function lastWords(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString()).slice(-4_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text.trimEnd();
}
