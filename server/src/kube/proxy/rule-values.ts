/** Values of a rule that kube-proxy's and portmap's rules are told by. */
import { canonicalIP, parseHostPort } from '../../base/ip.ts';
import { readNumber } from '../../catalog/values/numbers.ts';
import { servicePort } from '../../catalog/values/service-names.ts';
import { canonicalProtocol } from '../../netfilter/core-match-predicates.ts';
import { optionOf } from '../../ruleset/rules.ts';
import type { RuleOption, RuleStatement } from '../../syntax/statement.ts';

/** The comment; empty where there is none. */
export function commentOf(rule: RuleStatement): string {
  return optionOf(rule, '--comment')?.values[0]?.text ?? '';
}

/** "tcp", "udp", "sctp", ... in lower case; empty where the rule is for any or for all but one. */
export function protocolOf(rule: RuleStatement): string {
  const option = optionOf(rule, '--protocol');
  return option === undefined || option.negation !== undefined ? '' : canonicalProtocol(option.values[0]?.text ?? '');
}

function isWholeAddress(prefix: string, ip: string): boolean {
  return ip.includes(':') ? prefix === '128' : prefix === '32' || prefix === '255.255.255.255';
}

/** The one address of `-s` or `-d`, canonical; undefined for a network, a list, a negation or none. */
export function singleAddress(rule: RuleStatement, option: '--source' | '--destination'): string | undefined {
  const found = optionOf(rule, option);
  const text = found?.values[0]?.text;
  if (text === undefined || found?.negation !== undefined) return undefined;
  const slash = text.indexOf('/');
  const ip = canonicalIP(slash < 0 ? text : text.slice(0, slash));
  return ip !== undefined && (slash < 0 || isWholeAddress(text.slice(slash + 1), ip)) ? ip : undefined;
}

/** A port by number, in any of C's notations, or by its name in /etc/services. */
function portOf(text: string): number | undefined {
  return readNumber(text, 0, 65535) ?? servicePort(text);
}

/** The one port of `--dport`; undefined for a range, a negation or none. */
export function destinationPort(rule: RuleStatement): number | undefined {
  const option = optionOf(rule, '--destination-port');
  return option === undefined || option.negation !== undefined ? undefined : portOf(option.values[0]?.text ?? '');
}

/** The ports of `-m multiport --dports`, ranges left out; empty where there are none. */
export function destinationPorts(rule: RuleStatement): readonly number[] {
  const option = optionOf(rule, '--destination-ports');
  if (option === undefined || option.negation !== undefined) return [];
  return (option.values[0]?.text ?? '').split(',').flatMap((text) => portOf(text) ?? []);
}

/** Where DNAT sends a packet, if to one address: "10.244.0.11:8080". */
export function dnatDestination(rule: RuleStatement): { readonly ip: string; readonly port: number | null } | undefined {
  const text = optionOf(rule, '--to-destination')?.values[0]?.text;
  return text === undefined ? undefined : parseHostPort(text);
}

/** `-m statistic --mode random --probability P`: P; undefined where the rule has none. `!` in front makes it 1 - P. */
export function probabilityOf(rule: RuleStatement): number | undefined {
  const option = optionOf(rule, '--probability');
  if (option === undefined) return undefined;
  const value = Number.parseFloat(option.values[0]?.text ?? '');
  if (!(value >= 0 && value <= 1)) return undefined;
  return option.negation === undefined ? value : 1 - value;
}

/** Whether a rule has an option with this canonical name, negated or not. */
export function hasOption(rule: RuleStatement, name: string): boolean {
  return optionOf(rule, name) !== undefined;
}

/** All options with this canonical name. */
export function optionsOf(rule: RuleStatement, name: string): readonly RuleOption[] {
  return rule.options.filter((option) => option.name === name);
}
