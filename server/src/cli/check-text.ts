import pc from 'picocolors';
import { terminalText } from '../base/safe-text.ts';
import type { Severity } from '../lint/support/finding.ts';
import type { CheckReport } from './check-report.ts';

const paint: Readonly<Record<Severity, (text: string) => string>> = {
  error: pc.red,
  warning: pc.yellow,
  info: pc.cyan,
  hint: pc.dim,
};

/** "node-a.iptables:12:5: warning: ... [orphaned-chain]", a finding a line, and the counts behind. */
export function checkText(report: CheckReport): string {
  const lines: string[] = [];
  for (const { file, findings } of report.files) {
    for (const { range, severity, message, rule } of findings) {
      const place = pc.bold(`${terminalText(file)}:${range.start.line}:${range.start.column}:`);
      lines.push(`${place} ${paint[severity](`${severity}:`)} ${terminalText(message)} ${pc.dim(`[${rule}]`)}`);
    }
  }
  const { errors, warnings, infos, hints } = report.summary;
  const counts = [count(errors, 'error'), count(warnings, 'warning'), count(infos, 'information'), count(hints, 'hint')];
  const said = counts.filter((text) => text !== '');
  const failed = report.unreadable?.length ?? 0;
  const unread = failed === 0 ? '' : `; ${failed === 1 ? '1 file' : `${failed} files`} could not be read`;
  lines.push(`${said.length === 0 ? 'nothing found' : said.join(', ')}${unread}`);
  return lines.join('\n');
}

function count(number: number, one: string): string {
  if (number === 0) return '';
  return number === 1 || one === 'information' ? `${number} ${one}` : `${number} ${one}s`;
}

/** GitHub's workflow commands: an annotation a finding. */
export function checkGithub(report: CheckReport): string {
  const kinds = { error: 'error', warning: 'warning', info: 'notice', hint: 'notice' } as const;
  const lines: string[] = [];
  for (const { file, findings } of report.files) {
    for (const { range, severity, message, rule } of findings) {
      const { start, end } = range;
      const place = `file=${property(file)},line=${start.line},endLine=${end.line},col=${start.column},endColumn=${end.column}`;
      lines.push(`::${kinds[severity]} ${place},title=${property(rule)}::${data(terminalText(message))}`);
    }
  }
  for (const { file, message } of report.unreadable ?? [])
    lines.push(`::error file=${property(file)},title=not read::${data(terminalText(message))}`);
  return lines.join('\n');
}

// As @actions/core escapes them.
function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
