import { createMemory, type Memory } from '../base/memory.ts';
import type { Family } from '../catalog/types.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import { destinationIn } from '../syntax/saved-layout.ts';
import { actionOf } from './actions.ts';
import type { CompiledRule, Condition } from './compiled-rule.ts';
import { endpointRule } from './endpoint-rule.ts';
import { ipAddress } from './packet.ts';
import { conditionsOf } from './rule-predicates.ts';

// Lines live as long as some ruleset has them, and rulesets share those that an edit leaves alone.
const compiled: Readonly<Record<Family, Memory<Line, CompiledRule | null>>> = {
  ipv4: createMemory(),
  ipv6: createMemory(),
};

/** The rule on a line, read once; null where the line holds none. */
export function compiledRule(line: Line, family: Family): CompiledRule | null {
  let rule = compiled[family].get(line);
  if (rule === undefined) {
    rule = endpointRule(line, family) ?? fullRule(line, family);
    compiled[family].set(line, rule);
  }
  return rule;
}

/** A rule read option by option; null where the line holds none. */
export function fullRule(line: Line, family: Family): CompiledRule | null {
  const statement = statementOf(line);
  if (statement.kind !== 'rule') return null;
  const conditions = conditionsOf(statement, family);
  const predicates = conditions.flatMap((condition) => condition.predicates);
  return { predicates, action: actionOf(statement, family), isGoto: statement.isGoto, conditions };
}

/** The conditions of the rule on a line; none where the line holds none. */
export function ruleConditions(line: Line, family: Family): readonly Condition[] {
  return compiledRule(line, family)?.conditions ?? fullRule(line, family)?.conditions ?? [];
}

/**
 * Whether a rule is for one IPv4 destination that is not this one: told from the text as iptables-save lays it out, a tenth of what reading
 * the rule costs. KUBE-SERVICES has thousands of such rules. False means that the rule has to be read.
 */
export function isForAnother(line: Line, destination: string): boolean {
  // Thousands of rules that pick an endpoint are not for an address.
  if (line.target.startsWith('KUBE-SEP-')) return false;
  const address = destinationIn(line);
  // One that is spelt in another way may be the same.
  return address !== undefined && address !== destination && !address.includes(':') && ipAddress(address)?.text === address;
}
