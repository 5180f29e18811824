/**
 * `npm start`: opens the sample dump with the extension loaded, in the user's VS Code where there is one, else in the embedded editor.
 * It is run by bootstrap.mjs, which has installed the packages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import {
  type EditorFolders,
  installEditor,
  installExtension,
  isEditorInstalled,
  pageOf,
  startEditor,
  writeUserSettings,
} from '../support/embedded-editor.ts';
import { bundleExtension, contentKey, packBuiltExtension } from '../support/package-extension.ts';
import { step } from './progress.ts';

const usage = `Usage: npm start [-- OPTIONS]

  --embedded   use the embedded editor even where VS Code is installed
  --port PORT  where the embedded editor listens; another port when it is taken (default 8642)
  --no-open    only print the embedded editor's address, open no browser
`;

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'test/fixtures/sample');
const dump = join(folder, 'worker-1.iptables');
// The first rule of a Service with three endpoints: a good place to begin.
const line = 140;

const lookAt = `What to look at in worker-1.iptables:
  - Line ${line}: hover the chain behind -A and read which Service and which Pods are behind it. F12 goes to its declaration.
  - The button at the top right of the editor, "Show NAT Flow", draws where the packets go. Click a box to go to its rule.
  - View > Problems: a chain that nothing jumps to any more, and a jump to a chain that is gone.`;

/** The folder's and file's place in the words that VS Code's own command takes. */
const places = ['--goto', folder, `${dump}:${line}`];

interface Options {
  readonly embedded: boolean;
  readonly port: number;
  readonly open: boolean;
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        embedded: { type: 'boolean', default: false },
        port: { type: 'string', default: '8642' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`"${values.port}" is not a port number.`);
    return { embedded: values.embedded, port, open: !values['no-open'] };
  } catch (error) {
    process.stderr.write(`${describe(error)}\n\n${usage}`);
    process.exit(2);
  }
}

/** Opens VS Code with the extension as it is in this checkout. False where there is no VS Code, or none that works here. */
async function openInCode(): Promise<boolean> {
  const shell = process.platform === 'win32';
  const asked = spawnSync('code', ['--version'], { encoding: 'utf8', shell, timeout: 20_000 });
  const version = /^(\d+)\.(\d+)\.\d+/.exec(asked.stdout ?? '');
  if (asked.status !== 0 || version === null) return false;
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly engines: { readonly vscode: string };
  };
  const [major = 0, minor = 0] = engines.vscode.replace(/^\D*/, '').split('.').map(Number);
  if (Number(version[1]) < major || (Number(version[1]) === major && Number(version[2]) < minor)) {
    console.error(`VS Code ${version[0]} is older than ${major}.${minor}, which the extension needs.`);
    return false;
  }
  if (process.env['VSCODE_IPC_HOOK_CLI'] !== undefined) {
    console.error(
      'This is a terminal of a remote VS Code, which loads no extension from a folder. To install it there instead:\n' +
        '  npm run package && code --install-extension dist/*.vsix',
    );
    return false;
  }
  await step('Building the extension ...', () => node([join(root, 'esbuild.mjs')]));
  const opened = spawnSync('code', [`--extensionDevelopmentPath=${root}`, ...places], { encoding: 'utf8', shell });
  if (opened.status !== 0) {
    console.error(`VS Code is installed, but did not open: ${opened.stderr.trim()}`);
    return false;
  }
  console.log(`\nVS Code ${version[0]} opens ${folder}.\n\n${lookAt}`);
  return true;
}

function node(args: readonly string[]): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    child.on('error', fail);
    child.on('close', (code) => (code === 0 ? done() : fail(new Error(said.trimEnd()))));
  });
}

async function openEmbedded({ port, open }: Options): Promise<void> {
  const home = join(root, 'test/output/start');
  const folders: EditorFolders = { extensions: join(home, 'extensions'), userData: join(home, 'user-data') };
  if (!isEditorInstalled()) await step('Embedded editor ...', installEditor);
  await step('Building the extension ...', bundleExtension);
  await installOnce(folders, join(home, 'installed'));
  writeUserSettings(folders);

  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  const editor = await step('Starting the embedded editor ...', () =>
    startEditor({ folders, port, trusted: true, signal: stopped.signal }),
  );
  const page = pageOf(editor, folder, dump, line);
  if (port !== 0 && new URL(page).port !== String(port)) console.error(`Port ${port} is taken, so it is another one.`);
  console.log(
    `\nOpen this address in a browser on this machine:\n\n  ${styleText('bold', page)}\n\n${lookAt}\n\nCtrl-C stops the editor.`,
  );
  if (open) openBrowser(page);
  const lastWords = await editor.ended;
  if (!stopped.signal.aborted) throw new Error(`The embedded editor has ended:\n${lastWords}`);
  console.error('\nStopped.');
}

/** Packs and installs what was built, unless it is what `mark` says that was installed last. */
async function installOnce(folders: EditorFolders, mark: string): Promise<void> {
  const key = contentKey();
  if (existsSync(mark) && readFileSync(mark, 'utf8') === key) return;
  const vsix = await step('Packaging the extension ...', () => packBuiltExtension());
  await step('Installing it into the embedded editor ...', () => installExtension(vsix, folders));
  writeFileSync(mark, key);
}

/** Opens the page where a person sits in front of this machine. That it did not is no error: the address is on the screen. */
function openBrowser(page: string): void {
  const { env, platform, stdout } = process;
  if (!stdout.isTTY || env['CI'] !== undefined || env['SSH_CONNECTION'] !== undefined) return;
  const isLinux = platform !== 'darwin' && platform !== 'win32';
  if (isLinux && env['DISPLAY'] === undefined && env['WAYLAND_DISPLAY'] === undefined) return;
  const command = platform === 'darwin' ? 'open' : platform === 'win32' ? 'explorer' : 'xdg-open';
  const child = spawn(command, [page], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const options = readOptions();
try {
  if (options.embedded || !(await openInCode())) await openEmbedded(options);
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
}
