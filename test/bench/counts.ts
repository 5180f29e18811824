import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** How much work a small dump is: figures that do not depend on how quick or how busy a machine is. */
export interface Counts {
  /** Function calls of reading a dump of 200 Services with 2,000 endpoints and of looking for what is wrong with it. */
  readonly check: number;
  /** Function calls of four one-line edits, to their findings. */
  readonly edits: number;
  /** Function calls of reading the cluster behind it. */
  readonly snapshot: number;
  /** What the dump takes in memory, once read, beside its text. */
  readonly bytes: number;
}

const recorded = resolve(import.meta.dirname, 'counts.json');

/** Counts in a process of its own. */
export function measureCounts(): Counts {
  const work = resolve(import.meta.dirname, 'count-work.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', work], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`counting failed: ${stderr}`);
  return JSON.parse(stdout) as Counts;
}

/** The counts that were recorded last. */
export function recordedCounts(): Counts {
  return JSON.parse(readFileSync(recorded, 'utf8')) as Counts;
}

/** Records counts as those that are compared with from now on. */
export function recordCounts(counts: Counts): void {
  writeFileSync(recorded, `${JSON.stringify(counts, null, 2)}\n`);
}
