import { beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '../../server/src/netfilter/outcome.ts';
import type { Packet } from '../../server/src/netfilter/packet.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { fixtureText } from '../support/fixtures.ts';
import {
  enumerated,
  isSameAs,
  type KernelTrace,
  kernelTrace,
  packetIn,
  pathOf,
  type Recorded,
  type RecordedRuleset,
  sets,
} from './recorded-traces.ts';
import { ruleset } from './support.ts';

interface Compared {
  readonly recorded: Recorded;
  readonly isOfRealProgram: boolean;
  readonly kernel: KernelTrace;
  readonly outcomes: readonly Outcome[];
  /** Which of the outcomes the kernel's is; -1 for none. */
  readonly at: number;
}

/** Rulesets by name, with the sets that they ask for. */
function readRulesets(): ReadonlyMap<string, { readonly recorded: RecordedRuleset; readonly built: Ruleset }> {
  const all = JSON.parse(fixtureText('corpus/round-2/trace-rulesets.json')) as Readonly<Record<string, RecordedRuleset>>;
  return new Map(Object.entries(all).map(([name, recorded]) => [name, { recorded, built: ruleset(sets + recorded.text) }]));
}

function compareAll(): readonly Compared[] {
  const rulesets = readRulesets();
  const compared: Compared[] = [];
  let first: { readonly packet: Packet; readonly outcome: Outcome } | null = null;
  for (const line of fixtureText('corpus/round-2/traces.jsonl').trim().split('\n')) {
    const recorded = JSON.parse(line) as Recorded;
    const known = rulesets.get(recorded.ruleset);
    if (known === undefined) throw new Error(`no ruleset ${recorded.ruleset}`);
    if (recorded.kind === 'first') first = null;
    const packet = packetIn(recorded, first);
    const { outcomes } = enumerated(known.built, packet);
    const kernel = kernelTrace(recorded, known.recorded);
    const at = outcomes.findIndex((outcome) => isSameAs(kernel, outcome));
    const outcome = outcomes[at];
    // Answers and later packets follow the first one in the recording.
    if (recorded.kind === 'first' && outcome !== undefined) first = { packet, outcome };
    compared.push({ recorded, isOfRealProgram: recorded.ruleset.startsWith('tpl-'), kernel, outcomes, at });
  }
  return compared;
}

/** A disagreement in words: the packet, the kernel's path, ours. */
function shown({ recorded, kernel, outcomes }: Compared): string {
  const ours = outcomes.slice(0, 3).map((outcome) => `ours: ${outcome.verdict}: ${pathOf(outcome).join('; ')}`);
  const packet = `${recorded.ruleset}, ${recorded.kind}: ${JSON.stringify(recorded.packet)}`;
  return [packet, `kernel: ${kernel.verdict}: ${kernel.path.join('; ')}`, ...ours].join('\n');
}

function share(part: readonly unknown[], whole: readonly unknown[]): number {
  return part.length / whole.length;
}

describe("packets with the kernel's path, where the node's addresses and the members of sets are known", () => {
  let compared: readonly Compared[] = [];
  beforeAll(() => {
    compared = compareAll();
  }, 120_000);
  const of = (isOfRealProgram: boolean) => compared.filter((each) => each.isOfRealProgram === isOfRealProgram);
  const isChance = ({ outcomes }: Compared): boolean => outcomes.some((outcome) => outcome.probability < 1);

  it('are first packets, answers and later ones', () => {
    const kinds = compared.map(({ recorded }) => recorded.kind);
    expect(['first', 'reply', 'third'].map((kind) => kinds.filter((each) => each === kind).length)).toEqual([1777, 276, 146]);
  });

  it('through rulesets of real programs are among the outcomes, all of them', () => {
    expect(
      of(true)
        .filter(({ at }) => at < 0)
        .map(shown),
    ).toEqual([]);
  });

  it('and are listed first where chance plays no part', () => {
    const decided = of(true).filter((each) => !isChance(each));
    const listedFirst = decided.filter(({ at }) => at === 0);
    expect(
      share(listedFirst, decided),
      decided
        .filter(({ at }) => at > 0)
        .map(shown)
        .join('\n'),
    ).toBeGreaterThan(0.98);
  });

  it('through random rulesets are among the outcomes, all of them', () => {
    expect(
      of(false)
        .filter(({ at }) => at < 0)
        .map(shown),
    ).toEqual([]);
  });

  it('do not multiply: no packet has more outcomes than questions explain', () => {
    expect(Math.max(...compared.map(({ outcomes }) => outcomes.length))).toBeLessThan(100);
  });
});
