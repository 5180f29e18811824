import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describeFileError } from '../lsp/node/file-error.ts';
import { crypto } from './seldom-loaded.ts';
import { UsageError } from './usage-error.ts';

/**
 * Writes a file in one step: whoever reads it meanwhile, and whatever ends this program, there is the old content or the new one. Its permissions and,
 * as far as one may, its owner stay; a link still leads to it. Of several names of one file this one leads to the new content. Throws UsageError with
 * the file and why it cannot be written.
 */
export function replaceFile(path: string, content: Buffer): void {
  try {
    const target = realpathSync(path);
    const stats = statSync(target);
    if (!stats.isFile()) throw new Error('is no file that could be written');
    // Whoever may write to its folder could put another in its place; but it is said of this one that it is not to be written.
    closeSync(openSync(target, 'r+'));
    // Its own name may be as long as a name can be.
    const beside = join(dirname(target), `.${crypto().randomUUID()}.tmp`);
    try {
      writeWhole(beside, content, stats.mode & 0o7777);
      keepOwner(beside, stats.uid, stats.gid, stats.mode & 0o7777);
      renameSync(beside, target);
    } catch (error) {
      removeLeft(beside);
      throw error;
    }
  } catch (error) {
    throw new UsageError(`${path}: was not written: ${describeFileError(error, 'write')}`);
  }
}

/**
 * Writes a file that is not there yet, or with `isForced` over one that is, in one step where that is a plain file. Throws UsageError with the file
 * and why it is not written.
 */
export function writeNewFile(path: string, text: string, isForced: boolean): void {
  if (path === '') throw new UsageError('the file to write has no name; expected a path, or - for standard output');
  try {
    const there = isForced ? statSync(path, { throwIfNoEntry: false }) : undefined;
    if (there?.isFile() === true) {
      replaceFile(path, Buffer.from(text));
      return;
    }
    if (there?.isFIFO() === true) expectReader(path);
    // A link that leads nowhere would be followed else.
    const file = openSync(path, isForced ? 'w' : 'wx');
    try {
      writeFileSync(file, text);
    } catch (error) {
      // What was made here and has half of its content would be in the way of the next try, or be taken for the whole.
      if (there === undefined) removeLeft(realpathSync(path));
      throw error;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') throw new UsageError(`${path}: is there already; --force writes over it`);
    throw new UsageError(
      `${path}: ${code === 'ENOENT' ? 'there is no such folder to write it to' : describeFileError(error, 'write')}`,
    );
  }
}

/** A named pipe that nobody has opened for reading would be waited for, maybe without an end. */
function expectReader(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw code === 'ENXIO' ? new UsageError(`${path}: is a pipe that nobody reads`) : error;
  }
}

function writeWhole(path: string, content: Buffer, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    for (let written = 0; written < content.length; ) written += writeSync(file, content, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Another's file becomes one's own where one may not give files away; its permissions stay in either case. */
function keepOwner(path: string, uid: number, gid: number, mode: number): void {
  if (process.platform === 'win32') return;
  try {
    chownSync(path, uid, gid);
  } catch {
    // Only root may.
  }
  chmodSync(path, mode);
}

function removeLeft(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not made, or has its new name already.
  }
}
