import pc from 'picocolors';
import { counted } from '../base/counted.ts';
import { hostPort } from '../base/ip.ts';
import { terminalText } from '../base/safe-text.ts';
import type { SeenReport } from '../kube/question/seen.ts';
import type { SeenPacketReport, SeenStepReport } from '../netfilter/seen/compare-seen.ts';

function end(ip: string | null, port: number | null): string {
  if (ip === null) return 'an unknown address';
  return port === null ? ip : hostPort(ip, port);
}

const verdicts = { accept: 'accepted', drop: 'dropped', reject: 'rejected' } as const;

/** "tcp 192.0.2.1:40000 -> 10.96.0.10:80, NEW, in by eth0 (line 1, 8e5c2777)". */
function packetText({ packet, seenAt, id }: SeenPacketReport): string {
  const { protocol, src, sport, dst, dport, state } = packet;
  const through = packet.in === '' ? (packet.out === '' ? '' : `, out by ${packet.out}`) : `, in by ${packet.in}`;
  const name = id === '' ? '' : `, ${id}`;
  return `${protocol} ${end(src, sport)} -> ${end(dst, dport)}${state === '' ? '' : `, ${state}`}${through} (line ${seenAt}${name})`;
}

function stepText({ table, chain, kind, line, lines, rule }: SeenStepReport): string {
  const place = `${table} ${chain}`;
  if (kind !== 'rule') return `${place}: ${kind === 'policy' ? 'policy' : 'end of the chain'}`;
  if (line !== null) return `${place}, line ${line}: ${rule}`;
  return lines.length === 0 ? `${place}: a rule that the dump does not have` : `${place}, one of the lines ${lines.join(', ')}`;
}

function packetLines(report: SeenPacketReport): readonly string[] {
  const { steps, verdict, agrees, difference, notes } = report;
  const last = steps.length - 1;
  const lines = [pc.bold(terminalText(packetText(report)))];
  const differing = (message: string): string => pc.red(`  ! ${terminalText(message)}`);
  for (const [at, step] of steps.entries()) {
    if (difference?.step === at) lines.push(differing(difference.message));
    // That a chain ends is said of the last alone.
    if (step.kind === 'rule' || at === last) lines.push(`  ${terminalText(stepText(step))}`);
  }
  if (difference?.step === null) lines.push(differing(difference.message));
  const end = verdict === null ? 'not seen to its end' : verdicts[verdict];
  const said =
    agrees === null ? '' : agrees ? pc.green(', as follows from the dump') : pc.red(', which does not follow from the dump');
  return [...lines, `  ${end}${said}`, ...notes.map((note) => pc.dim(`  note: ${terminalText(note)}`)), ''];
}

/** Every packet with its rules in the dump, and how many go as follows from it. */
export function seenText({ packets, summary, notes }: SeenReport): string {
  const { agree, differ, unknown } = summary;
  const counts = [`${agree} as follows from the dump`, `${differ} otherwise`];
  if (unknown > 0) counts.push(`${unknown} that cannot be compared`);
  const all = `${counted(packets.length, 'packet')}: ${counts.join(', ')}`;
  return [
    ...packets.flatMap(packetLines),
    ...notes.map((note) => pc.dim(`note: ${terminalText(note)}`)),
    differ > 0 ? pc.red(all) : pc.green(all),
  ].join('\n');
}
