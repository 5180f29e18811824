/**
 * kube-proxy's rules for endpoints, of which a Service with thousands of endpoints has three for each, told by their exact layout. Reading them
 * so costs a tenth of reading them option by option; what is laid out in any other way is read in full.
 */
import type { Family } from '../catalog/types.ts';
import type { Line } from '../syntax/line.ts';
import { endpointLayout } from '../syntax/saved-layout.ts';
import { natRange } from './actions.ts';
import type { Predicate } from './answer.ts';
import { byChance } from './chance.ts';
import type { CompiledRule } from './compiled-rule.ts';
import { hasProtocol, inNetworks } from './core-match-predicates.ts';

const none: readonly Predicate[] = [];

/** The rule on a line, where it is one of these three; undefined for any other. */
export function endpointRule(line: Line, family: Family): CompiledRule | undefined {
  const layout = endpointLayout(line);
  switch (layout?.kind) {
    case 'redirect': {
      const range = natRange(layout.destination);
      if (range === null) return undefined;
      return {
        predicates: [hasProtocol(layout.protocol, false)],
        action: { kind: 'dnat', range, isRandom: false },
        isGoto: false,
      };
    }
    case 'hairpin': {
      const predicate = inNetworks(layout.source, false, family, 'source');
      return predicate === undefined ? undefined : jumpTo(layout.target, [predicate]);
    }
    case 'choice': {
      if (layout.probability === undefined) return jumpTo(layout.target, none);
      const predicate = byChance(Number.parseFloat(layout.probability));
      return predicate === undefined ? undefined : jumpTo(layout.target, [predicate]);
    }
    case undefined:
      return undefined;
  }
}

function jumpTo(chain: string, predicates: readonly Predicate[]): CompiledRule {
  return { predicates, action: { kind: 'jump', chain }, isGoto: false };
}
