import { jsonText } from '../base/safe-text.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { type AllFindings, allFindings } from '../lint/all-findings.ts';
import type { LintInput, Severity } from '../lint/support/finding.ts';
import type { Severities } from '../lint/support/judge.ts';
import { noFacts } from '../node/facts.ts';
import { diffOf, keepMended, type MendedFile, mendDump } from './check-fix.ts';
import { type CheckedFile, type CheckReport, checkReport, reaches, reportFile, type UnreadableFile } from './check-report.ts';
import { severitiesGiven } from './check-severity.ts';
import { checkGithub, checkText } from './check-text.ts';
import { outputBytes } from './encode-bytes.ts';
import { say } from './output.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, originOf, readDumps } from './read-dump.ts';
import { nameOfInput } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface CheckOptions extends ClusterOptions {
  readonly format: 'text' | 'json' | 'sarif' | 'github';
  readonly failOn: Severity;
  /** "CODE=LEVEL" each. */
  readonly severity?: readonly string[];
  readonly fix?: boolean;
  readonly unsafe?: boolean;
  readonly diff?: boolean;
}

export interface CheckAnswer {
  /** Bytes where it is a mended file or a diff, which must arrive as it is. */
  readonly output: string | Buffer;
  readonly status: 0 | 1 | 2;
}

/** Refuses options that do not go together. Throws UsageError. */
function checkOptions(paths: readonly string[], { fix, unsafe, diff, format }: CheckOptions): void {
  if (paths.length === 0) throw new UsageError("missing required argument 'dump'");
  if (unsafe === true && fix !== true && diff !== true)
    throw new UsageError('--unsafe says which fixes to make: expected --fix or --diff beside it');
  if (diff === true && format !== 'text') throw new UsageError(`--diff prints a diff: --format ${format} has no place for it`);
  if (fix !== true || diff === true || !paths.includes('-')) return;
  if (format !== 'text')
    throw new UsageError(
      `--fix writes what it mended of standard input to standard output: --format ${format} has no place there`,
    );
  if (paths.length > 1)
    throw new UsageError('--fix writes what it mended of standard input to standard output: expected - alone, or --diff');
}

/**
 * `check DUMP...`: what is wrong with each dump, and with a cluster also where the two disagree. Status 0 where nothing is as grave as
 * `failOn`, else 1, and 1 where the node's Services are not in its iptables and so cannot be compared; 2 where one of them cannot be read, which does not silence the others. With `fix` the files are mended first; with `diff` what that
 * would change is all that is said, and 1 that there is something.
 * @param given the bytes of files that were read already, by their names; each is let go as it is read
 */
export async function runCheck(
  paths: readonly string[],
  options: CheckOptions,
  version: string,
  given: Map<string, Buffer> = new Map(),
): Promise<CheckAnswer> {
  checkOptions(paths, options);
  const severities = severitiesGiven(options.severity ?? []);
  const hasCluster = options.cluster !== undefined || options.context !== undefined;
  const cluster = await readCluster(options, [], undefined, takeFrom(given, options.cluster));
  const files: CheckedFile[] = [];
  const unreadable: UnreadableFile[] = [];
  const mended: MendedFile[] = [];
  let isElsewhere = false;
  for (const path of paths) {
    try {
      const dumps = readDumps(path, takeFrom(given, path));
      unreadable.push(...unreadOf(nameOfInput(path), dumps));
      for (const dump of dumps) {
        const known = hasCluster ? cluster : await readCluster(options, [], dump.facts);
        const look = (input: LintInput): AllFindings => findingsOf(dump, input, severities, known);
        if (options.fix !== true && options.diff !== true) {
          const found = look(dump);
          isElsewhere ||= found.isElsewhere;
          files.push(reportFile(dump.file, found));
          continue;
        }
        if (dump.facts !== noFacts)
          throw new UsageError(`${path}: is a bundle, of which nothing is changed; name the file that is to be mended`);
        const found = mendDump(path, dump, options.unsafe === true, look);
        if (options.diff !== true) keepMended(found);
        mended.push(found);
        isElsewhere ||= found.left.isElsewhere;
        files.push(reportFile(dump.file, found.left, found.made));
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      say(error.message);
      unreadable.push({ file: nameOfInput(path), message: error.message });
    }
  }
  if (files.length === 0) return { output: '', status: 2 };
  const report = checkReport(files, unreadable);
  if (options.diff === true) {
    const output = Buffer.concat(mended.map(diffOf));
    return { output, status: unreadable.length > 0 ? 2 : output.length > 0 ? 1 : 0 };
  }
  const status = unreadable.length > 0 ? 2 : isElsewhere || reaches(report, options.failOn) ? 1 : 0;
  const [onStandardInput] = mended.filter(({ path }) => path === '-');
  if (onStandardInput === undefined) return { output: await write(report, options, version), status };
  for (const line of checkText(report).split('\n')) say(line);
  return { output: outputBytes(onStandardInput.mended.text), status };
}

/** What of a bundle could not be read, which is said: there may be rules in it. */
function unreadOf(file: string, [dump]: readonly CliDump[]): readonly UnreadableFile[] {
  return (dump?.facts.unread ?? []).map((note) => {
    const message = `${file}: ${note}`;
    say(message);
    return { file, message };
  });
}

/** The bytes of a file, which are held no longer. */
function takeFrom(given: Map<string, Buffer>, path: string | undefined): Buffer | undefined {
  if (path === undefined) return undefined;
  const bytes = given.get(path);
  given.delete(path);
  return bytes;
}

function findingsOf(dump: CliDump, input: LintInput, severities: Severities, cluster: Cluster): AllFindings {
  const { file } = dump;
  const against = { cluster, options: originOf(dump, undefined) };
  const what = cluster.source.kind === 'none' ? `checking ${file}` : `comparing ${file} with ${cluster.source.label}`;
  return runSteps(allFindings(input, severities, against), what);
}

async function write(report: CheckReport, { format }: CheckOptions, version: string): Promise<string> {
  switch (format) {
    case 'json':
      return jsonText(report);
    case 'sarif': {
      const { checkSarif } = await import('./check-sarif.ts');
      return jsonText(checkSarif(report, version));
    }
    case 'github':
      return checkGithub(report);
    case 'text':
      return checkText(report);
  }
}
