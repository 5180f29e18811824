/** Packets that a kernel was seen to take through its rules, with the dump's rules, and whether the same follows from them. */
import { hostPort } from '../base/ip.ts';
import type { Steps } from '../base/steps.ts';
import { seenSteps } from '../kube/question/seen.ts';
import type { SeenPacketReport } from '../netfilter/seen/compare-seen.ts';
import type { SeenPacketInfo, SeenResult } from '../protocol/trace.ts';
import type { DumpState } from './support/state.ts';

/** A view is no place for more. */
const mostPackets = 1_000;

function endText(ip: string | null, port: number | null): string {
  if (ip === null) return 'an unknown address';
  return port === null ? ip : hostPort(ip, port);
}

function titleOf({ packet }: SeenPacketReport): string {
  const { protocol, src, sport, dst, dport, state } = packet;
  const through = packet.in === '' ? (packet.out === '' ? '' : `out by ${packet.out}`) : `in by ${packet.in}`;
  return [`${protocol} ${endText(src, sport)} -> ${endText(dst, dport)}`, state, through]
    .filter((part) => part !== '')
    .join(', ');
}

function packetInfo(report: SeenPacketReport): SeenPacketInfo {
  const { verdict, agrees, steps, difference, notes } = report;
  return {
    title: titleOf(report),
    verdict,
    agrees,
    steps: steps.map(({ table, chain, kind, line, rule }) => ({
      table,
      chain,
      kind,
      line: line === null ? null : line - 1,
      rule,
    })),
    difference,
    notes,
  };
}

/** The packets in a text: what the command line's `trace --seen` says of them. */
export function* seenPackets(state: DumpState, text: string): Steps<SeenResult> {
  const answer = yield* seenSteps(state.resolution(), text);
  if (!answer.ok) return { packets: [], notes: [], reason: `The text ${answer.message}.` };
  const { packets, notes } = answer.report;
  const left = packets.length - mostPackets;
  return {
    packets: packets.slice(0, mostPackets).map(packetInfo),
    notes: left > 0 ? [...notes, `${left} more packets are not listed.`] : notes,
    reason: '',
  };
}
