// What V8 compiles for a first run, made when the program is built.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The code that runs of a program keep in an empty cache folder, as a file (`cli/kept-code.ts`). Throws where a run fails, or keeps nothing.
 * @param launcher the program, beside which there is no such code yet
 * @param runs arguments of its runs, all of one command
 */
export function codeKeptBy(launcher, runs) {
  const caches = mkdtempSync(join(tmpdir(), 'iptables-code-'));
  try {
    const { NODE_DISABLE_COMPILE_CACHE: _, NODE_OPTIONS: __, ...rest } = process.env;
    const env = { ...rest, XDG_CACHE_HOME: caches, LOCALAPPDATA: caches };
    for (const args of runs) {
      const { status, stderr } = spawnSync(process.execPath, [launcher, ...args], { env, encoding: 'utf8' });
      if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')}: ended with ${status}: ${stderr}`);
    }
    const folder = join(caches, 'iptables-inspect/compiled');
    const [name, ...others] = readdirSync(folder);
    if (name === undefined || others.length > 0) throw new Error(`${launcher}: kept ${others.length} files more than one`);
    return readFileSync(join(folder, name));
  } finally {
    rmSync(caches, { recursive: true, force: true });
  }
}
