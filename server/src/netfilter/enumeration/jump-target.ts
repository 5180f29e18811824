import type { Chain } from '../../ruleset/ruleset.ts';
import { leadsBack } from '../loops.ts';
import { assume, type Run } from './state.ts';

/** The chain that a jump leads to; null where it is passed over, and why that is. */
export function jumpTarget(run: Run, from: Chain, name: string): Chain | null {
  const target = from.table.chains.get(name);
  if (target === undefined) {
    assume(run, `Nothing is known of the target ${name}: it is taken to let packets pass.`);
    return null;
  }
  if (leadsBack(from, target)) {
    assume(run, `${from.name} leads back to ${name}, which iptables refuses: the jump is passed over.`);
    return null;
  }
  if (target.declarations.length > 0 || target.rules.length > 0) return target;
  run.missing.add(target);
  return null;
}
