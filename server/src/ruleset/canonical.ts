import type { NormalizedOption } from '../catalog/extension.ts';
import type { Family } from '../catalog/types.ts';
import { printNetwork } from '../catalog/values/addresses.ts';
import { type LineContext, lineContext } from '../syntax/line.ts';
import type { RuleStatement } from '../syntax/statement.ts';
import { type NormalizedExtension, type NormalizedRule, normalizeRule } from './normalize-rule.ts';

function printOption({ name, negated, value }: NormalizedOption): string {
  return `${negated ? ' !' : ''} ${name}${value === undefined ? '' : ` ${value.text}`}`;
}

function printOptions(options: readonly NormalizedOption[]): string {
  let text = '';
  for (const option of options) text += printOption(option);
  return text;
}

function printMatch({ name, options }: NormalizedExtension): string {
  return ` -m ${name}${printOptions(options)}`;
}

/** A rule as iptables-save prints it, without its counters, in the form of the back end that the file names, else of nft: "-A INPUT -s 10.0.0.0/8 -p tcp -m tcp --dport 22 -j ACCEPT". */
export function printRule(normalized: NormalizedRule): string {
  const { source, destination, inInterface, outInterface, protocol, fragment, target } = normalized;
  let text = `-A ${normalized.chain}`;
  for (const option of [source, destination, inInterface, outInterface, protocol, fragment]) {
    if (option !== undefined) text += printOption(option);
  }
  for (const match of normalized.matches) text += printMatch(match);
  if (target === undefined) return text;
  const jump = target.name === '' ? '' : ` ${normalized.isGoto ? '-g' : '-j'} ${target.name}`;
  return `${text}${jump}${printOptions(target.options)}`;
}

/** The circumstances of a line without its back end, so that rules of two dumps can be compared, whichever wrote them. */
export function withoutBackEnd({ family, table }: LineContext): LineContext {
  return lineContext(family, undefined, table);
}

/**
 * The line that iptables-save of the nft back end would print for a rule, without counters, whichever back end wrote it. Equal texts are equal rules. A rule
 * that lists several addresses (`-s a,b`) keeps its list; `canonicalRules` has the rules that iptables makes of it. Never throws: what iptables
 * would refuse stays as typed.
 */
export function canonicalRule(rule: RuleStatement, context: LineContext): string {
  return printRule(normalizeRule(rule, withoutBackEnd(context)));
}

/**
 * The lines that iptables-save of the back end that the file names, else of nft, would print for a rule: one for each pair of a source and a destination in its lists, none where the rule says that
 * it is for the other family.
 */
export function canonicalRules(rule: RuleStatement, context: LineContext): readonly string[] {
  const normalized = normalizeRule(rule, context);
  if (isForOtherFamily(rule, normalized.family)) return [];
  const rules = each(normalized.source).flatMap((source) =>
    each(normalized.destination).map((destination) => printRule({ ...normalized, source, destination })),
  );
  // Each is inserted in front of the one before.
  return rule.command === 'insert' ? rules.reverse() : rules;
}

function each(option: NormalizedOption | undefined): readonly (NormalizedOption | undefined)[] {
  const value = option?.value;
  if (option === undefined || value?.type !== 'networks' || value.networks.length < 2) return [option];
  return value.networks.map((network) =>
    network.mask === 0n
      ? undefined
      : { ...option, value: { type: 'networks', networks: [network], text: printNetwork(network) } },
  );
}

/** Whether iptables-restore skips the line: `-6` in an IPv4 ruleset and the other way round. */
function isForOtherFamily(rule: RuleStatement, family: Family): boolean {
  const other = family === 'ipv4' ? '--ipv6' : '--ipv4';
  return rule.options.some(({ name, spec }) => name === other && spec !== undefined);
}
