/** Packets that kernels were seen to take through a node's rules, beside what follows from a dump of them. */
import type { Steps } from '../../base/steps.ts';
import { compareSeen, type SeenContext, type SeenPacketReport } from '../../netfilter/seen/compare-seen.ts';
import { newRuleFinder, type RuleFinder } from '../../netfilter/seen/match-rules.ts';
import { readSeen } from '../../netfilter/seen/read-seen.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { type AskOptions, followOptions } from './node-knowledge.ts';

export interface SeenReport {
  readonly packets: readonly SeenPacketReport[];
  readonly summary: {
    readonly agree: number;
    readonly differ: number;
    /** Those that cannot be compared. */
    readonly unknown: number;
  };
  /** In sentences. */
  readonly notes: readonly string[];
}

export type SeenAnswer =
  | { readonly ok: true; readonly report: SeenReport }
  /** One sentence: what was expected. */
  | { readonly ok: false; readonly message: string };

interface OfFamily {
  readonly context: SeenContext;
  readonly finder: RuleFinder;
}

function ofDump(resolution: Resolution, dump: Dump, options: AskOptions): OfFamily {
  const { ruleset } = resolution;
  const optionsFor = (destination: string) => followOptions(resolution, dump, destination, new Set(), options);
  return { context: { ruleset, dump, optionsFor }, finder: newRuleFinder(ruleset, dump) };
}

/**
 * The packets in what `xtables-monitor --trace`, `nft monitor trace` or a kernel's log with TRACE printed, each with the dump's rules and whether
 * the same follows from them; or in a sentence what is wrong with the text. Pauses after each packet; never throws.
 */
export function* seenSteps(resolution: Resolution, text: string, options: AskOptions = {}): Steps<SeenAnswer> {
  const { packets, left } = yield* readSeen(text);
  if (packets.length === 0)
    return {
      ok: false,
      message:
        'tells of no packet; expected what "xtables-monitor --trace" or "nft monitor trace" prints, or lines of a kernel log with TRACE: in them',
    };
  const families = new Map<string, OfFamily>();
  for (const dump of resolution.ruleset.dumps)
    if (!families.has(dump.family)) families.set(dump.family, ofDump(resolution, dump, options));
  const reports: SeenPacketReport[] = [];
  let others = 0;
  for (const packet of packets) {
    const family = families.get(packet.family);
    if (family === undefined) others += 1;
    else reports.push(yield* compareSeen(family.context, packet, family.finder));
    yield;
  }
  const count = (agrees: boolean | null): number => reports.filter((report) => report.agrees === agrees).length;
  const notes = [
    others > 0 ? `${others} packets are of a family of which the dump has no tables: they are left out.` : '',
    left > 0 ? `${left} more packets are left out.` : '',
  ];
  return {
    ok: true,
    report: {
      packets: reports,
      summary: { agree: count(true), differ: count(false), unknown: count(null) },
      notes: notes.filter((note) => note !== ''),
    },
  };
}
