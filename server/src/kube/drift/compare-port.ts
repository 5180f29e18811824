/** Names what differs between a Service port's rules in a dump and those that kube-proxy would write for the cluster. */
import type { Cluster } from '../../cluster/cluster.ts';
import { type ExpectedRule, ruleText } from '../expected/rule.ts';
import { endpointShares } from '../proxy/endpoint-shares.ts';
import type { DumpRule, DumpSide } from './dump-side.ts';
import { type EndpointChanges, endpointChanges, endpointText, someOf } from './endpoint-findings.ts';
import type { DriftFinding, DriftKind } from './finding.ts';
import { type Differences, type DifferentPort, differencesOf, targetOf } from './port-differences.ts';
import type { PortRules } from './port-rules.ts';
import { kinds, purposeOf, purposes } from './rule-purpose.ts';
import { valueIn, wording } from './wording.ts';

/** A port that is compared, with what became of its endpoints. */
interface ComparedPort extends DifferentPort {
  readonly side: DumpSide;
  /** The dump's node; empty where it is not known. */
  readonly node: string;
}

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

function findingOf(
  { side, rules }: ComparedPort,
  kind: DriftKind,
  status: DriftFinding['status'],
  message: string,
  details: Details,
): DriftFinding {
  const { port } = rules.expected;
  const { line, expected, isAbsent, endpoint, replacedBy } = details;
  return {
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
    actual: line === null || isAbsent === true ? null : (side.ruleset.lines.at(line)?.text.trim() ?? null),
  };
}

/** Whether the clusterIP's rule leads to the chain of the policy that does not hold (any longer). */
function leadsToOtherPolicy({ expected: { port }, extra }: PortRules): boolean {
  const other = port.internalLocal ? 'KUBE-SVC-' : 'KUBE-SVL-';
  return extra.some(
    ({ table, chain, key }) => table === 'nat' && chain === 'KUBE-SERVICES' && key.endsWith(` -j ${other}${port.hash}`),
  );
}

/**
 * Compares one port. Empty where its rules are right, or where the dump is an excerpt that does not show otherwise.
 * @param node the dump's node; empty where it is not known
 */
export function comparePort(side: DumpSide, cluster: Cluster, rules: PortRules, node: string): readonly DriftFinding[] {
  const changes = endpointChanges(side.ruleset, cluster, rules, side.nat?.whole === true);
  const { ruleset } = side;
  const compared: ComparedPort = { side, ruleset, rules, node, changes, isPolicyChanged: leadsToOtherPolicy(rules) };
  const whole = firstEndpoints(compared) ?? lastEndpoints(compared);
  if (whole !== undefined) return [whole];
  const findings = [...endpointFindings(compared), ...differenceFindings(compared)];
  return findings.length === 0 && rules.misplaced !== undefined ? misplacedFindings(compared, rules.misplaced) : findings;
}

/** A port that had no endpoint, and has one that this node may use: there was no rule in nat, and all that differs follows from its coming. */
function firstEndpoints(compared: ComparedPort): DriftFinding | undefined {
  const { rules } = compared;
  const { port, choice } = rules.expected;
  const come = choice.reachable;
  if (come.length === 0 || rules.missing.length === 0 || rules.actual.some(({ table }) => table === 'nat')) return undefined;
  const refused = rules.actual.find((rule) => purposeOf(rule, port.clusterIP) === 'refuse');
  if (refused === undefined) return undefined;
  const has = come.length === 1 ? 'an endpoint' : `${come.length} endpoints`;
  const message = `The dump refuses traffic to ${port.name}, which has ${has} now: ${someOf(come.map(endpointText))}`;
  return findingOf(compared, 'endpoint-missing', 'missing', message, {
    line: refused.line,
    expected: rules.missing.find(({ purpose }) => purpose === 'cluster-ip') ?? rules.missing[0],
    endpoint: come.length === 1 ? (come[0]?.destination ?? null) : null,
  });
}

/** A port that has no endpoint any more, and to some of which the dump still sends traffic. */
function lastEndpoints(compared: ComparedPort): DriftFinding | undefined {
  const { rules, changes } = compared;
  const { port, choice } = rules.expected;
  const natRules = rules.actual.filter(({ table }) => table === 'nat');
  if (choice.any || natRules.length === 0) return undefined;
  const entry = natRules.find(({ chain }) => chain === 'KUBE-SERVICES') ?? natRules[0];
  const fates = changes.gone.map(({ message }) => message);
  const why = fates.length === 0 ? '' : `: ${someOf(fates, 2)}`;
  const message = `${port.name} has no endpoint left, but the dump still sends traffic to some${why}`;
  return findingOf(compared, 'no-endpoints', 'stale', message, {
    line: entry?.line ?? null,
    expected: rules.missing.find(({ purpose }) => purpose === 'refuse'),
  });
}

/** Where a rule that is not there would stand: behind the rules of its chain. */
function placeFor(side: DumpSide, rule: ExpectedRule): number | null {
  const chain = side[rule.table]?.table.chains.get(rule.chain) ?? side.nat?.table.chains.get('KUBE-SERVICES');
  return chain?.rules.at(-1) ?? chain?.declarations[0] ?? null;
}

/** The first rule that is missing of those that give each endpoint its share, by the endpoint's chain. */
function balanceRules({ missing }: PortRules): ReadonlyMap<string, ExpectedRule> {
  const found = new Map<string, ExpectedRule>();
  for (const rule of missing) {
    if (rule.purpose !== 'balance') continue;
    const chain = targetOf(rule.tail);
    if (!found.has(chain)) found.set(chain, rule);
  }
  return found;
}

/** The changes of endpoints that are findings of their own: where another traffic policy holds now, others are bound to be used. */
function ownChanges({ changes, isPolicyChanged, node }: ComparedPort): EndpointChanges {
  if (!isPolicyChanged) return changes;
  return {
    gone: changes.gone.filter(({ kind }) => kind !== 'endpoint-elsewhere'),
    added: changes.added.filter(({ ref }) => ref.endpoint.nodeName === node),
  };
}

function endpointFindings(compared: ComparedPort): readonly DriftFinding[] {
  const { side, rules } = compared;
  const { gone, added } = ownChanges(compared);
  const balance = balanceRules(rules);
  let replacing = 0;
  const findings: DriftFinding[] = [];
  for (const { kind, message, line, address } of gone) {
    const instead = added[replacing];
    replacing += 1;
    const replaced = instead === undefined ? '' : `; ${endpointText(instead)} is one instead`;
    const details: Details = {
      line,
      expected: instead === undefined ? undefined : balance.get(instead.chain),
      endpoint: address,
      replacedBy: instead?.destination,
    };
    findings.push(findingOf(compared, kind, 'stale', message + replaced, details));
  }
  for (const endpoint of added.slice(replacing)) {
    const expected = balance.get(endpoint.chain);
    const message = `${endpointText(endpoint)} is an endpoint of ${rules.expected.port.name} that gets no traffic`;
    const line = expected === undefined ? null : placeFor(side, expected);
    const details: Details = { line, expected, isAbsent: true, endpoint: endpoint.destination };
    findings.push(findingOf(compared, 'endpoint-missing', 'missing', message, details));
  }
  return findings;
}

/** The rules that differ and not because endpoints came or went, a finding for each kind. */
function differenceFindings(compared: ComparedPort): readonly DriftFinding[] {
  const { side, rules } = compared;
  const differences = differencesOf(compared);
  const findings: DriftFinding[] = [];
  const seen = new Set<DriftKind>();
  for (const purpose of purposes) {
    const found = differences.get(purpose);
    if (found === undefined) continue;
    const [wanted] = found.missing;
    const [had] = found.extra;
    const kind = kindOf(purpose, found);
    if ((wanted === undefined && had === undefined) || seen.has(kind)) continue;
    const chain = had?.chain ?? wanted?.chain ?? '';
    const message = purpose === 'balance' ? balanceWording(compared, kind, chain) : wording(kind, rules, wanted, had);
    if (message === undefined) continue;
    seen.add(kind);
    const line = had?.line ?? (wanted === undefined ? null : placeFor(side, wanted));
    findings.push(findingOf(compared, kind, 'differs', message, { line, expected: wanted, isAbsent: had === undefined }));
  }
  return findings;
}

function kindOf(purpose: keyof typeof kinds, { missing: [wanted], extra: [found] }: Differences): DriftKind {
  const isEntry = purpose === 'cluster-ip' || (purpose === 'refuse' && found?.chain === 'KUBE-SERVICES');
  if (!isEntry || wanted === undefined || found === undefined || wanted.chain !== found.chain) return kinds[purpose];
  const want = wanted.head + wanted.tail;
  if (valueIn(want, '-d') !== valueIn(found.key, '-d')) return 'cluster-ip';
  if (valueIn(want, '--dport') !== valueIn(found.key, '--dport') || valueIn(want, '-p') !== valueIn(found.key, '-p'))
    return 'port';
  return purpose === 'refuse' ? 'refusal' : 'internal-policy';
}

/** What is wrong with a chain that spreads traffic; undefined where it only does so by other rules. */
function balanceWording({ side, rules }: ComparedPort, kind: DriftKind, name: string): string | undefined {
  const { port, choice } = rules.expected;
  const chain = side.nat?.table.chains.get(name);
  if (chain === undefined || side.nat?.whole !== true) return undefined;
  const wanted = name.startsWith('KUBE-SVL-') ? choice.local : choice.cluster;
  const shares = endpointShares(side.ruleset, chain);
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

/** A chain whose rules are right, but in another order. */
function misplacedFindings(compared: ComparedPort, { chain, line }: DumpRule): readonly DriftFinding[] {
  if (chain.startsWith('KUBE-SVC-') || chain.startsWith('KUBE-SVL-')) {
    const message = balanceWording(compared, 'shares', chain);
    return message === undefined ? [] : [findingOf(compared, 'shares', 'differs', message, { line })];
  }
  const kind = chain.startsWith('KUBE-EXT-') ? 'external-policy' : 'endpoint-rules';
  const message = `The rules of ${chain}, of ${compared.rules.expected.port.name}, stand in another order than kube-proxy writes them`;
  return [findingOf(compared, kind, 'differs', message, { line })];
}
