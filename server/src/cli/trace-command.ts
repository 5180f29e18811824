import pc from 'picocolors';
import { percentText } from '../features/percent.ts';
import { type TraceReport, type TraceRequest, traceSteps } from '../netfilter/trace-report.ts';
import { printable } from './printable.ts';
import { readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface TraceCommandOptions {
  readonly from: string;
  readonly to: string;
  readonly proto: string;
  readonly in?: string;
  readonly out?: string;
  readonly hook?: string;
  readonly state: string;
  readonly format: 'text' | 'json';
}

/** `trace DUMP --from --to`: every way of one packet through the rules. */
export function runTrace(path: string, options: TraceCommandOptions): string {
  const { proto: protocol, format, ...packet } = options;
  const request: TraceRequest = { ...packet, protocol };
  const { file, ruleset } = readDump(path);
  const answer = runSteps(traceSteps(ruleset, request), `sending the packet through ${file}`);
  if (!answer.ok) throw new UsageError(answer.message);
  return format === 'json' ? JSON.stringify(answer.report) : traceText(answer.report);
}

const paint = { accept: pc.green, drop: pc.red, reject: pc.red } as const;

function endpointText(ip: string | null, port: number | null): string {
  if (ip === null) return 'an address of the node';
  if (port === null) return ip;
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function traceText({ packet, outcomes, assumptions }: TraceReport): string {
  const from = `${endpointText(packet.src, packet.sport)} -> ${endpointText(packet.dst, packet.dport)}`;
  const lines = [pc.bold(printable(`${packet.protocol} ${from}, ${packet.state}, first met in ${packet.hook.toUpperCase()}`))];
  for (const { probability, verdict, steps, packet: last, assuming } of outcomes) {
    lines.push(
      '',
      `${percentText(probability)} ${paint[verdict](verdict)}${assuming.length === 0 ? '' : printable(`, if ${assuming.join(', ')}`)}`,
    );
    for (const { table, chain, line, action } of steps) {
      lines.push(printable(`  ${table} ${chain}${line === null ? '' : `, line ${line}`}: ${action}`));
    }
    const mark = last.mark === null ? '' : `, mark ${last.mark}`;
    lines.push(printable(`  ends as ${endpointText(last.src, last.sport)} -> ${endpointText(last.dst, last.dport)}${mark}`));
  }
  for (const assumption of assumptions) lines.push(pc.dim(`note: ${printable(assumption)}`));
  return lines.join('\n');
}
