/** What a rule asks of a packet. Matches that the rules alone do not decide answer with a doubt or an assumption, never with a guess. */

import type { Family } from '../catalog/types.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { protocolNumber } from '../catalog/values/protocols.ts';
import { hasLostMark } from '../ruleset/lost-condition.ts';
import { optionOf } from '../ruleset/rules.ts';
import type { RuleOption, RuleStatement } from '../syntax/statement.ts';
import { doubt, type Predicate, perhapsNegated } from './answer.ts';
import type { Condition } from './compiled-rule.ts';
import { addressPredicate, canonicalProtocol, interfacePredicate, protocolPredicate } from './core-match-predicates.ts';
import type { RuleContext } from './match-reader.ts';
import { matchReader } from './matches/registry.ts';
import { loadedMatches, valueText } from './option-view.ts';

function corePredicate(option: RuleOption, family: Family): Predicate | null {
  switch (option.name) {
    case '--source':
      return addressPredicate(option, family, 'source');
    case '--destination':
      return addressPredicate(option, family, 'destination');
    case '--protocol':
      return protocolPredicate(option);
    case '--in-interface':
      return interfacePredicate(option, 'in');
    case '--out-interface':
      return interfacePredicate(option, 'out');
    case '--fragments':
      return perhapsNegated(() => false, option.negation !== undefined);
    case '--ipv4':
      return family === 'ipv4' ? null : () => false;
    case '--ipv6':
      return family === 'ipv6' ? null : () => false;
    default:
      return null;
  }
}

let hiddenRules = 0;

/** A listing without -v prints no interfaces: each of its rules may be for one alone, which is a question of its own. */
function hiddenInterfaces({ chain, target }: RuleStatement): Predicate {
  hiddenRules += 1;
  const rule = `a rule of ${chain.text}${target === undefined ? '' : ` (${target.text})`}`;
  const answer = doubt({
    about: 'other',
    key: `interfaces of hidden rule ${hiddenRules}`,
    yes: `The listing does not show interfaces (-v), and ${rule} is for those of this packet.`,
    no: `The listing does not show interfaces (-v), and ${rule} is for others than those of this packet.`,
    likely: true,
  });
  return () => answer;
}

const lostMarkAnswer = doubt({
  about: 'other',
  key: 'mark that KUBE-FORWARD asks for',
  yes: 'The packet has the mark that kube-proxy asks for in KUBE-FORWARD, and that the text does not show.',
  no: 'The packet does not have the mark that kube-proxy asks for in KUBE-FORWARD, and that the text does not show.',
  likely: false,
});
const lostMark: Predicate = () => lostMarkAnswer;

/** The conditions of a rule, iptables' own first, in the order in which the kernel asks them. All must hold for it to match. */
export function conditionsOf(rule: RuleStatement, family: Family): readonly Condition[] {
  const conditions: Condition[] = [];
  for (const option of rule.options) {
    const predicate = option.spec?.extension === undefined ? corePredicate(option, family) : null;
    if (predicate !== null) conditions.push({ match: '', options: [option], predicates: [predicate] });
  }
  const protocol = canonicalProtocol(valueText(optionOf(rule, '--protocol')));
  const context: RuleContext = { family, protocol: protocolNumber(protocol) ?? readNumber(protocol, 0, 255) ?? 0 };
  for (const match of loadedMatches(rule)) {
    const predicates = matchReader(match.name)(match, context);
    if (predicates.length > 0) conditions.push({ match: match.name, options: match.options, predicates });
  }
  if (rule.hidden.includes('interfaces')) conditions.push({ match: '', options: [], predicates: [hiddenInterfaces(rule)] });
  if (hasLostMark(rule)) conditions.push({ match: '', options: [], predicates: [lostMark] });
  return conditions;
}
