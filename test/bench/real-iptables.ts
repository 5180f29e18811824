import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { missing } from '../support/requirements.ts';

/** How long a command of iptables takes to read a file without loading it, in milliseconds; null where it cannot be run here. */
export function restoreTestTime(program: 'iptables-nft-restore' | 'iptables-legacy-restore', file: string): number | null {
  if (missing(['iptables', 'root']).length > 0) return null;
  const input = openSync(file, 'r');
  const started = performance.now();
  // A network namespace of its own: the machine's rules are neither read nor locked.
  const { status, stderr } = spawnSync('unshare', ['-n', program, '--test'], {
    stdio: [input, 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const milliseconds = performance.now() - started;
  closeSync(input);
  if (status !== 0) throw new Error(`${program} --test refuses the generated dump: ${stderr}`);
  return milliseconds;
}
