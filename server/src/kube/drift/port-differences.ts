/** Which of a port's rules differ, by what they do, without those that differ only because something else does. */
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { ExpectedRule, RulePurpose } from '../expected/rule.ts';
import type { DumpRule } from './dump-side.ts';
import type { EndpointChanges } from './endpoint-findings.ts';
import type { PortRules } from './port-rules.ts';
import { purposeOf } from './rule-purpose.ts';
import { valueIn } from './wording.ts';

export interface Differences {
  readonly missing: readonly ExpectedRule[];
  readonly extra: readonly DumpRule[];
}

/** A port whose rules differ. */
export interface DifferentPort {
  /** The dump's. */
  readonly ruleset: Ruleset;
  readonly rules: PortRules;
  /** What became of its endpoints. */
  readonly changes: EndpointChanges;
  /** Whether another internal traffic policy holds now. */
  readonly isPolicyChanged: boolean;
}

type ByPurpose = ReadonlyMap<RulePurpose, Differences>;
type IsLeftOut = (purpose: RulePurpose, rule: Rule) => boolean;

/** A rule that is missing or too many, as text without comment. */
interface Rule {
  readonly chain: string;
  readonly text: string;
}

function wantedRule({ chain, head, tail }: ExpectedRule): Rule {
  return { chain, text: head + tail };
}

function foundRule({ chain, key }: DumpRule): Rule {
  return { chain, text: key };
}

/** Where a rule leads that ends with its target; other text for one that does not. */
export function targetOf(text: string): string {
  return text.slice(text.lastIndexOf(' ') + 1);
}

function isLoadBalancerRule(text: string): boolean {
  return text.includes('load-balancer IP') || text.includes('loadbalancer IP');
}

function grouped({ missing, extra, expected: { port } }: PortRules, comments: (line: number) => string): ByPurpose {
  const found = new Map<RulePurpose, { readonly missing: ExpectedRule[]; readonly extra: DumpRule[] }>();
  const of = (purpose: RulePurpose): { readonly missing: ExpectedRule[]; readonly extra: DumpRule[] } => {
    let differences = found.get(purpose);
    if (differences === undefined) {
      differences = { missing: [], extra: [] };
      found.set(purpose, differences);
    }
    return differences;
  };
  for (const rule of missing) if (rule.purpose !== null) of(rule.purpose).missing.push(rule);
  for (const rule of extra) {
    const told = purposeOf(rule, port.clusterIP);
    of(told === 'external-ip' && isLoadBalancerRule(comments(rule.line)) ? 'load-balancer-ip' : told).extra.push(rule);
  }
  return found;
}

function without(differences: ByPurpose, isLeftOut: IsLeftOut): ByPurpose {
  const kept = new Map<RulePurpose, Differences>();
  for (const [purpose, { missing, extra }] of differences) {
    const rest = {
      missing: missing.filter((rule) => !isLeftOut(purpose, wantedRule(rule))),
      extra: extra.filter((rule) => !isLeftOut(purpose, foundRule(rule))),
    };
    if (rest.missing.length + rest.extra.length > 0) kept.set(purpose, rest);
  }
  return kept;
}

/** What has to differ because endpoints came or went. */
function byEndpoints({ rules, changes: { gone, added }, isPolicyChanged }: DifferentPort): IsLeftOut {
  const changed = new Set([...gone.map(({ endpoint }) => endpoint.name), ...added.map(({ chain }) => chain)]);
  const hadLocal = [...rules.endpoints.values()].some(({ inLocal }) => inLocal);
  const localChanged = changed.size > 0 && hadLocal !== rules.expected.choice.local.length > 0;
  return (purpose, { chain, text }) => {
    switch (purpose) {
      case 'balance':
        // With another number of endpoints every share is another.
        return changed.size > 0;
      case 'affinity':
        return changed.has(targetOf(text));
      case 'hairpin':
      case 'dnat':
        return changed.has(chain);
      case 'refuse':
        return localChanged;
      case 'external-policy':
        return localChanged && text.endsWith(` -j KUBE-SVL-${rules.expected.port.hash}`);
      case 'cluster-ip':
      case 'masquerade':
        return localChanged && rules.expected.port.internalLocal && !isPolicyChanged;
      default:
        return false;
    }
  };
}

/** The values that an option has in rules of these purposes that are missing, and in those that are too many, without those in both. */
function changedValues(differences: ByPurpose, purposes: readonly RulePurpose[], option: string): ReadonlySet<string> {
  const values = (rules: readonly string[]): ReadonlySet<string> => new Set(rules.flatMap((text) => valueIn(text, option) ?? []));
  const all = purposes.flatMap((purpose) => differences.get(purpose) ?? []);
  const wanted = values(all.flatMap(({ missing }) => missing.map((rule) => wantedRule(rule).text)));
  const found = values(all.flatMap(({ extra }) => extra.map(({ key }) => key)));
  return new Set([...wanted, ...found].filter((value) => !wanted.has(value) || !found.has(value)));
}

const entries: readonly RulePurpose[] = ['external-ip', 'load-balancer-ip', 'node-port'];

/** What has to differ because an address or NodePort came or went: what refuses its traffic, and what lets it in by source. */
function byEntries(differences: ByPurpose, { rules }: DifferentPort): IsLeftOut {
  const addresses = changedValues(differences, ['external-ip', 'load-balancer-ip'], '-d');
  const nodePorts = changedValues(differences, ['node-port'], '--dport');
  const isExternal = ({ chain }: { readonly chain: string }): boolean => chain.startsWith('KUBE-EXT-');
  const hasEntries = entries.some((purpose) => differences.has(purpose));
  // Without any way in from outside there are no rules for what comes from there.
  const isFirstOrLast = hasEntries && (!rules.actual.some(isExternal) || !rules.expected.rules().some(isExternal));
  return (purpose, { chain, text }) => {
    switch (purpose) {
      case 'external-policy':
        return isFirstOrLast;
      case 'refuse': {
        if (chain !== 'KUBE-EXTERNAL-SERVICES') return false;
        const address = valueIn(text, '-d');
        return address === undefined ? nodePorts.has(valueIn(text, '--dport') ?? '') : addresses.has(address);
      }
      case 'source-ranges':
        return isFirstOrLast || addresses.has(valueIn(text, '-d') ?? '') || addresses.has(valueIn(text, '-s') ?? '');
      default:
        return false;
    }
  };
}

/** What has to differ because the port's own address or number, its policies, ranges or affinity do. */
function byOthers(differences: ByPurpose): ReadonlySet<RulePurpose> {
  const follow = new Set<RulePurpose>();
  const entry = differences.get('cluster-ip');
  if (entry !== undefined) {
    const [want, had] = [entry.missing[0], entry.extra[0]].map((rule) =>
      rule === undefined ? undefined : 'key' in rule ? rule.key : rule.head + rule.tail,
    );
    follow.add('masquerade').add('refuse');
    const isPort = want !== undefined && had !== undefined && valueIn(want, '--dport') !== valueIn(had, '--dport');
    const isAddress = want === undefined || had === undefined || valueIn(want, '-d') !== valueIn(had, '-d');
    if (isPort) follow.add('external-ip').add('load-balancer-ip').add('source-ranges');
    if (!isPort && !isAddress) follow.add('balance');
  }
  if (differences.has('external-policy')) follow.add('balance').add('refuse').add('health-check');
  // Where the addresses are the same, their rules differ only in whether source ranges are asked.
  if (differences.has('source-ranges') && changedValues(differences, ['load-balancer-ip'], '-d').size === 0)
    follow.add('load-balancer-ip');
  if (differences.has('affinity')) follow.add('dnat').add('hairpin');
  return follow;
}

/** The differences that are findings of their own. */
export function differencesOf(port: DifferentPort): ByPurpose {
  const { lines } = port.ruleset;
  const all = grouped(port.rules, (line) => lines.at(line)?.text ?? '');
  const own = without(all, byEndpoints(port));
  const rest = without(own, byEntries(own, port));
  const follow = byOthers(rest);
  return without(rest, (purpose) => follow.has(purpose));
}
