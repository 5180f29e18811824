import { terminalText } from '../base/safe-text.ts';
import type { Severity } from '../lint/support/finding.ts';
import type { CheckReport } from './check-report.ts';
import { pc } from './colors.ts';

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
  lines.push(...nodeText(report.files));
  for (const { file, mended = [] } of report.files) lines.push(...mendedText(file, mended));
  const help = fixHelp(report);
  if (help !== '') lines.push(help);
  const { errors, warnings, infos, hints } = report.summary;
  const counts = [count(errors, 'error'), count(warnings, 'warning'), count(infos, 'information'), count(hints, 'hint')];
  const said = counts.filter((text) => text !== '');
  const failed = report.unreadable?.length ?? 0;
  const unread = failed === 0 ? '' : `; ${failed === 1 ? '1 file' : `${failed} files`} could not be read`;
  lines.push(`${said.length === 0 ? 'nothing found' : said.join(', ')}${unread}`);
  return lines.join('\n');
}

const mostCommands = 20;

/**
 * What mends the findings on their nodes, each command once: a dump of a stale node has thousands that one of them mends, and of many nodes each may
 * have the same.
 */
function nodeText(files: CheckReport['files']): readonly string[] {
  const commands = new Map<string, string>();
  for (const { findings } of files)
    for (const { onNode } of findings) for (const { command, does } of onNode) commands.set(command, does);
  const shown = [...commands]
    .slice(0, mostCommands)
    .map(([command, does]) => pc.dim(`on the node: ${terminalText(command)}  # ${terminalText(does)}`));
  return commands.size > mostCommands ? [...shown, pc.dim(`and ${commands.size - mostCommands} more commands`)] : shown;
}

/** "node-a.iptables: mended 3: Declare WEB, ..."; a large file may have thousands of one kind. */
function mendedText(file: string, mended: readonly { readonly rule: string; readonly title: string }[]): readonly string[] {
  const byRule = new Map<string, string[]>();
  for (const { rule, title } of mended) {
    const titles = byRule.get(rule);
    if (titles === undefined) byRule.set(rule, [title]);
    else titles.push(title);
  }
  return [...byRule].map(([rule, titles]) => {
    const first = titles[0] ?? '';
    const more = titles.length === 1 ? '' : `, and ${titles.length - 1} more`;
    return `${pc.bold(`${terminalText(file)}:`)} ${pc.green('mended:')} ${terminalText(first)}${more} ${pc.dim(`[${rule}]`)}`;
  });
}

/** How many of the findings `--fix` mends; empty for none. */
function fixHelp({ files }: CheckReport): string {
  let safe = 0;
  let unsafe = 0;
  for (const { findings, mended } of files) {
    for (const { fixes } of findings) {
      if (fixes.some(({ safety }) => safety === 'safe')) safe += mended === undefined ? 1 : 0;
      else if (fixes.length > 0) unsafe += 1;
    }
  }
  if (safe === 0 && unsafe === 0) return '';
  const more = unsafe === 0 ? '' : `${unsafe}${safe === 0 ? '' : ' more'} with --fix --unsafe`;
  return `${safe === 0 ? '' : `${safe} can be mended with --fix`}${safe > 0 && more !== '' ? ', ' : ''}${safe === 0 ? `${unsafe} can be mended with --fix --unsafe` : more}`;
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
      const place = `file=${property(terminalText(file))},line=${start.line},endLine=${end.line},col=${start.column},endColumn=${end.column}`;
      lines.push(`::${kinds[severity]} ${place},title=${property(rule)}::${data(terminalText(message))}`);
    }
  }
  for (const { file, message } of report.unreadable ?? [])
    lines.push(`::error file=${property(terminalText(file))},title=not read::${data(terminalText(message))}`);
  return lines.join('\n');
}

// As @actions/core escapes them.
function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
