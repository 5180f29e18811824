/** Routes and policy rules in words, and as evidence. */
import { interfacesOf, type RouteAnswer } from '../node/look-ups/route.ts';
import type { PolicyRuleRecord, PortRange } from '../node/records.ts';
import type { Evidence } from './diagnosis.ts';
import type { Subject } from './subject.ts';

/** Tables that every node has. */
const usual: ReadonlySet<string> = new Set(['local', 'main', 'default', '']);

/** Whether a policy rule led to a table that not all packets are routed by. */
export function isByPolicy({ rule }: Exclude<RouteAnswer, { readonly kind: 'unknown' }>): boolean {
  return rule !== null && !usual.has(rule.table);
}

/** "by eth0 to 10.0.0.1" */
export function wayText({ route }: Extract<RouteAnswer, { readonly kind: 'route' }>): string {
  const gateways = route.hops.map(({ gateway }) => gateway).filter((gateway) => gateway !== '');
  return `by ${interfacesOf(route).join(', ')}${gateways.length === 0 ? '' : ` to ${gateways.join(', ')}`}`;
}

function portsText({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** "priority 100 from 10.42.0.0/16 fwmark 0x1/0x1 lookup 100" */
export function ruleText(rule: PolicyRuleRecord): string {
  const parts = [
    rule.isNegated ? 'not' : '',
    rule.from === '' ? '' : `from ${rule.from}`,
    rule.to === '' ? '' : `to ${rule.to}`,
    rule.mark === null ? '' : `fwmark 0x${rule.mark.value.toString(16)}/0x${rule.mark.mask.toString(16)}`,
    rule.in === '' ? '' : `iif ${rule.in}`,
    rule.protocol === '' ? '' : `ipproto ${rule.protocol}`,
    rule.sport === null ? '' : `sport ${portsText(rule.sport)}`,
    rule.dport === null ? '' : `dport ${portsText(rule.dport)}`,
    rule.hasMore ? '...' : '',
    rule.refuses === '' ? `lookup ${rule.table}` : rule.refuses,
  ];
  return `priority ${rule.priority} ${parts.filter((part) => part !== '').join(' ')}`;
}

/** Where a route and the policy rule that led to it stand. */
export function decidedBy({ facts }: Pick<Subject, 'facts'>, answer: RouteAnswer): readonly Evidence[] {
  if (answer.kind === 'unknown') return [];
  const { rule, route } = answer;
  const { policyRules, routes } = facts;
  return [
    ...(rule === null || policyRules === null
      ? []
      : [{ file: rule.file ?? policyRules.file, line: rule.line, text: ruleText(rule) }]),
    ...(route === null || routes === null
      ? []
      : [{ file: route.file ?? routes.file, line: route.line, text: `${route.type} ${route.network}, table ${route.table}` }]),
  ];
}
