import { existsSync, type Stats, statSync } from 'node:fs';
import { basename } from 'node:path';
import { jsonText } from '../base/safe-text.ts';
import { runToEnd } from '../base/steps.ts';
import { type ExpectationResult, judgeSteps } from '../kube/expectation/judge.ts';
import { type ExpectationFile, readExpectations } from '../kube/expectation/read-expectations.ts';
import { writeExpectations } from '../kube/expectation/write-expectations.ts';
import { parseFlowTarget } from '../kube/flow/target.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import { say } from './output.ts';
import { type NodeOptions, type ResolvedDump, readResolved } from './read-resolved.ts';
import { nameOfInput, readText } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { junitText, resultsText, summaryOf } from './test-text.ts';
import { UsageError } from './usage-error.ts';
import { writeNewFile } from './write-file.ts';

export interface TestCommandOptions extends NodeOptions {
  /** Where to write what is true now; `-` for standard output. */
  readonly write?: string;
  /** Whether a file that is there already may be written over. */
  readonly force?: boolean;
  /** What is written: the packets to one Service or address. */
  readonly to?: string;
  readonly format: 'text' | 'json' | 'junit';
}

interface TestAnswer {
  readonly output: string;
  readonly status: 0 | 1;
}

/** The expectations of a file. Throws UsageError with the first thing that is wrong with it. */
function readFile(path: string): ExpectationFile {
  const { file, problems } = readExpectations(readText(path));
  const [first] = problems;
  if (first === undefined) return file;
  const { line, column } = first.span.start;
  const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
  throw new UsageError(`${nameOfInput(path)}: line ${line}, column ${column}: ${first.message}${more}`);
}

function judgeAll({ resolution, file }: ResolvedDump, { expectations, local }: ExpectationFile): readonly ExpectationResult[] {
  const options = local === null ? {} : { local };
  const what = `sending packets through ${file}`;
  return expectations.map((expectation) => runSteps(judgeSteps(resolution, expectation, options), what));
}

/** What a path leads to; undefined where it leads nowhere, as a link to itself: whoever reads or writes there says why not. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Whether two paths lead to one file. */
function isSameFile(path: string, other: string): boolean {
  const [one, two] = [statusOf(path), statusOf(other)];
  return one?.isFile() === true && one.ino === two?.ino && one.dev === two.dev;
}

/** Forced or not, what is read is never written over: a dump of a node's past can be had once only. */
function refuseInput(path: string, inputs: readonly (string | undefined)[]): void {
  for (const input of inputs)
    if (input !== undefined && isSameFile(path, input))
      throw new UsageError(`--write ${path}: is what is read; expected another file`);
}

async function writeNow(dump: string, path: string, options: TestCommandOptions): Promise<TestAnswer> {
  const parsed = options.to === undefined ? null : parseFlowTarget(options.to);
  if (parsed?.ok === false) throw new UsageError(`--to: ${parsed.message}`);
  if (path !== '-' && options.force !== true && existsSync(path))
    throw new UsageError(`${path}: is there already; --force writes over it`);
  refuseInput(path, [dump, options.cluster]);
  const { file, resolution } = await readResolved(dump, options);
  const written = runSteps(writeExpectations(resolution, parsed === null ? null : parsed.target), `following packets in ${file}`);
  if (!written.ok) throw new UsageError(`${file}: ${written.message}`);
  const { text, count, left } = written;
  // A file without packets is met by every dump.
  if (count + left.length === 0) throw new UsageError(`${file}: ${runToEnd(whyNoServices(resolution))}`);
  if (left.length > 0) say(`${file}: ${left.length} packets are left out, with the reason in the file`);
  if (path === '-') return { output: text, status: 0 };
  writeNewFile(path, text, options.force === true);
  return { output: `${count} packets written to ${path}`, status: 0 };
}

/**
 * `test DUMP FILE`: whether what must come of packets comes of them; status 1 where it does not, or nobody can tell. With `--write FILE` what comes
 * of them now becomes what must. Throws UsageError.
 */
export async function runTest(dump: string, path: string | undefined, options: TestCommandOptions): Promise<TestAnswer> {
  if (options.write !== undefined) {
    if (path !== undefined) throw new UsageError('--write FILE stands for the file: leave the other one out');
    return await writeNow(dump, options.write, options);
  }
  if (path === undefined) throw new UsageError("missing required argument 'file': expected packets and what must come of them");
  const file = readFile(path);
  // That nothing failed of nothing is no answer.
  if (file.expectations.length === 0) throw new UsageError(`${path}: packets is an empty list: there is nothing to look at`);
  const node = options.node ?? file.node;
  const results = judgeAll(await readResolved(dump, { ...options, ...(node === null ? {} : { node }) }), file);
  const { failed, unsure, errors } = summaryOf(results);
  return { output: outputOf(results, path, options.format), status: failed + unsure + errors > 0 ? 1 : 0 };
}

function outputOf(results: readonly ExpectationResult[], path: string, format: TestCommandOptions['format']): string {
  const file = nameOfInput(path);
  switch (format) {
    case 'json':
      return jsonText({ file, results, summary: summaryOf(results) });
    case 'junit':
      return junitText(results, file, basename(file));
    case 'text':
      return resultsText(results, file);
  }
}
