import { command } from '../../base/shell-text.ts';
import { mayHaveMoreTables } from '../../ruleset/completeness.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Asked } from '../journey.ts';
import { type MarkUse, markLedger } from '../marks.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { ownerOf } from '../owners.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Two programs keep their notes in the same bits of a packet's mark, and read each other's. */
export const markBitsShared: NodeFinding = {
  codes: { 'mark-bits-shared': "Two programs use the same bits of the packets' mark: one reads what the other wrote." },
  look: atOnce(look),
};

function hex(bits: number): string {
  return `0x${(bits >>> 0).toString(16)}`;
}

/** Whether a chain is come to from a hook behind PREROUTING: what is written before it, the next program writes anew. */
function isLate(chain: Chain, seen = new Set<Chain>()): boolean {
  if (chain.builtin) return chain.name !== 'PREROUTING';
  seen.add(chain);
  const others = [...chain.table.chains.values()].filter((other) => !seen.has(other) && other.jumps.includes(chain));
  return others.some((other) => isLate(other, seen));
}

interface Shared {
  readonly writer: MarkUse;
  readonly owner: MarkUse;
  readonly test: MarkUse;
  readonly bits: number;
}

/** Pairs of programs that both write bits which one of them tests; each pair once. */
function sharedBits(subject: Subject): readonly Shared[] {
  const { written, tested } = markLedger(subject);
  const known = written.filter(({ chain }) => chain !== undefined && ownerOf(chain.name) !== '');
  const pairs = new Map<string, Shared>();
  for (const writer of known) {
    if (writer.chain === undefined || !isLate(writer.chain)) continue;
    for (const owner of known) {
      if (owner.program === writer.program || (owner.bits & writer.bits) === 0) continue;
      const test = tested.find(({ program, bits }) => program === owner.program && (bits & owner.bits & writer.bits) !== 0);
      const key = [owner.program, writer.program].toSorted().join(' and ');
      if (test !== undefined && !pairs.has(key)) pairs.set(key, { writer, owner, test, bits: owner.bits & writer.bits });
    }
    if (pairs.size > 8) break;
  }
  return [...pairs.values()];
}

function noneFound({ ruleset }: Subject): string {
  const isAllShown = ruleset.dumps.every((dump) => !mayHaveMoreTables(ruleset, dump));
  return isAllShown
    ? "No two programs share bits of the packets' mark."
    : "No two programs share bits of the packets' mark in what is shown of the rules.";
}

function look(subject: Subject, _asked: Asked | null): Looked {
  const found = sharedBits(subject).map(({ writer, owner, test, bits }): Found => {
    return foundCause({
      code: 'mark-bits-shared',
      message: `${writer.program} and ${owner.program} both write bits ${hex(bits)} of the mark, and ${owner.program} goes by them: a packet that one has marked is taken by the other for its own.`,
      evidence: [ruleEvidence(subject, writer.line), ruleEvidence(subject, owner.line), ruleEvidence(subject, test.line)],
      confirm: [command`iptables-save | grep -i mark`],
      mend: [
        command`give one of the two other bits (Calico: IptablesMarkMask, kube-proxy: iptables.masqueradeBit, Cilium and Tailscale: none)`,
      ],
    });
  });
  return { ...nothing, found, fine: found.length === 0 ? [noneFound(subject)] : [] };
}
