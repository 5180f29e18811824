/** As whose rules a dump is compared: the version of kube-proxy and how it was started, given by the user or told by the dump. */

import { canonicalCIDR, isIPv6 } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { EndpointRecord, ServiceRecord } from '../../cluster/objects.ts';
import { expectedPortSteps } from '../expected/expected.ts';
import { isProxied } from '../expected/service-ports.ts';
import type { DumpOrigin } from '../proxy/dump-node.ts';
import { type ProxyLayout, proxyLayout } from '../proxy/layout.ts';
import { type ProxyOptions, proxyOptions } from '../proxy/options.ts';
import { newestVersion, oldestVersion, type ProxyVersion, parseProxyVersion, versionTraits } from '../proxy/version.ts';
import type { DumpSide } from './dump-side.ts';
import { type PortRules, portRulesSteps } from './port-rules.ts';

/** What the user says about where a dump comes from; all that is left out is told by the dump. */
export interface DriftOptions extends DumpOrigin {
  /** One network, or one of each family with a comma between. */
  readonly clusterCIDR?: string | undefined;
  /** "1.34" */
  readonly version?: string | undefined;
}

const mostServicesTried = 100;
/** How many minor versions kube-proxy may be older or newer than the kubelet beside it (Kubernetes' version skew policy). */
const mostSkew = 3;

function networkFor(text: string | undefined, family: Family): string | undefined {
  for (const part of text?.split(',') ?? []) {
    const cidr = canonicalCIDR(part.trim());
    if (cidr !== undefined && isIPv6(cidr) === (family === 'ipv6')) return cidr;
  }
  return undefined;
}

/** Whether versions differ in what they make of an endpoint: by its hints, while it terminates, or where its address is not canonical. */
function isTelltale({ hintZones, hintNodes, ready, serving, terminating, addresses, givenAddress }: EndpointRecord): boolean {
  return (
    (hintZones?.length ?? 0) > 0 ||
    (hintNodes?.length ?? 0) > 0 ||
    (!ready && serving && terminating) ||
    givenAddress !== (addresses[0] ?? '')
  );
}

/** Whether two endpoints of a slice have one address, of which versions take another one. */
function hasTwins(endpoints: readonly EndpointRecord[]): boolean {
  return new Set(endpoints.map(({ addresses }) => addresses[0])).size < endpoints.length;
}

/** Services whose rules are not the same in all versions: by their endpoints, source ranges, an address in ipMode Proxy or external IPs with policy Local. */
function telltaleServices(cluster: Cluster): readonly ServiceRecord[] {
  const names = new Set<string>();
  for (const { namespace, serviceName, endpoints } of cluster.slices) {
    if (endpoints.some(isTelltale) || hasTwins(endpoints)) names.add(`${namespace}/${serviceName}`);
  }
  return cluster.services
    .filter(
      (service) =>
        isProxied(service) &&
        (names.has(`${service.namespace}/${service.name}`) ||
          service.loadBalancerIPs.some(({ ipMode }) => ipMode === 'Proxy') ||
          (service.externalIPs.length > 0 && service.externalTrafficPolicy === 'Local') ||
          (service.loadBalancerSourceRanges.length > 0 && service.loadBalancerIPs.length > 0)),
    )
    .slice(0, mostServicesTried);
}

interface VersionRange {
  readonly low: ProxyVersion;
  readonly high: ProxyVersion;
}

/** The versions whose layout a dump has. What the other dumps of the file say counts as far as it agrees: they are mostly the same node's other family. */
function versionRange(side: DumpSide, layout: ProxyLayout): VersionRange {
  const low = Math.max(layout.oldest ?? oldestVersion, oldestVersion);
  let range: VersionRange = { low, high: Math.max(Math.min(layout.newest ?? newestVersion, newestVersion), low) };
  for (const dump of side.ruleset.dumps) {
    if (dump === side.dump) continue;
    const { oldest, newest } = proxyLayout(side.ruleset, dump);
    const both = { low: Math.max(range.low, oldest ?? range.low), high: Math.min(range.high, newest ?? range.high) };
    if (both.low <= both.high) range = both;
  }
  return range;
}

/** The versions of a range that differ in what they write: the preferred one, then the newest first. */
function distinctVersions({ low, high }: VersionRange, preferred: ProxyVersion): readonly ProxyVersion[] {
  const seen = new Set<string>();
  const versions: ProxyVersion[] = [];
  for (const version of [preferred, ...Array.from({ length: high - low + 1 }, (_, at) => high - at)]) {
    const traits = JSON.stringify(versionTraits(version));
    if (!seen.has(traits)) versions.push(version);
    seen.add(traits);
  }
  return versions;
}

function isRight(rules: PortRules | undefined): boolean {
  return rules === undefined || (rules.missing.length === 0 && rules.extra.length === 0);
}

/** The version of a range by which most rules that tell versions apart are right; where several are, the preferred one, else the newest. */
function* bestVersion(
  side: DumpSide,
  cluster: Cluster,
  optionsOf: (version: ProxyVersion) => ProxyOptions,
  range: VersionRange,
  preferred: ProxyVersion,
): Steps<ProxyVersion> {
  const services = telltaleServices(cluster);
  const versions = distinctVersions(range, preferred);
  if (services.length === 0 || versions.length < 2) return preferred;
  let best = preferred;
  let most = -1;
  for (const version of versions) {
    yield;
    const options = optionsOf(version);
    let right = 0;
    for (const service of services)
      for (const port of yield* expectedPortSteps(cluster, service, options))
        if (isRight(yield* portRulesSteps(side, port, yield* port.ruleSteps()))) right += 1;
    if (right <= most) continue;
    most = right;
    best = version;
  }
  return best;
}

/**
 * The options that a dump is compared with. The version is the one given, else that of the node's kubelet as far as the layout and the rules fit
 * it, else the one that fits the rules best.
 */
export function* comparedOptions(
  side: DumpSide,
  cluster: Cluster,
  layout: ProxyLayout,
  given: DriftOptions,
  node: string,
): Steps<ProxyOptions> {
  const { family } = side.dump;
  const cidr = networkFor(given.clusterCIDR, family);
  const optionsOf = (version: ProxyVersion): ProxyOptions =>
    proxyOptions({
      node,
      family,
      version,
      podTraffic: cidr === undefined ? layout.podTraffic : { by: 'source', cidr },
      masqueradeAll: layout.masqueradeAll,
      localhostNodePorts: layout.localhostNodePorts ?? true,
      nodePortAddresses: layout.nodePortAddresses,
      nfacct: layout.nfacct,
      dropsInvalid: layout.dropsInvalid,
      masqueradeMark: layout.masqueradeMark,
      randomFully: layout.randomFully,
    });
  const named = given.version === undefined ? undefined : parseProxyVersion(given.version);
  if (named !== undefined) return optionsOf(named);
  const { low, high } = versionRange(side, layout);
  const kubelet = parseProxyVersion(cluster.node(node)?.kubeletVersion ?? '');
  if (kubelet === undefined) return optionsOf(yield* bestVersion(side, cluster, optionsOf, { low, high }, high));
  const preferred = Math.min(Math.max(kubelet, low), high);
  const skewed = { low: Math.max(low, kubelet - mostSkew), high: Math.min(high, kubelet + mostSkew) };
  return optionsOf(yield* bestVersion(side, cluster, optionsOf, skewed.low > skewed.high ? { low, high } : skewed, preferred));
}
