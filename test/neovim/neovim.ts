import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, vi } from 'vitest';
import { serverBundle } from '../support/server-bundle.ts';

const run = promisify(execFile);
const page = resolve(import.meta.dirname, '../../docs/other-editors.md');
/** How long anything in Neovim may take before it counts as not happening, in milliseconds. */
const patience = 30_000;

/** Neovim without a screen, to which keys are typed. */
export interface Neovim {
  /** "0.7.2" */
  readonly version: string;
  /** Types keys, in Vim's notation: `<Esc>`, `<C-x>`. */
  type(keys: string): Promise<void>;
  /** What an expression of Lua is now. */
  lua<T>(expression: string): Promise<T>;
  /** What an expression of Vim's is now; of some hundred characters at the most, as longer answers Neovim 0.7 cuts. */
  vim<T>(expression: string): Promise<T>;
  /** What was printed, messages among it. */
  printed(): string;
  close(): Promise<void>;
}

/** The set-up that the page on other editors gives for a version of Neovim. */
export function documentedSetup(version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNew = major > 0 || minor >= 11;
  const section = readFileSync(page, 'utf8')
    .split(/^### /m)
    .find((part) => part.startsWith(isNew ? '0.11 ' : '0.7 '));
  const block = section === undefined ? undefined : /^```lua\n([\s\S]*?)^```$/m.exec(section)?.[1];
  if (block === undefined) throw new Error(`docs/other-editors.md has no set-up for Neovim ${version}`);
  return block;
}

/** Waits until what is read is as it should be. */
export function soon<T>(read: () => Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: patience, interval: 50 });
}

/**
 * Starts a Neovim with the set-up of docs/other-editors.md and nothing else, on a file of a folder of its own that has these files. The server that
 * was built is the program `iptables-language-server` there.
 */
export async function startNeovim(program: string, files: Readonly<Record<string, string>>, file: string): Promise<Neovim> {
  const { stdout: told } = await run(program, ['--version']);
  const version = /^NVIM v(\S+)/.exec(told)?.[1] ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'iptables-neovim-'));
  const workspace = join(folder, 'work');
  const bin = join(folder, 'bin');
  for (const made of [workspace, bin]) mkdirSync(made);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(workspace, name), text);
  symlinkSync(serverBundle, join(bin, 'iptables-language-server'));
  writeFileSync(join(folder, 'init.lua'), documentedSetup(version));
  const socket = join(folder, 'socket');
  const path = [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  const own = { HOME: folder, XDG_CONFIG_HOME: folder, XDG_STATE_HOME: folder, XDG_CACHE_HOME: folder, XDG_DATA_HOME: folder };
  const env = { ...process.env, ...own, PATH: path };
  const options = ['--headless', '-u', join(folder, 'init.lua'), '-i', 'NONE', '-n', '--listen', socket, file];
  const child: ChildProcess = spawn(program, options, { cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const exited = new Promise<void>((done) => child.on('exit', () => done()));
  const remote = async (...request: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await run(program, ['--server', socket, ...request], { env, maxBuffer: 64 * 1024 * 1024 });
    // Where Neovim 0.7 answers.
    return stdout === '' ? stderr : stdout;
  };
  const vim = async <T>(expression: string): Promise<T> =>
    JSON.parse(await remote('--remote-expr', `json_encode(${expression})`)) as T;
  const neovim: Neovim = {
    version,
    vim,
    lua: (expression) => vim(`luaeval('${expression.replaceAll("'", "''")}')`),
    type: async (keys) => {
      await remote('--remote-send', keys);
    },
    printed: () => printed,
    async close() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await vi.waitFor(() => neovim.vim<number>('1'), { timeout: patience, interval: 50 });
  return neovim;
}
