/** Names what differs between a Service port's rules in a dump and those that kube-proxy would write for the cluster. */
import type { Cluster } from '../../cluster/cluster.ts';
import { type ExpectedRule, type RulePurpose, ruleText } from '../expected/rule.ts';
import type { DumpRule, DumpSide } from './dump-side.ts';
import { type EndpointChanges, endpointChanges, endpointText, someOf } from './endpoint-findings.ts';
import type { DriftFinding, DriftKind } from './finding.ts';
import type { PortRules } from './port-rules.ts';

/** What a rule of the dump does, told by its chain and its text. */
function purposeOf({ table, chain, key }: DumpRule, clusterIP: string): RulePurpose {
  if (table === 'filter') {
    if (chain === 'KUBE-PROXY-FIREWALL') return 'source-ranges';
    return chain === 'KUBE-NODEPORTS' ? 'health-check' : 'refuse';
  }
  if (chain === 'KUBE-NODEPORTS') return 'node-port';
  if (chain === 'KUBE-SERVICES') {
    if (/ -j KUBE-FW-/.test(key)) return 'load-balancer-ip';
    if (/ -j KUBE-SV[CL]-/.test(key) || key.includes(` -d ${clusterIP}/`)) return 'cluster-ip';
    return 'external-ip';
  }
  switch (chain.slice(0, 9)) {
    case 'KUBE-EXT-':
      return 'external-policy';
    case 'KUBE-SEP-':
      return key.includes(' -j DNAT') ? 'dnat' : 'hairpin';
    case 'KUBE-SVC-':
    case 'KUBE-SVL-':
      if (key.endsWith(' -j KUBE-MARK-MASQ')) return 'masquerade';
      if (key.endsWith(' -j KUBE-MARK-DROP')) return 'refuse';
      return key.includes(' -m recent ') ? 'affinity' : 'balance';
    default:
      return 'source-ranges';
  }
}

interface Differences {
  readonly missing: readonly ExpectedRule[];
  readonly extra: readonly DumpRule[];
}

const kinds: Readonly<Record<RulePurpose, DriftKind>> = {
  'cluster-ip': 'cluster-ip',
  masquerade: 'masquerade',
  'external-ip': 'external-ip',
  'load-balancer-ip': 'load-balancer-ip',
  'node-port': 'node-port',
  'health-check': 'health-check',
  'source-ranges': 'source-ranges',
  'external-policy': 'external-policy',
  affinity: 'affinity',
  balance: 'shares',
  hairpin: 'endpoint-rules',
  dnat: 'endpoint-rules',
  refuse: 'refusal',
};

/** What `-d`, `--dport` and the like say in a rule's text. */
function valueIn(text: string | undefined, option: string): string | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf(` ${option} `);
  if (at < 0) return undefined;
  const start = at + option.length + 2;
  const end = text.indexOf(' ', start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

function withoutMask(network: string | undefined): string {
  return network?.replace(/\/(?:32|128)$/, '') ?? 'none';
}

/** What to say of a kind of difference: the value that the cluster has, and that of the dump. */
function wording(kind: DriftKind, rules: PortRules, wanted: ExpectedRule | undefined, found: DumpRule | undefined): string {
  const { port } = rules.expected;
  const { name } = port;
  const want = wanted === undefined ? undefined : wanted.head + wanted.tail;
  const had = found?.key;
  switch (kind) {
    case 'cluster-ip':
      return had === undefined
        ? `No rule leads to ${name} by its clusterIP ${port.clusterIP}`
        : `${name} has clusterIP ${port.clusterIP}; the dump has ${withoutMask(valueIn(had, '-d'))}`;
    case 'port':
      return `${name} is at port ${port.port.port}; the dump has ${valueIn(had, '--dport') ?? 'none'}`;
    case 'internal-policy':
      return `${name} has internalTrafficPolicy ${port.internalLocal ? 'Local' : 'Cluster'}; the dump is written for ${port.internalLocal ? 'Cluster' : 'Local'}`;
    case 'external-policy':
      return `${name} has externalTrafficPolicy ${port.externalLocal ? 'Local' : 'Cluster'}; its rules for traffic from outside are not those`;
    case 'external-ip':
      if (wanted === undefined) return `${withoutMask(valueIn(had, '-d'))} is no external IP of ${name} any more`;
      return `External IP ${withoutMask(valueIn(want, '-d'))} of ${name} has no rule`;
    case 'load-balancer-ip':
      if (wanted === undefined) return `${withoutMask(valueIn(had, '-d'))} is no load-balancer address of ${name} any more`;
      return `Load-balancer address ${withoutMask(valueIn(want, '-d'))} of ${name} has no rule`;
    case 'node-port':
      if (port.port.nodePort === 0) return `${name} has no NodePort any more; the dump has ${valueIn(had, '--dport') ?? 'one'}`;
      if (had === undefined) return `NodePort ${port.port.nodePort} of ${name} has no rule`;
      if (valueIn(had, '--dport') === String(port.port.nodePort))
        return `The rule for NodePort ${port.port.nodePort} of ${name} is another`;
      return `${name} has NodePort ${port.port.nodePort}; the dump has ${valueIn(had, '--dport') ?? 'none'}`;
    case 'health-check':
      if (port.healthCheckNodePort === 0)
        return `${name} has no health check node port any more; the dump has ${valueIn(had, '--dport') ?? 'one'}`;
      return `${name} has health check node port ${port.healthCheckNodePort}; the dump has ${valueIn(had, '--dport') ?? 'none'}`;
    case 'source-ranges':
      return port.sourceRanges.length === 0
        ? `${name} has no loadBalancerSourceRanges any more; the dump still limits who may enter`
        : `${name} lets in ${someOf(port.sourceRanges)}; the dump's rules let in others`;
    case 'affinity': {
      const seconds = valueIn(had, '--seconds');
      const dump = seconds === undefined ? 'without' : `for ${seconds} seconds`;
      return port.affinitySeconds === 0
        ? `${name} has no session affinity; the dump keeps clients ${dump}`
        : `${name} keeps a client for ${port.affinitySeconds} seconds (sessionAffinity ClientIP); the dump ${seconds === undefined ? 'does not' : `keeps it ${dump}`}`;
    }
    case 'shares':
      return `The endpoints of ${name} do not get equal shares`;
    case 'masquerade':
      return `What is masqueraded on its way to ${name} is not what kube-proxy would masquerade`;
    case 'endpoint-rules':
      return `The chain of an endpoint of ${name} is not as kube-proxy writes it`;
    case 'refusal':
      if (wanted === undefined) return `The dump refuses traffic to ${name}, which has an endpoint for it`;
      return `Traffic to ${name} should be refused, for want of ${rules.expected.choice.any ? 'an endpoint on this node' : 'endpoints'}; no rule does`;
    default:
      return `The rules of ${name} are not those that kube-proxy would write`;
  }
}

/** Compares one port. Empty where its rules are right, or where the dump is an excerpt that does not show otherwise. */
export function comparePort(side: DumpSide, cluster: Cluster, rules: PortRules): readonly DriftFinding[] {
  if (rules.missing.length === 0 && rules.extra.length === 0 && rules.misplaced === undefined) return [];
  const { ruleset, dump } = side;
  const { port, choice } = rules.expected;
  const natWhole = side.nat?.whole === true;
  const findings: DriftFinding[] = [];

  const lineText = (line: number | null): string | null => (line === null ? null : (ruleset.lines[line]?.text.trim() ?? null));
  const add = (
    kind: DriftKind,
    status: DriftFinding['status'],
    message: string,
    line: number | null,
    expected: ExpectedRule | undefined,
    more: { readonly isAbsent?: boolean; readonly endpoint?: string | null; readonly replacedBy?: string | undefined } = {},
  ): void => {
    findings.push({
      kind,
      status,
      message,
      cause: '',
      namespace: port.service.namespace,
      service: port.service.name,
      port: port.port.name,
      family: dump.family,
      line,
      endpoint: more.endpoint ?? null,
      replacedBy: more.replacedBy ?? null,
      expected: expected === undefined ? null : ruleText(expected),
      actual: more.isAbsent === true ? null : lineText(line),
    });
  };
  /** Where a rule that is not there would stand: behind the rules of its chain. */
  const placeFor = (rule: ExpectedRule): number | null => {
    const chain = side[rule.table]?.table.chains.get(rule.chain) ?? side.nat?.table.chains.get('KUBE-SERVICES');
    return chain?.rules.at(-1) ?? chain?.declarations[0] ?? null;
  };

  const natRules = rules.actual.filter(({ table }) => table === 'nat');
  const refused = rules.actual.find((rule) => purposeOf(rule, port.clusterIP) === 'refuse');
  if (choice.any && refused !== undefined && natRules.length === 0 && rules.missing.length > 0) {
    // Without an endpoint there was no rule in nat; all that differs follows from its coming.
    const come = port.internalLocal && choice.cluster.length === 0 ? choice.local : choice.reachable;
    const first = rules.missing.find(({ purpose }) => purpose === 'cluster-ip') ?? rules.missing[0];
    const has = come.length === 1 ? 'an endpoint' : `${come.length} endpoints`;
    add(
      'endpoint-missing',
      'missing',
      `The dump refuses traffic to ${port.name}, which has ${has} now: ${someOf(come.map(endpointText))}`,
      refused.line,
      first,
      { endpoint: come.length === 1 ? (come[0]?.address ?? null) : null },
    );
    return findings;
  }
  if (!choice.any && natRules.length > 0) {
    const first = natRules.find(({ chain }) => chain === 'KUBE-SERVICES') ?? natRules[0];
    const changes = endpointChanges(ruleset, cluster, rules, natWhole);
    const fates = changes.gone.map(({ message }) => message);
    const why = fates.length === 0 ? '' : `: ${someOf(fates, 2)}`;
    const refusal = rules.missing.find(({ purpose }) => purpose === 'refuse');
    add(
      'no-endpoints',
      'stale',
      `${port.name} has no endpoint left, but the dump still sends traffic to some${why}`,
      first?.line ?? null,
      refusal,
    );
    return findings;
  }

  const changes = endpointChanges(ruleset, cluster, rules, natWhole);
  addEndpointFindings(changes);
  const explained = explainedBy(changes, rules);
  addRuleFindings(explained);
  if (findings.length === 0 && rules.misplaced !== undefined) {
    const chain = rules.misplaced.chain;
    const kind = chain.startsWith('KUBE-SV') ? 'shares' : chain.startsWith('KUBE-EXT-') ? 'external-policy' : 'endpoint-rules';
    const message =
      kind === 'shares'
        ? wording(kind, rules, undefined, undefined)
        : `The rules of ${chain} stand in another order than kube-proxy writes them`;
    add(
      kind,
      'differs',
      `${message}${kind === 'shares' ? ': their rules stand in another order' : ''}`,
      rules.misplaced.line,
      undefined,
    );
  }
  return findings;

  function addEndpointFindings({ gone, added }: EndpointChanges): void {
    const come = [...added];
    const balanceRule = (chain: string): ExpectedRule | undefined =>
      rules.missing.find((rule) => rule.purpose === 'balance' && rule.tail.endsWith(` -j ${chain}`));
    for (const { kind, message, line, address } of gone) {
      const instead = come.shift();
      const replaced = instead === undefined ? '' : `; ${endpointText(instead)} is one instead`;
      const rule = instead === undefined ? undefined : balanceRule(instead.chain);
      add(kind, 'stale', message + replaced, line, rule, { endpoint: address, replacedBy: instead?.address });
    }
    for (const endpoint of come) {
      const rule = balanceRule(endpoint.chain);
      const message = `${endpointText(endpoint)} is an endpoint of ${port.name} that gets no traffic`;
      const place = rule === undefined ? null : placeFor(rule);
      add('endpoint-missing', 'missing', message, place, rule, { isAbsent: true, endpoint: endpoint.address });
    }
  }

  function addRuleFindings(isExplained: (purpose: RulePurpose, chain: string, text: string) => boolean): void {
    const byPurpose = new Map<RulePurpose, { missing: ExpectedRule[]; extra: DumpRule[] }>();
    const of = (purpose: RulePurpose): { missing: ExpectedRule[]; extra: DumpRule[] } => {
      let found = byPurpose.get(purpose);
      if (found === undefined) {
        found = { missing: [], extra: [] };
        byPurpose.set(purpose, found);
      }
      return found;
    };
    for (const rule of rules.missing) {
      if (rule.purpose !== null && !isExplained(rule.purpose, rule.chain, rule.tail)) of(rule.purpose).missing.push(rule);
    }
    for (const rule of rules.extra) {
      let purpose = purposeOf(rule, port.clusterIP);
      if (purpose === 'external-ip' && isLoadBalancerRule(rule)) purpose = 'load-balancer-ip';
      if (!isExplained(purpose, rule.chain, rule.key)) of(purpose).extra.push(rule);
    }
    const seen = new Set<DriftKind>();
    for (const purpose of purposes) {
      const differences = byPurpose.get(purpose);
      if (differences === undefined) continue;
      const kind = kindOf(purpose, differences);
      if (seen.has(kind) || consequences(seen).has(kind)) continue;
      seen.add(kind);
      const [wanted] = differences.missing;
      const [found] = differences.extra;
      const line = found?.line ?? (wanted === undefined ? null : placeFor(wanted));
      add(kind, 'differs', wording(kind, rules, wanted, found), line, wanted, { isAbsent: found === undefined });
    }
  }

  function isLoadBalancerRule({ line }: DumpRule): boolean {
    return /load-?balancer IP/.test(ruleset.lines[line]?.text ?? '');
  }

  function kindOf(purpose: RulePurpose, { missing, extra }: Differences): DriftKind {
    if (purpose !== 'cluster-ip') return kinds[purpose];
    const [wanted] = missing;
    const [found] = extra;
    if (wanted === undefined || found === undefined) return 'cluster-ip';
    const want = wanted.head + wanted.tail;
    if (valueIn(want, '-d') !== valueIn(found.key, '-d')) return 'cluster-ip';
    return valueIn(want, '--dport') === valueIn(found.key, '--dport') ? 'internal-policy' : 'port';
  }
}

/** Those that others follow from come first. */
const purposes: readonly RulePurpose[] = [
  'cluster-ip',
  'external-policy',
  'source-ranges',
  'external-ip',
  'load-balancer-ip',
  'node-port',
  'health-check',
  'affinity',
  'balance',
  'dnat',
  'hairpin',
  'masquerade',
  'refuse',
];

/** What is bound to differ too where these kinds do. */
function consequences(seen: ReadonlySet<DriftKind>): ReadonlySet<DriftKind> {
  const follow = new Set<DriftKind>();
  if (seen.has('cluster-ip') || seen.has('port')) for (const kind of ['masquerade', 'refusal'] as const) follow.add(kind);
  if (seen.has('port')) for (const kind of ['external-ip', 'load-balancer-ip', 'source-ranges'] as const) follow.add(kind);
  if (seen.has('internal-policy')) for (const kind of ['masquerade', 'refusal', 'shares'] as const) follow.add(kind);
  if (seen.has('external-policy')) for (const kind of ['shares', 'refusal', 'health-check'] as const) follow.add(kind);
  if (seen.has('source-ranges')) follow.add('load-balancer-ip');
  if (seen.has('affinity')) follow.add('endpoint-rules');
  return follow;
}

/** Which differences follow from endpoints that came or went, so that they are no findings of their own. */
function explainedBy(
  { gone, added }: EndpointChanges,
  rules: PortRules,
): (purpose: RulePurpose, chain: string, text: string) => boolean {
  const changed = new Set([...gone.map(({ endpoint }) => endpoint.name), ...added.map(({ chain }) => chain)]);
  const hadLocal = [...rules.endpoints.values()].some(({ inLocal }) => inLocal);
  const localChanged = hadLocal !== rules.expected.choice.local.length > 0;
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
        return localChanged && changed.size > 0;
      case 'external-policy':
        return localChanged && changed.size > 0 && / -j KUBE-SVL-[A-Z2-7]+$/.test(text);
      case 'cluster-ip':
      case 'masquerade':
        return localChanged && changed.size > 0 && rules.expected.port.internalLocal;
      default:
        return false;
    }
  };
}
