import { runToEnd } from '../../server/src/base/steps.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import type { Enumeration, Outcome } from '../../server/src/netfilter/outcome.ts';
import { type IPAddress, ipAddress, type Packet, type PacketSpec, packetOf } from '../../server/src/netfilter/packet.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

export function address(text: string): IPAddress {
  const found = ipAddress(text);
  if (found === undefined) throw new Error(`no address: ${text}`);
  return found;
}

export type PacketTexts = Omit<Partial<PacketSpec>, 'source' | 'destination'> & { readonly from?: string; readonly to?: string };

/** A TCP packet from 203.0.113.9:40000 to 10.0.0.1:80 that came in from the network, unless said otherwise. */
export function packet({ from = '203.0.113.9', to = '10.0.0.1', ...rest }: PacketTexts = {}): Packet {
  return packetOf({
    source: address(from),
    destination: address(to),
    protocol: 'tcp',
    sport: 40000,
    dport: 80,
    isFromHere: false,
    ...rest,
  });
}

export function ruleset(text: string): Ruleset {
  return buildWholeRuleset(readWholeDocument(text));
}

export function enumerate(text: string, given: PacketTexts = {}, options: EnumerateOptions = {}): Enumeration {
  return runToEnd(enumerateSteps(ruleset(text), packet(given), options));
}

/** A path in words: "filter FORWARD jump A; filter A drop", in order. */
export function pathWords(outcome: Outcome): string {
  const steps: string[] = [];
  for (let step = outcome.last; step !== null; step = step.previous) {
    steps.push(`${step.chain.table.name} ${step.chain.name} ${step.kind === 'policy' ? 'policy ' : ''}${step.words}`);
  }
  return steps.reverse().join('; ');
}

export function assumedBy(outcome: Outcome): readonly string[] {
  const texts: string[] = [];
  for (let assumed = outcome.assumed; assumed !== null; assumed = assumed.previous) {
    texts.unshift(assumed.holds ? assumed.fact.yes : assumed.fact.no);
  }
  return texts.filter((text) => text !== '');
}
