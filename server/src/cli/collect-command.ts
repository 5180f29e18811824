import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { terminalText } from '../base/safe-text.ts';
import { describeFileError } from '../lsp/node/file-error.ts';
import type { BundleFile } from '../node/bundle-file.ts';
import { collectScript } from '../node/collect-script.ts';
import { say } from './output.ts';
import { untilSignal } from './until-signal.ts';
import { UsageError } from './usage-error.ts';

export interface CollectCommandOptions {
  readonly script?: boolean;
  readonly node?: string;
  readonly context?: string;
  /** The image of a Pod that is made where no container of the node can be asked. */
  readonly debugPod?: string;
  /** The folder that the bundle is written to. */
  readonly output?: string;
}

const timeoutMilliseconds = 300_000;

/** Whether a folder is there and holds something, which is not to be written over. */
function isTaken(folder: string): boolean {
  try {
    return existsSync(folder) && readdirSync(folder).length > 0;
  } catch {
    return true;
  }
}

/**
 * Writes the files of a bundle into a new or an empty folder, all of them or none: a part would be in the way of the next try, and be taken for all that a
 * node said. Throws UsageError with why it cannot be written.
 */
function writeBundle(folder: string, files: readonly BundleFile[]): void {
  let made: string | undefined;
  try {
    made = mkdirSync(folder, { recursive: true });
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  } catch (error) {
    removeBegun(folder, made);
    throw new UsageError(`${folder}: ${describeFileError(error, 'write')}`);
  }
}

/** Removes what stands in a folder that was empty, or the first folder that was made on the way to it. */
function removeBegun(folder: string, made: string | undefined): void {
  try {
    const begun = made === undefined ? readdirSync(folder).map((name) => join(folder, name)) : [made];
    for (const path of begun) rmSync(path, { recursive: true, force: true });
  } catch {
    // Why it could not be written is said.
  }
}

async function collectFrom(
  node: string,
  context: string,
  folder: string,
  debugImage: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (isTaken(folder)) throw new UsageError(`${folder}: is there already; expected a new or an empty folder`);
  // A bundle of its own: its API client is 2 MB that most calls do without.
  const { collectOnce } = await import('../cluster/live/live.ts');
  let collected: Awaited<ReturnType<typeof collectOnce>>;
  try {
    collected = await collectOnce(context, node, {
      timeoutMs: timeoutMilliseconds,
      signal,
      ...(debugImage === undefined ? {} : { debugImage }),
    });
    // What may be missing is left out of a bundle, and after a signal that may be anything.
    if (signal.aborted) throw new Error('Collecting was given up.');
  } catch (error) {
    const problem = `context ${context}: ${error instanceof Error ? error.message : String(error)}`;
    // The process ends by its signal, and nothing is said after this.
    if (signal.aborted) say(problem);
    throw new UsageError(problem);
  }
  writeBundle(folder, collected.files);
  for (const problem of collected.problems) say(`not collected: ${problem}`);
  const names = collected.files.map(({ path }) => path).join(', ');
  return terminalText(`${folder}: ${collected.files.length} files from ${collected.from}: ${names}`);
}

/**
 * `collect --script`: the script that collects a node bundle. `collect --node NAME --context C -o FOLDER`: the bundle, through the API. Throws
 * UsageError where neither is asked for, or it cannot be had.
 */
export async function runCollect({ script, node, context, output, debugPod }: CollectCommandOptions): Promise<string> {
  if (script === true) {
    if (node !== undefined || context !== undefined || output !== undefined || debugPod !== undefined)
      throw new UsageError('--script stands alone: it prints a script for the node');
    return collectScript;
  }
  if (node === undefined || context === undefined || output === undefined)
    throw new UsageError('collect needs --script, or --node NAME, --context NAME and -o FOLDER together');
  return await untilSignal((signal) => collectFrom(node, context, output, debugPod, signal));
}
