import type { NodeCommand, Safety } from '../lint/mending/fix.ts';
import { documentationUrl } from '../lint/registry.ts';
import type { Finding, Place, Severity } from '../lint/support/finding.ts';
import type { Judged } from '../lint/support/judge.ts';

/** A place as the command line says it: lines and columns are 1-based, columns count UTF-16 units, the end is exclusive. */
export interface ReportRange {
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

export interface ReportFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly table: string | null;
  readonly chain: string | null;
  readonly range: ReportRange;
  readonly related: readonly { readonly message: string; readonly range: ReportRange }[];
  readonly url: string | null;
  /** Ways to mend it in the file, the likeliest first; `check --fix` makes the first safe one, with `--unsafe` else the first. */
  readonly fixes: readonly { readonly title: string; readonly safety: Safety }[];
  /** Commands that mend it on the node. */
  readonly onNode: readonly NodeCommand[];
}

/** A finding that a comment in the file ignores. */
export interface IgnoredFinding extends ReportFinding {
  /** What the comment gives as the reason; empty without one. */
  readonly reason: string;
}

export interface CheckedFile {
  readonly file: string;
  readonly findings: readonly ReportFinding[];
  /** Not there where no comment ignores anything. */
  readonly ignored?: readonly IgnoredFinding[];
  /** What `--fix` has mended, in order; not there without it. */
  readonly mended?: readonly { readonly rule: string; readonly title: string }[];
}

export interface UnreadableFile {
  readonly file: string;
  /** The file's name and what is wrong with it, in a sentence. */
  readonly message: string;
}

export interface CheckReport {
  readonly files: readonly CheckedFile[];
  /** Files that were asked for and could not be read; not there where all could. */
  readonly unreadable?: readonly UnreadableFile[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly infos: number; readonly hints: number };
}

function rangeOf(place: Place): ReportRange {
  return {
    start: { line: place.line + 1, column: place.start + 1 },
    end: { line: place.line + 1, column: place.end + 1 },
  };
}

/** What is said of one file in the shape that `check --format json` prints. */
export function reportFile(
  file: string,
  { findings, ignored }: Judged,
  made?: readonly { readonly code: string; readonly title: string }[],
): CheckedFile {
  return {
    file,
    findings: findings.map(reportFinding),
    ...(ignored.length === 0
      ? {}
      : { ignored: ignored.map((each) => ({ ...reportFinding(each.finding), reason: each.reason })) }),
    ...(made === undefined ? {} : { mended: made.map(({ code, title }) => ({ rule: code, title })) }),
  };
}

function reportFinding(finding: Finding): ReportFinding {
  return {
    rule: finding.code,
    severity: finding.severity,
    message: finding.message,
    table: finding.table?.name ?? null,
    chain: finding.chain?.name ?? null,
    range: rangeOf(finding),
    related: finding.related.map((place) => ({ message: place.message, range: rangeOf(place) })),
    url: documentationUrl(finding.code) ?? null,
    fixes: finding.fixes().map(({ title, safety }) => ({ title, safety })),
    onNode: finding.onNode,
  };
}

/** A report over several files, with its counts. */
export function checkReport(files: readonly CheckedFile[], unreadable: readonly UnreadableFile[] = []): CheckReport {
  const counts = { error: 0, warning: 0, info: 0, hint: 0 };
  for (const { findings } of files) for (const { severity } of findings) counts[severity] += 1;
  return {
    files,
    ...(unreadable.length === 0 ? {} : { unreadable }),
    summary: { errors: counts.error, warnings: counts.warning, infos: counts.info, hints: counts.hint },
  };
}

const ranks: Readonly<Record<Severity, number>> = { error: 3, warning: 2, info: 1, hint: 0 };

/** Whether a report holds a finding of this severity or a graver one. */
export function reaches(report: CheckReport, severity: Severity): boolean {
  return report.files.some(({ findings }) => findings.some((finding) => ranks[finding.severity] >= ranks[severity]));
}
