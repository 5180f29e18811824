import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

export const inspectBundle = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');

export interface Inspected {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a shell would. `input` is its standard input; `uid` the user it runs as, for root only. */
export function inspect(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string; readonly uid?: number } = {},
): Inspected {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inspectBundle, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    input: options.input ?? '',
    env: { ...process.env, NO_COLOR: '1' },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
  });
  return { status, stdout, stderr };
}
