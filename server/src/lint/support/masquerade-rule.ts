import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';

/** In ipvs mode the first rule is for Pods that reach themselves: unmarked, and never --random-fully (pkg/proxy/ipvs/proxier.go). */
const loopBack = 'KUBE-LOOP-BACK';

/** Where kube-proxy masquerades what is marked. */
export interface MasqueradeRule {
  readonly table: Table;
  /** KUBE-POSTROUTING. */
  readonly chain: Chain;
  /** Its line, 0-based. */
  readonly number: number;
  readonly rule: RuleStatement;
}

function lineOfMasquerade({ lines }: Ruleset, chain: Chain): number | undefined {
  return chain.rules.find((line) => {
    const rule = lines.at(line);
    return rule?.target === 'MASQUERADE' && !rule.text.includes(loopBack);
  });
}

/** The first rule of KUBE-POSTROUTING that masquerades what is marked, of each table nat that has one. */
export function* masqueradeRules(ruleset: Ruleset): Steps<readonly MasqueradeRule[]> {
  const found: MasqueradeRule[] = [];
  for (const table of ruleset.tables) {
    yield;
    const chain = table.name === 'nat' ? table.chains.get('KUBE-POSTROUTING') : undefined;
    const number = chain === undefined ? undefined : lineOfMasquerade(ruleset, chain);
    const rule = number === undefined ? undefined : ruleAt(ruleset, number);
    if (chain !== undefined && number !== undefined && rule !== undefined) found.push({ table, chain, number, rule });
  }
  return found;
}
