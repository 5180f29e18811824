/** What the rules of a drawn chain do to packets besides sending them on. */
import { actionOf } from '../../netfilter/actions.ts';
import { ruleAt, rulesOf } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import { isAllShown } from '../proxy/endpoint-shares.ts';
import { hasOption, optionsOf, singleAddress } from '../proxy/rule-values.ts';
import { destinationCondition, sourceCondition } from './conditions.ts';
import { isMarkChain } from './frontends.ts';
import type { FlowBadge, FlowNodeKind } from './graph.ts';

const mostNetworksShown = 4;

function hairpin(line: number): FlowBadge {
  return { kind: 'hairpin', label: 'hairpin', condition: 'masqueraded when it reaches itself', line: line + 1 };
}

/** The words of a badge's condition: who, and to which address where a chain serves several. */
function conditionOf(rule: RuleStatement, hasManyFrontends: boolean): string {
  const parts = [hasManyFrontends ? destinationCondition(rule) : '', sourceCondition(rule)];
  return parts.filter((part) => part !== '').join(', ');
}

/** Whether a chain is declared and has no rules, so that jumping to it does nothing. */
function isEmpty(ruleset: Ruleset, chain: Chain | undefined): boolean {
  return chain !== undefined && chain.declarations.length > 0 && chain.rules.length === 0 && isAllShown(ruleset, chain);
}

/** Marks of a chain's rules: to masquerade, to drop, others; with the hairpin rule of an endpoint. */
function markBadges(chain: Chain, kind: FlowNodeKind, view: BadgeView): readonly FlowBadge[] {
  const { ruleset, matched, hasManyFrontends, endpointIP } = view;
  const badges: FlowBadge[] = [];
  for (const line of chain.rules) {
    const source = ruleset.lines.at(line);
    if (source === undefined) continue;
    const { target } = source;
    const marks = isMarkChain(target);
    // Thousands of rules that only pick an endpoint or redirect to it need not be read.
    if (!marks && target !== 'MARK' && target !== 'CONNMARK') continue;
    // An endpoint's rules are for whoever comes; others are for one address, which may be another one of the Service.
    if (kind !== 'endpoint' && !matched.has(line)) continue;
    const rule = ruleAt(ruleset, line);
    if (rule === undefined) continue;
    const condition = conditionOf(rule, hasManyFrontends);
    if (kind === 'endpoint' && marks && endpointIP !== null && singleAddress(rule, '--source') === endpointIP) {
      badges.push(hairpin(line));
    } else if (marks && isEmpty(ruleset, chain.table.chains.get(target))) {
      // kubelet fills KUBE-MARK-DROP; without it nothing is marked.
      badges.push({ kind: 'mark', label: `${target} is empty: no mark`, condition, line: line + 1 });
    } else if (target === 'KUBE-MARK-DROP') {
      badges.push({ kind: 'mark', label: 'marked to be dropped', condition, line: line + 1 });
    } else if (marks) {
      badges.push({ kind: 'masquerade', label: 'masquerade', condition, line: line + 1 });
    } else {
      const action = actionOf(rule, chain.table.dump.family);
      if (action.kind !== 'mark' && action.kind !== 'connection-mark') continue;
      badges.push({ kind: 'mark', label: action.words, condition, line: line + 1 });
    }
  }
  return badges;
}

/** The first rule that picks an endpoint says whether a known client is brought back, and for how long it is known: such rules come first. */
function affinityBadges(ruleset: Ruleset, chain: Chain): readonly FlowBadge[] {
  const line = chain.rules.find((number) => ruleset.lines.at(number)?.target.startsWith('KUBE-SEP-'));
  const rule = line === undefined ? undefined : ruleAt(ruleset, line);
  if (line === undefined || rule === undefined || !(hasOption(rule, '--rcheck') || hasOption(rule, '--update'))) return [];
  const seconds = optionsOf(rule, '--seconds')[0]?.values[0]?.text ?? '';
  const label = seconds === '' ? 'affinity' : `affinity ${seconds} s`;
  return [{ kind: 'affinity', label, condition: 'by client address', line: line + 1 }];
}

function sourceRangeBadges(ruleset: Ruleset, chain: Chain): readonly FlowBadge[] {
  const networks: string[] = [];
  let first: number | null = null;
  for (const { line, rule } of rulesOf(ruleset, chain)) {
    const network = optionsOf(rule, '--source')[0]?.values[0]?.text;
    if (network === undefined || isMarkChain(rule.target?.text ?? '')) continue;
    networks.push(network);
    first ??= line + 1;
  }
  if (networks.length === 0) return [];
  const more = networks.length > mostNetworksShown ? ` and ${networks.length - mostNetworksShown} more` : '';
  const label = `only from ${networks.slice(0, mostNetworksShown).join(', ')}${more}`;
  return [{ kind: 'source-ranges', label, condition: '', line: first }];
}

export interface BadgeView {
  readonly ruleset: Ruleset;
  /** Rules (0-based) that some packet of the flow meets. */
  readonly matched: ReadonlySet<number>;
  /** Whether packets to several addresses come by, so that a condition has to say which. */
  readonly hasManyFrontends: boolean;
  /** The address of an endpoint's chain, to tell its hairpin rule. */
  readonly endpointIP: string | null;
}

/** What the rules of a drawn chain do besides sending packets on, as badges. */
export function badgesOf(chain: Chain, kind: FlowNodeKind, view: BadgeView): readonly FlowBadge[] {
  const { ruleset } = view;
  const badges = [...markBadges(chain, kind, view)];
  if (kind === 'service' || kind === 'service-local' || kind === 'external') badges.push(...affinityBadges(ruleset, chain));
  if (kind === 'firewall') badges.push(...sourceRangeBadges(ruleset, chain));
  if (kind === 'service-local') badges.push({ kind: 'local-only', label: 'endpoints of this node', condition: '', line: null });
  return badges;
}
