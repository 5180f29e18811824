/**
 * kube-proxy's rules for endpoints, of which a Service with thousands of endpoints has three for each, told by their exact layout. Reading them
 * so costs a tenth of reading them option by option; what is laid out in any other way is read in full.
 */
import type { Family } from '../catalog/types.ts';
import type { Line } from '../syntax/line.ts';
import { natRange } from './actions.ts';
import type { Predicate } from './answer.ts';
import { byChance } from './chance.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { hasProtocol, inNetworks } from './core-match-predicates.ts';

const start = String.raw`^(?:\[\d+:\d+\] )?-A KUBE-S(?:VC|VL|EP)-[A-Z2-7]{16} `;
const comment = String.raw`(?:-m comment --comment "[^"\\]*" )?`;
const choice = new RegExp(
  String.raw`${start}${comment}(?:-m statistic --mode random --probability ([01]\.\d+) )?-j (KUBE-SEP-[A-Z2-7]{16})$`,
);
const hairpin = new RegExp(String.raw`${start}-s ([\da-f.:]+/\d+) ${comment}-j (KUBE-MARK-MASQ)$`);
const redirect = new RegExp(String.raw`${start}-p (tcp|udp|sctp) ${comment}-m \1 -j DNAT --to-destination ([\da-f.:[\]]+)$`);

const none: readonly Predicate[] = [];

/** The rule on a line, where it is one of these three; undefined for any other. */
export function endpointRule(line: Line, family: Family): CompiledRule | undefined {
  const { text, target } = line;
  if (line.command !== 'append' || line.isGoto || line.name.length !== 25) return undefined;
  if (target === 'DNAT') {
    const match = redirect.exec(text);
    const range = match?.[2] === undefined ? null : natRange(match[2]);
    if (match?.[1] === undefined || range === null) return undefined;
    return { predicates: [hasProtocol(match[1], false)], action: { kind: 'dnat', range }, isGoto: false };
  }
  if (target === 'KUBE-MARK-MASQ') {
    const match = hairpin.exec(text);
    const predicate = match?.[1] === undefined ? undefined : inNetworks(match[1], false, family, 'source');
    return predicate === undefined
      ? undefined
      : { predicates: [predicate], action: { kind: 'jump', chain: target }, isGoto: false };
  }
  const match = target.startsWith('KUBE-SEP-') ? choice.exec(text) : null;
  if (match === null) return undefined;
  const predicate = match[1] === undefined ? undefined : byChance(Number.parseFloat(match[1]));
  if (match[1] !== undefined && predicate === undefined) return undefined;
  return { predicates: predicate === undefined ? none : [predicate], action: { kind: 'jump', chain: target }, isGoto: false };
}
