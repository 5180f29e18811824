/** Bits of the packet's mark: who sets, tests and clears them, by the rules at hand. */
import type { Chain, Table } from '../ruleset/ruleset.ts';
import type { Journey } from './journey.ts';
import { ownerOf } from './owners.ts';
import type { Subject } from './subject.ts';

/** A rule that changed the mark on a way; `line` is 0-based. */
export interface MarkStep {
  readonly chain: string;
  readonly line: number;
}

const kinds: ReadonlySet<string> = new Set(['mark', 'restore-mark']);

/** The rules that changed the mark on a way, in their order. */
export function marksOn({ last }: Pick<Journey, 'last'>): readonly MarkStep[] {
  const steps: MarkStep[] = [];
  for (let step = last; step !== null; step = step.previous) {
    if (kinds.has(step.kind) && step.line !== null) steps.push({ chain: step.chain.name, line: step.line });
  }
  return steps.reverse();
}

/** A rule of somebody else that changed the mark after kube-proxy had set it to be masqueraded by; undefined where there is none. */
export function clearingStep(journey: Pick<Journey, 'last'>): MarkStep | undefined {
  const steps = marksOn(journey);
  const set = steps.findIndex(({ chain }) => chain === 'KUBE-MARK-MASQ');
  return set < 0 ? undefined : steps.slice(set + 1).find(({ chain }) => !chain.startsWith('KUBE-'));
}

/** A rule that has to do with bits of the mark. */
export interface MarkUse {
  /** "Calico ...", or the chain for one of nobody that is known. */
  readonly program: string;
  readonly table: Table;
  readonly chain: Chain | undefined;
  readonly bits: number;
  /** 0-based. */
  readonly line: number;
}

export interface MarkLedger {
  readonly written: readonly MarkUse[];
  readonly tested: readonly MarkUse[];
}

const mostUses = 20_000;

/** The bits that a value with a mask is about: of one without, all. */
function bitsOf(value: string, mask: string | undefined): number {
  return ((mask === undefined ? 0xffff_ffff : Number(mask)) | Number(value)) >>> 0;
}

/** Who sets and tests which bits, rule by rule. */
export function markLedger({ ruleset }: Subject): MarkLedger {
  const written: MarkUse[] = [];
  const tested: MarkUse[] = [];
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      const program = ownerOf(chain.name) || chain.name;
      for (const line of chain.rules) {
        const text = ruleset.lines[line]?.text ?? '';
        if (!text.includes('mark') || written.length + tested.length > mostUses) continue;
        const use = { program, table, chain, line };
        const set = /-j MARK --set-x?mark (0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+))?/.exec(text);
        if (set?.[1] !== undefined) written.push({ ...use, bits: bitsOf(set[1], set[2]) });
        const test = /-m mark (?:! )?--mark (0x[0-9a-f]+|\d+)(?:\/(0x[0-9a-f]+))?/.exec(text);
        if (test?.[1] !== undefined) tested.push({ ...use, bits: bitsOf(test[1], test[2] ?? undefined) });
      }
    }
  }
  return { written, tested };
}
