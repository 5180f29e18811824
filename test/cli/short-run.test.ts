import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runSteps } from '../../server/src/cli/run-steps.ts';
import { leaveUnoptimized, optimizeAgain } from '../../server/src/cli/short-run.ts';
import { inspectBundle } from '../support/inspect.ts';

const dump = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
const asLong = ['--no-maglev', '--no-turbofan', '--maglev', '--turbofan'];

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-short-'));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('a short run', () => {
  const setting = (): { readonly set: string[]; readonly v8: () => { setFlagsFromString: (flag: string) => void } } => {
    const set: string[] = [];
    return { set, v8: () => ({ setFlagsFromString: (flag) => void set.push(flag) }) };
  };

  it('is left unoptimized until it ends, where little is looked at', () => {
    const { set, v8 } = setting();
    leaveUnoptimized(65_537, v8);
    optimizeAgain();
    expect(set).toEqual([]);
    leaveUnoptimized(65_536, v8);
    leaveUnoptimized(10, v8);
    expect(set).toEqual(asLong.slice(0, 2));
    optimizeAgain();
    optimizeAgain();
    expect(set).toEqual(asLong);
  });

  it('is optimized where it turns out to be long', () => {
    const { set, v8 } = setting();
    let now = 5;
    vi.spyOn(process, 'uptime').mockImplementation(() => now);
    leaveUnoptimized(10, v8);
    const seen: number[] = [];
    const steps = (function* () {
      for (const time of [5.05, 5.2, 5.3]) {
        now = time;
        yield;
        seen.push(set.length);
      }
    })();
    runSteps(steps, 'reading');
    expect(seen).toEqual([2, 4, 4]);
  });
});

describe.skipIf(!process.version.startsWith('v24.') || process.arch !== 'x64')('check', () => {
  const watch = `const v8 = process.getBuiltinModule('node:v8');
    const { setFlagsFromString } = v8;
    v8.setFlagsFromString = (flag) => (process._rawDebug(flag), setFlagsFromString(flag));`;

  const flagsOf = (...args: readonly string[]): readonly string[] => {
    const env = {
      ...process.env,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watch)}`,
      XDG_CACHE_HOME: folder,
    };
    const { status, stderr } = spawnSync(process.execPath, [inspectBundle, 'check', ...args], { env, encoding: 'utf8' });
    expect(status).toBe(1);
    return stderr.split('\n').filter((line) => line.startsWith('--'));
  };

  it('of a small dump is one, of a larger one, or of what is not known, is none', () => {
    expect(flagsOf(dump)).toEqual(asLong);
    // What was said before is said again.
    expect(flagsOf(dump)).toEqual([]);
    expect(flagsOf('--no-cache', dump)).toEqual(asLong);
    const large = join(folder, 'large.iptables');
    writeFileSync(large, readFileSync(dump, 'utf8').repeat(5));
    expect(flagsOf('--no-cache', large)).toEqual([]);
    expect(flagsOf('--no-cache', dump, large)).toEqual([]);
  });

  it('keeps code once, of pieces that are loaded meanwhile too', () => {
    const compiled = join(folder, 'iptables-inspect/compiled');
    expect(flagsOf('--no-cache', '--format', 'sarif', dump)).toEqual(asLong);
    const [name = ''] = readdirSync(compiled);
    const kept = readFileSync(join(compiled, name));
    for (let run = 0; run < 2; run += 1) flagsOf('--no-cache', '--format', 'sarif', dump);
    expect(readFileSync(join(compiled, name)).length).toBeLessThan(kept.length * 1.2);
    rmSync(join(compiled, name));
  });
});
