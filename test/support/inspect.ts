import { spawnSync } from 'node:child_process';
import { devNull } from 'node:os';
import { resolve } from 'node:path';

export const inspectBundle = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');

export interface Inspected {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built command line as a shell would. `input` is its standard input. As an ordinary user means without root's right to read every
 * file (util-linux' setpriv takes it away), whoever runs the tests and wherever the clone lies. `caches` is the folder that the user's caches are in; there is
 * none without it, so that every run looks for itself.
 */
export function inspect(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string; readonly asOrdinaryUser?: boolean; readonly caches?: string } = {},
): Inspected {
  const withoutRights = ['--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-all', process.execPath];
  const isDemoted = options.asOrdinaryUser === true && process.getuid?.() === 0;
  const [program, before] = isDemoted ? ['setpriv', withoutRights] : [process.execPath, []];
  const { status, stdout, stderr } = spawnSync(program, [...before, inspectBundle, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    input: options.input ?? '',
    env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: options.caches ?? devNull, LOCALAPPDATA: options.caches ?? devNull },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  return { status, stdout, stderr };
}
