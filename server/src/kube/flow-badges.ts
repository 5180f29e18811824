/** What the rules of a drawn chain do to packets besides sending them on. */
import { actionOf } from '../netfilter/actions.ts';
import { ruleAt } from '../ruleset/rules.ts';
import type { Chain, Ruleset } from '../ruleset/ruleset.ts';
import type { RuleStatement } from '../syntax/statement.ts';
import { destinationCondition, sourceCondition } from './flow-conditions.ts';
import { isMarkChain } from './flow-doors.ts';
import type { FlowBadge, FlowNodeKind } from './flow-graph.ts';
import { optionsOf, singleAddress } from './rule-values.ts';

const mostNetworksShown = 4;
const loneSource = /^(?:\[\d+:\d+\] )?-A \S+ -s ([0-9a-f.:]+)\/(?:32|128) -m comment --comment "[^"]*" -j \S+$/;

function hairpin(line: number): FlowBadge {
  return { kind: 'hairpin', label: 'hairpin', condition: 'masqueraded when it reaches itself', line: line + 1 };
}

function secondsOf(rule: RuleStatement): string {
  return optionsOf(rule, '--seconds')[0]?.values[0]?.text ?? '';
}

/** The words of a badge's condition: who, and to which address where a chain serves several. */
function conditionOf(rule: RuleStatement, hasManyDoors: boolean): string {
  const parts = [hasManyDoors ? destinationCondition(rule) : '', sourceCondition(rule)];
  return parts.filter((part) => part !== '').join(', ');
}

/**
 * The badges of a chain, in rule order.
 * @param matched rules (0-based) that some packet of the flow meets; a rule for another address of the Service makes no badge
 * @param endpointIP the address of an endpoint's chain, to tell its hairpin rule
 * @param hasManyDoors whether packets to several addresses come by, so that a condition has to say which
 */
export function badgesOf(
  ruleset: Ruleset,
  chain: Chain,
  kind: FlowNodeKind,
  matched: ReadonlySet<number>,
  hasManyDoors: boolean,
  endpointIP: string | null,
): readonly FlowBadge[] {
  const badges: FlowBadge[] = [];
  let affinity: FlowBadge | null = null;
  const networks: string[] = [];
  let networksLine: number | null = null;
  for (const line of chain.rules) {
    const source = ruleset.lines[line];
    if (source === undefined) continue;
    const { target, text } = source;
    // Of an endpoint's two rules neither need be read, in the form that kube-proxy writes.
    if (kind === 'endpoint' && target === 'DNAT') continue;
    if (kind === 'endpoint' && isMarkChain(target) && endpointIP !== null && loneSource.exec(text)?.[1] === endpointIP) {
      badges.push(hairpin(line));
      continue;
    }
    const picksEndpoint = target.startsWith('KUBE-SEP-');
    if (picksEndpoint && (affinity !== null || !/--(?:rcheck|update)\b/.test(text))) {
      // Thousands of rules that only pick an endpoint need not be read.
      if (kind === 'service' || kind === 'service-local') continue;
    }
    // A dispatcher's rules are for one address each: what they mark shows on the edge.
    if (kind === 'dispatch' && !(isMarkChain(target) && matched.has(line))) continue;
    const rule = ruleAt(ruleset, line);
    if (rule === undefined) continue;
    if (picksEndpoint && /--(?:rcheck|update)\b/.test(text)) {
      const seconds = secondsOf(rule);
      affinity ??= {
        kind: 'affinity',
        label: seconds === '' ? 'affinity' : `affinity ${seconds} s`,
        condition: 'by client address',
        line: line + 1,
      };
    }
    if (kind === 'firewall' && !isMarkChain(target) && target !== '') {
      const network = optionsOf(rule, '--source')[0]?.values[0]?.text;
      if (network !== undefined) {
        networks.push(network);
        networksLine ??= line;
      }
    }
    if (isMarkChain(target)) {
      const isHairpin = kind === 'endpoint' && endpointIP !== null && singleAddress(rule, '--source') === endpointIP;
      if (kind !== 'endpoint' && !matched.has(line)) continue;
      if (target === 'KUBE-MARK-DROP') {
        badges.push({ kind: 'mark', label: 'marked to be dropped', condition: conditionOf(rule, hasManyDoors), line: line + 1 });
      } else if (isHairpin) {
        badges.push(hairpin(line));
      } else {
        badges.push({ kind: 'masquerade', label: 'masquerade', condition: conditionOf(rule, hasManyDoors), line: line + 1 });
      }
      continue;
    }
    const action = actionOf(rule, chain.table.dump.family);
    if ((action.kind === 'mark' || action.kind === 'connection-mark') && matched.has(line)) {
      badges.push({ kind: 'mark', label: action.words, condition: conditionOf(rule, hasManyDoors), line: line + 1 });
    }
  }
  if (affinity !== null) badges.push(affinity);
  if (networks.length > 0) {
    const shown = networks.slice(0, mostNetworksShown).join(', ');
    const more = networks.length > mostNetworksShown ? ` and ${networks.length - mostNetworksShown} more` : '';
    badges.push({
      kind: 'source-ranges',
      label: `only from ${shown}${more}`,
      condition: '',
      line: networksLine === null ? null : networksLine + 1,
    });
  }
  if (kind === 'service-local') badges.push({ kind: 'local-only', label: 'endpoints of this node', condition: '', line: null });
  return badges;
}
