import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { Outcome } from '../../server/src/netfilter/outcome.ts';
import { ipAddress, packetOf } from '../../server/src/netfilter/packet.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { ruleText } from '../../server/src/syntax/saved-layout.ts';
import { fixtureText } from '../support/fixtures.ts';

interface KernelTrace {
  readonly iif: string;
  readonly oif: string;
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: string;
  readonly path: readonly (readonly [table: string, rule: string, happened: string])[];
  readonly last: { readonly src: string; readonly dst: string; readonly dport: number };
}

function address(text: string) {
  const found = ipAddress(text);
  if (found === undefined) throw new Error(`no address: ${text}`);
  return found;
}

/** What the kernel calls it: NAT targets end as ACCEPT, REJECT as DROP. */
function happened(kind: string, words: string): string {
  switch (kind) {
    case 'jump':
      return words.replace('jump ', 'JUMP:');
    case 'dnat':
    case 'masquerade':
    case 'accept':
      return 'ACCEPT';
    case 'reject':
    case 'drop':
      return 'DROP';
    case 'return':
      return 'RETURN';
    case 'policy':
      return words.toUpperCase();
    default:
      return 'CONTINUE';
  }
}

function pathOf(ruleset: Ruleset, outcome: Outcome): readonly (readonly [string, string, string])[] {
  const path: (readonly [string, string, string])[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) {
    const line = step.line === null ? undefined : ruleset.lines.at(step.line);
    const rule = step.kind === 'policy' ? `policy ${step.chain.name}` : line === undefined ? '' : ruleText(line);
    path.unshift([step.chain.table.name, rule, happened(step.kind, step.words)]);
  }
  return path;
}

describe("the kernel's own traces", () => {
  const traces = () =>
    fixtureText('lab/shop/trace.jsonl')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as KernelTrace);

  it('are among the outcomes, rule by rule, all of them', { timeout: 120_000 }, () => {
    const ruleset = buildWholeRuleset(readWholeDocument(fixtureText('lab/shop/node-a.iptables')));
    const missing: KernelTrace[] = [];
    let checked = 0;
    for (const trace of traces()) {
      const packet = packetOf({
        source: address(trace.src),
        destination: address(trace.dst),
        protocol: trace.proto,
        sport: trace.sport,
        dport: trace.dport,
        isFromHere: trace.iif === '',
        in: trace.iif,
        out: trace.iif === '' ? trace.oif : null,
      });
      const { outcomes, complete } = runToEnd(enumerateSteps(ruleset, packet));
      expect(complete).toBe(true);
      const wanted = JSON.stringify(trace.path);
      const found = outcomes.find(
        (outcome) =>
          JSON.stringify(pathOf(ruleset, outcome)) === wanted &&
          outcome.packet.destination.text === trace.last.dst &&
          outcome.packet.dport === trace.last.dport &&
          (outcome.packet.source === null || outcome.packet.source.text === trace.last.src),
      );
      if (found === undefined) missing.push(trace);
      checked += 1;
    }
    expect(missing).toEqual([]);
    expect(checked).toBe(607);
  });
});
