/** Names what differs between a Service port's rules in a dump and those that kube-proxy would write for the cluster. */
import type { Cluster } from '../../cluster/cluster.ts';
import type { ProxyEndpoint } from '../expected/endpoints.ts';
import { type ExpectedRule, type RulePurpose, ruleText } from '../expected/rule.ts';
import { endpointShares } from '../proxy/endpoint-shares.ts';
import type { DumpRule, DumpSide } from './dump-side.ts';
import { type EndpointChanges, endpointChanges, endpointText, someOf } from './endpoint-findings.ts';
import type { DriftFinding, DriftKind } from './finding.ts';
import type { PortRules } from './port-rules.ts';
import { consequences, kinds, purposeOf, purposes } from './rule-purpose.ts';
import { valueIn, wording } from './wording.ts';

/** What a finding says besides its kind, state and message. */
interface Details {
  /** 0-based. */
  readonly line: number | null;
  readonly expected?: ExpectedRule | undefined;
  /** The line is where something would stand, not what is there. */
  readonly isAbsent?: boolean;
  readonly endpoint?: string | null;
  readonly replacedBy?: string | undefined;
}

interface Differences {
  readonly missing: ExpectedRule[];
  readonly extra: DumpRule[];
}

/**
 * Compares one port. Empty where its rules are right, or where the dump is an excerpt that does not show otherwise.
 * @param node the dump's node; empty where it is not known
 */
export function comparePort(side: DumpSide, cluster: Cluster, rules: PortRules, node: string): readonly DriftFinding[] {
  const { ruleset } = side;
  const { port, choice } = rules.expected;
  const findings: DriftFinding[] = [];
  const add = (kind: DriftKind, status: DriftFinding['status'], message: string, details: Details): void => {
    const { line, expected, isAbsent, endpoint, replacedBy } = details;
    findings.push({
      kind,
      status,
      message,
      cause: '',
      namespace: port.service.namespace,
      service: port.service.name,
      port: port.port.name,
      family: side.dump.family,
      line,
      endpoint: endpoint ?? null,
      replacedBy: replacedBy ?? null,
      expected: expected === undefined ? null : ruleText(expected),
      actual: line === null || isAbsent === true ? null : (ruleset.lines[line]?.text.trim() ?? null),
    });
  };

  const natRules = rules.actual.filter(({ table }) => table === 'nat');
  const refused = rules.actual.find((rule) => purposeOf(rule, port.clusterIP) === 'refuse');
  const changes = endpointChanges(ruleset, cluster, rules, side.nat?.whole === true);
  if (choice.any && refused !== undefined && natRules.length === 0 && rules.missing.length > 0) {
    // Without an endpoint there was no rule in nat; all that differs follows from its coming.
    const come = choice.reachable;
    const has = come.length === 1 ? 'an endpoint' : `${come.length} endpoints`;
    add(
      'endpoint-missing',
      'missing',
      `The dump refuses traffic to ${port.name}, which has ${has} now: ${someOf(come.map(endpointText))}`,
      {
        line: refused.line,
        expected: rules.missing.find(({ purpose }) => purpose === 'cluster-ip') ?? rules.missing[0],
        endpoint: come.length === 1 ? (come[0]?.destination ?? null) : null,
      },
    );
    return findings;
  }
  if (!choice.any && natRules.length > 0) {
    const entry = natRules.find(({ chain }) => chain === 'KUBE-SERVICES') ?? natRules[0];
    const fates = changes.gone.map(({ message }) => message);
    const why = fates.length === 0 ? '' : `: ${someOf(fates, 2)}`;
    add('no-endpoints', 'stale', `${port.name} has no endpoint left, but the dump still sends traffic to some${why}`, {
      line: entry?.line ?? null,
      expected: rules.missing.find(({ purpose }) => purpose === 'refuse'),
    });
    return findings;
  }
  const isPolicyChanged = leadsToOtherPolicy();
  // Where another traffic policy holds now, other endpoints are bound to be used.
  const own = isPolicyChanged
    ? {
        gone: changes.gone.filter(({ kind }) => kind !== 'endpoint-elsewhere'),
        added: changes.added.filter(({ ref }) => ref.endpoint.nodeName === node),
      }
    : changes;
  addEndpoints(own);
  addDifferences(differencesOf());
  if (findings.length === 0 && rules.misplaced !== undefined) addMisplaced(rules.misplaced);
  return findings;

  /** Whether the clusterIP's rule leads to the chain of the policy that does not hold (any longer). */
  function leadsToOtherPolicy(): boolean {
    const other = port.internalLocal ? 'KUBE-SVC-' : 'KUBE-SVL-';
    return rules.extra.some(
      ({ table, chain, key }) => table === 'nat' && chain === 'KUBE-SERVICES' && key.endsWith(` -j ${other}${port.hash}`),
    );
  }

  /** Where a rule that is not there would stand: behind the rules of its chain. */
  function placeFor(rule: ExpectedRule): number | null {
    const chain = side[rule.table]?.table.chains.get(rule.chain) ?? side.nat?.table.chains.get('KUBE-SERVICES');
    return chain?.rules.at(-1) ?? chain?.declarations[0] ?? null;
  }

  function balanceRule({ chain }: ProxyEndpoint): ExpectedRule | undefined {
    return rules.missing.find(({ purpose, tail }) => purpose === 'balance' && tail.endsWith(` -j ${chain}`));
  }

  function addEndpoints({ gone, added }: EndpointChanges): void {
    const come = [...added];
    for (const { kind, message, line, address } of gone) {
      const instead = come.shift();
      const replaced = instead === undefined ? '' : `; ${endpointText(instead)} is one instead`;
      add(kind, 'stale', message + replaced, {
        line,
        expected: instead === undefined ? undefined : balanceRule(instead),
        endpoint: address,
        replacedBy: instead?.destination,
      });
    }
    for (const endpoint of come) {
      const expected = balanceRule(endpoint);
      add('endpoint-missing', 'missing', `${endpointText(endpoint)} is an endpoint of ${port.name} that gets no traffic`, {
        line: expected === undefined ? null : placeFor(expected),
        expected,
        isAbsent: true,
        endpoint: endpoint.destination,
      });
    }
  }

  /** The rules that differ, by what they do, without those that have to differ because endpoints came or went. */
  function differencesOf(): ReadonlyMap<RulePurpose, Differences> {
    const isExplained = explainedBy(changes, rules, isPolicyChanged);
    const found = new Map<RulePurpose, Differences>();
    const of = (purpose: RulePurpose): Differences => {
      let differences = found.get(purpose);
      if (differences === undefined) {
        differences = { missing: [], extra: [] };
        found.set(purpose, differences);
      }
      return differences;
    };
    for (const rule of rules.missing) {
      if (rule.purpose !== null && !isExplained(rule.purpose, rule.chain, rule.tail)) of(rule.purpose).missing.push(rule);
    }
    for (const rule of rules.extra) {
      const told = purposeOf(rule, port.clusterIP);
      const purpose = told === 'external-ip' && isLoadBalancerRule(rule) ? 'load-balancer-ip' : told;
      if (!isExplained(purpose, rule.chain, rule.key)) of(purpose).extra.push(rule);
    }
    return found;
  }

  function isLoadBalancerRule({ line }: DumpRule): boolean {
    return /load-?balancer IP/.test(ruleset.lines[line]?.text ?? '');
  }

  function addDifferences(differences: ReadonlyMap<RulePurpose, Differences>): void {
    const seen = new Set<DriftKind>();
    for (const purpose of purposes) {
      const { missing, extra } = differences.get(purpose) ?? { missing: [], extra: [] };
      const [wanted] = missing;
      const [found] = extra;
      if (wanted === undefined && found === undefined) continue;
      const kind = kindOf(purpose, wanted, found);
      if (seen.has(kind) || consequences(seen).has(kind)) continue;
      const message =
        purpose === 'balance' ? balanceWording(kind, found?.chain ?? wanted?.chain ?? '') : wording(kind, rules, wanted, found);
      if (message === undefined) continue;
      seen.add(kind);
      const line = found?.line ?? (wanted === undefined ? null : placeFor(wanted));
      add(kind, 'differs', message, { line, expected: wanted, isAbsent: found === undefined });
    }
  }

  function kindOf(purpose: RulePurpose, wanted: ExpectedRule | undefined, found: DumpRule | undefined): DriftKind {
    const isEntry = purpose === 'cluster-ip' || (purpose === 'refuse' && found?.chain === 'KUBE-SERVICES');
    if (!isEntry || wanted === undefined || found === undefined || wanted.chain !== found.chain) return kinds[purpose];
    const want = wanted.head + wanted.tail;
    if (valueIn(want, '-d') !== valueIn(found.key, '-d')) return 'cluster-ip';
    if (valueIn(want, '--dport') !== valueIn(found.key, '--dport')) return 'port';
    return purpose === 'refuse' ? 'refusal' : 'internal-policy';
  }

  /** What is wrong with a chain that spreads traffic; undefined where it only does so by other rules. */
  function balanceWording(kind: DriftKind, name: string): string | undefined {
    const chain = side.nat?.table.chains.get(name);
    if (chain === undefined || side.nat?.whole !== true) return undefined;
    const wanted = name.startsWith('KUBE-SVL-') ? choice.local : choice.cluster;
    const shares = endpointShares(ruleset, chain);
    const targets = new Set(shares.map(({ target }) => target));
    const isSame = targets.size === wanted.length && wanted.every((endpoint) => targets.has(endpoint.chain));
    if (!isSame) {
      const scope = name.startsWith('KUBE-SVL-') ? 'for this node alone' : 'for the whole cluster';
      return `The endpoints ${scope} of ${port.name} are ${wanted.length === 0 ? 'none' : someOf(wanted.map(({ destination }) => destination))}; ${name} sends to others`;
    }
    const each = 1 / wanted.length;
    const isEven = shares.length === wanted.length && shares.every(({ share }) => Math.abs(share - each) < each / 100);
    return isEven ? undefined : wording(kind, rules, undefined, undefined);
  }

  function addMisplaced({ chain, line }: DumpRule): void {
    if (/^KUBE-SV[CL]-/.test(chain)) {
      const message = balanceWording('shares', chain);
      if (message !== undefined) add('shares', 'differs', message, { line });
      return;
    }
    const kind = chain.startsWith('KUBE-EXT-') ? 'external-policy' : 'endpoint-rules';
    add(kind, 'differs', `The rules of ${chain}, of ${port.name}, stand in another order than kube-proxy writes them`, { line });
  }
}

/** Which differences follow from endpoints that came or went, so that they are no findings of their own. */
function explainedBy(
  { gone, added }: EndpointChanges,
  rules: PortRules,
  isPolicyChanged: boolean,
): (purpose: RulePurpose, chain: string, text: string) => boolean {
  const changed = new Set([...gone.map(({ endpoint }) => endpoint.name), ...added.map(({ chain }) => chain)]);
  const hadLocal = [...rules.endpoints.values()].some(({ inLocal }) => inLocal);
  const localChanged = changed.size > 0 && hadLocal !== rules.expected.choice.local.length > 0;
  return (purpose, chain, text) => {
    switch (purpose) {
      case 'balance':
        // With another number of endpoints every share is another.
        return changed.size > 0;
      case 'affinity':
        return [...changed].some((name) => text.endsWith(` -j ${name}`));
      case 'hairpin':
      case 'dnat':
        return changed.has(chain);
      case 'refuse':
        return localChanged;
      case 'external-policy':
        return localChanged && / -j KUBE-SVL-[A-Z2-7]+$/.test(text);
      case 'cluster-ip':
      case 'masquerade':
        return localChanged && rules.expected.port.internalLocal && !isPolicyChanged;
      default:
        return false;
    }
  };
}
