import { terminalText, visibleText, xmlText } from '../base/safe-text.ts';
import type { ExpectationResult, ExpectationStatus } from '../kube/expectation/judge.ts';
import { type TraceStyle, traceText } from '../netfilter/trace-text.ts';
import { pc } from './colors.ts';
import { terminalStyle } from './trace-command.ts';

export interface TestSummary {
  readonly met: number;
  readonly failed: number;
  readonly unsure: number;
  readonly errors: number;
}

/** How many there are of each. */
export function summaryOf(results: readonly ExpectationResult[]): TestSummary {
  const count = (status: ExpectationStatus): number => results.filter((result) => result.status === status).length;
  return { met: count('met'), failed: count('failed'), unsure: count('unsure'), errors: count('error') };
}

const words: Readonly<Record<ExpectationStatus, string>> = {
  met: 'met',
  failed: 'FAILED',
  unsure: 'UNSURE',
  error: 'CANNOT BE ASKED',
};

function indented(text: string, by: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n');
}

const plainStyle: TraceStyle = {
  plain: visibleText,
  heading: visibleText,
  verdict: (verdict) => verdict,
  note: visibleText,
};

/** In one line: a line of its own that begins with "::" is a command to who runs a workflow and shows this in its log. */
function attribute(text: string): string {
  return xmlText(visibleText(text));
}

/** What is to be said of one that is not met, in lines. */
function detailLines({ expected, actual, reasons, trace }: ExpectationResult, style: TraceStyle): readonly string[] {
  return [
    style.plain(`expected: ${expected}`),
    ...(actual === '' ? [] : [style.plain(`came:     ${actual}`)]),
    ...reasons.map((reason) => style.plain(reason)),
    ...(trace === null ? [] : ['', traceText(trace, style)]),
  ];
}

/** Those that are not met with all that is known of them, and how many are. */
export function resultsText(results: readonly ExpectationResult[], file: string): string {
  const blocks: string[] = [];
  for (const result of results) {
    const { status, name, expectSpan } = result;
    if (status === 'met') continue;
    const paint = status === 'unsure' ? pc.yellow : pc.red;
    const { line, column } = expectSpan.start;
    blocks.push(`${paint(words[status])} ${terminalText(`${file}:${line}:${column}: ${name}`)}`);
    blocks.push(indented(detailLines(result, terminalStyle).join('\n'), '  '), '');
  }
  const { met, failed, unsure, errors } = summaryOf(results);
  const parts = [`${met} met`, `${failed} failed`];
  if (unsure > 0) parts.push(`${unsure} unsure`);
  if (errors > 0) parts.push(`${errors} cannot be asked`);
  const text = parts.join(', ');
  return [...blocks, failed + unsure + errors > 0 ? pc.red(text) : pc.green(text)].join('\n');
}

function testCase(result: ExpectationResult, file: string, suite: string): readonly string[] {
  const { name, status, expectSpan, expected, actual, reasons } = result;
  const attributes = `classname="${attribute(suite)}" name="${attribute(name)}" file="${attribute(file)}" line="${expectSpan.start.line}"`;
  if (status === 'met') return [`    <testcase ${attributes}/>`];
  const tag = status === 'error' ? 'error' : 'failure';
  const said = status === 'failed' ? `expected: ${expected}; came: ${actual}` : reasons.join(' ');
  return [
    `    <testcase ${attributes}>`,
    `      <${tag} type="${status}" message="${attribute(said)}">${xmlText(detailLines(result, plainStyle).join('\n'))}</${tag}>`,
    '    </testcase>',
  ];
}

/** The results as JUnit's XML, a test case for each packet. @param suite the name of the file without its folder */
export function junitText(results: readonly ExpectationResult[], file: string, suite: string): string {
  const { failed, unsure, errors } = summaryOf(results);
  const counts = `tests="${results.length}" failures="${failed + unsure}" errors="${errors}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${attribute(suite)}" ${counts}>`,
    ...results.flatMap((result) => testCase(result, file, suite)),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}
