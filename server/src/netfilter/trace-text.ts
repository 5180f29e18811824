/** A report on a packet as text: what the command line prints, and what is copied from the editor. */
import { hostPort } from '../base/ip.ts';
import { percentText } from '../base/percent.ts';
import { markdownCode, markdownText } from '../base/safe-text.ts';
import type { Verdict } from './outcome.ts';
import type { ReportedOutcome, ReportedPacket, ReportedStep, TraceReport } from './trace-report.ts';
import type { PacketKind } from './trace-request.ts';

/** How the parts of the text are written: coloured, or made safe for where they go. */
export interface TraceStyle {
  readonly plain: (text: string) => string;
  readonly heading: (text: string) => string;
  readonly verdict: (verdict: Verdict) => string;
  readonly note: (text: string) => string;
}

function endpointText(ip: string | null, port: number | null): string {
  if (ip === null) return port === null ? 'an address of the node' : `an address of the node, port ${port}`;
  return port === null ? ip : hostPort(ip, port);
}

const asked = { first: '', answer: 'the answer to ', later: 'a later packet of the connection of ' } as const;

/** "10.244.0.9:40000 -> 10.96.0.10:53, mark 0x4000". */
export function endsText({ src, sport, dst, dport, mark }: ReportedPacket): string {
  return `${endpointText(src, sport)} -> ${endpointText(dst, dport)}${mark === null ? '' : `, mark ${mark}`}`;
}

/** What was asked, in one line. */
export function questionText({ packet }: TraceReport): string {
  const { kind, protocol, state, hook } = packet;
  return `${asked[kind]}${protocol} ${endsText(packet)}, ${state}, first met in ${hook.toUpperCase()}`;
}

function stepText({ table, chain, line, action }: ReportedStep): string {
  return `${table} ${chain}${line === null ? '' : `, line ${line}`}: ${action}`;
}

/** What is said behind the verdict where rules that the text does not show may decide otherwise. */
function extentText({ shownWhole }: ReportedOutcome): string {
  return shownWhole ? '' : ' as far as the text shows';
}

function outcomeLines(outcome: ReportedOutcome, kind: PacketKind, style: TraceStyle): readonly string[] {
  const { probability, verdict, steps, start, packet, assuming } = outcome;
  const conditions = assuming.length === 0 ? '' : style.plain(`, if ${assuming.join(' ')}`);
  return [
    '',
    `${percentText(probability)} ${style.verdict(verdict)}${style.plain(extentText(outcome))}${conditions}`,
    ...(kind === 'first' ? [] : [style.plain(`  starts as ${endsText(start)}`)]),
    ...steps.map((step) => style.plain(`  ${stepText(step)}`)),
    style.plain(`  ends as ${endsText(packet)}`),
  ];
}

/** The report in lines: what was asked, each outcome with its steps, what is to be known before it is believed. */
export function traceText(report: TraceReport, style: TraceStyle): string {
  const { packet, outcomes, assumptions } = report;
  return [
    style.heading(questionText(report)),
    ...outcomes.flatMap((outcome) => outcomeLines(outcome, packet.kind, style)),
    ...assumptions.map((assumption) => style.note(`note: ${assumption}`)),
  ].join('\n');
}

function markdownOutcome(outcome: ReportedOutcome): readonly string[] {
  const { probability, verdict, steps, packet, assuming } = outcome;
  const conditions = assuming.length === 0 ? '' : markdownText(`, if ${assuming.join(' ')}`);
  return [
    '',
    `**${percentText(probability)} ${verdict}**${extentText(outcome)}${conditions}: ends as ${markdownCode(endsText(packet))}`,
    '',
    '| | table | chain | line | rule | what it does |',
    '|---|---|---|---|---|---|',
    ...steps.map(({ table, chain, line, rule, action }, at) => {
      const cells = [
        String(at + 1),
        markdownCode(table),
        markdownCode(chain),
        line ?? '',
        markdownCode(rule),
        markdownCode(action),
      ];
      return `| ${cells.join(' | ')} |`;
    }),
  ];
}

/** The same as Markdown, for a ticket: a table of steps for each outcome. */
export function traceMarkdown(report: TraceReport): string {
  const { outcomes, assumptions } = report;
  return [
    `### ${markdownText(questionText(report))}`,
    ...outcomes.flatMap(markdownOutcome),
    ...(assumptions.length === 0 ? [] : ['', ...assumptions.map((assumption) => `- ${markdownText(assumption)}`)]),
    '',
  ].join('\n');
}
