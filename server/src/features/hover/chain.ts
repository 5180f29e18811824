import { hostPort } from '../../base/ip.ts';
import { percentText } from '../../base/percent.ts';
import type { Steps } from '../../base/steps.ts';
import type { PodRecord, ServiceRecord } from '../../cluster/objects.ts';
import { findingsOnChain, type PortView, serviceView } from '../../kube/drift/port-view.ts';
import { isProxied } from '../../kube/expected/service-ports.ts';
import type { ChainEndpoint, ChainIdentity, ChainPod, ChainService } from '../../kube/identity/chain-identity.ts';
import { endpointAddress, serviceTitle } from '../../kube/identity/titles.ts';
import { areSharesKnown, type EndpointShare, endpointShares, isAllShown } from '../../kube/proxy/endpoint-shares.ts';
import { mayHaveMoreReferences } from '../../ruleset/completeness.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import type { Block, Text } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';
import { sourceBlock } from './source.ts';

const mostEndpointsShown = 20;
const mostFindingsShown = 3;

/** The endpoint with what was fetched of its Pod. */
function withPod(endpoint: ChainEndpoint, record: PodRecord | undefined): ChainEndpoint {
  const { pod } = endpoint;
  if (record === undefined || pod === null || pod.name !== record.name || pod.namespace !== record.namespace) return endpoint;
  return { ...endpoint, pod: { ...pod, record, node: pod.node ?? (record.node || null), ready: record.ready ?? pod.ready } };
}

/** What the comparison with the cluster says of the Service port that a chain is for; null where it says nothing. */
function* viewOfChain(state: DumpState, chain: Chain): Steps<PortView | null> {
  const resolution = state.resolution();
  const { service } = resolution.chain(chain);
  if (service === null || chain.table.name !== 'nat') return null;
  const view = yield* serviceView(resolution, chain.table.dump, service.namespace, service.name);
  return view?.port(service.port, service.protocol) ?? null;
}

/** A chain explained: its role, the Service or Pod behind it, and where it is not as the cluster would have it. */
export function* chainBlocks(state: DumpState, chain: Chain, now: number, pod?: PodRecord): Steps<readonly Block[]> {
  const { cluster, ...resolution } = state.resolution();
  const identity = resolution.chain(chain);
  const { role, info, service, endpoint, by, mismatch } = identity;
  const view = yield* viewOfChain(state, chain);
  const blocks: Block[] = [titleBlock(chain, identity)];
  if (service !== null && endpoint === null) blocks.push(serviceList(service));
  if (endpoint !== null) blocks.push(endpointList(withPod(endpoint, pod), service));
  if (role === 'service' || role === 'service-local') blocks.push(...endpointTable(state, chain));
  const stale = service === null || view === null ? '' : staleText(state, service, endpoint, view);
  if (stale !== '') blocks.push({ kind: 'paragraph', text: stale });
  else if (endpoint !== null && endpoint.pod === null && !cluster.onlyIn.has('Pod') && cluster.kinds.has('Pod'))
    blocks.push({ kind: 'paragraph', text: 'No Pod of the cluster has this address.' });
  if (stale === '' && view !== null) blocks.push(...driftBlocks(state, chain, view));
  if (info.explanation !== '') {
    const more: Text =
      info.url === '' ? info.explanation : [`${info.explanation} `, { link: info.url, label: info.owner || 'More' }];
    blocks.push({ kind: 'paragraph', text: more });
  }
  blocks.push({ kind: 'paragraph', text: usageText(state.ruleset, chain) });
  if (service !== null || endpoint !== null || role === 'service' || role === 'endpoint') {
    blocks.push({ kind: 'rule' }, sourceBlock(cluster, by, mismatch, now));
  }
  return blocks;
}

function titleBlock(chain: Chain, { service, endpoint, info }: ChainIdentity): Block {
  const kind = chain.builtin ? 'built-in chain' : info.owner === '' ? 'user-defined chain' : `${info.owner} chain`;
  const subject =
    endpoint !== null && endpoint.pod !== null
      ? `${endpoint.pod.namespace}/${endpoint.pod.name}`
      : endpoint !== null
        ? endpointAddress(endpoint)
        : service !== null
          ? serviceTitle(service)
          : '';
  if (subject === '') return { kind: 'paragraph', text: [{ strong: chain.name }, ` ${kind}, table ${chain.table.name}`] };
  const what = endpoint !== null ? (endpoint.pod === null ? 'endpoint' : 'Pod') : 'Service';
  return { kind: 'paragraph', text: [`${what} `, { strong: subject }, ' behind ', { code: chain.name }] };
}

/** How many rules a chain has and how many lead to it, as far as the text shows them. */
function usageText(ruleset: Ruleset, chain: Chain): string {
  const shown = isAllShown(ruleset, chain) ? '' : ' shown';
  const rules = `${chain.rules.length === 1 ? '1 rule' : `${chain.rules.length} rules`}${shown}`;
  if (chain.builtin) return `${rules}.`;
  const count = chain.references.length;
  const known = mayHaveMoreReferences(ruleset, chain) ? ' that is shown' : '';
  const jumps =
    count === 0
      ? `no rule${known} jumps`
      : count === 1
        ? `1 rule${known} jumps`
        : `${count} rules${known.replace('is', 'are')} jump`;
  return `${rules}; ${jumps} to it.`;
}

function portText(service: ChainService): string {
  const protocol = service.protocol === '' ? '' : `/${service.protocol}`;
  return service.portNumber === null ? protocol : `${service.portNumber}${protocol}`;
}

function serviceList(service: ChainService): Block {
  const { record, clusterIP, portRecord } = service;
  const items: Text[] = [['Service ', { strong: service.name }, ' in namespace ', { strong: service.namespace }]];
  if (record !== null) items.push(`Type ${record.type}`);
  const address = clusterIP === null ? '' : service.portNumber === null ? clusterIP : hostPort(clusterIP, service.portNumber);
  if (address !== '') items.push(['clusterIP ', { code: service.protocol === '' ? address : `${address}/${service.protocol}` }]);
  else if (portText(service) !== '') items.push(`Port ${portText(service)}`);
  if (portRecord !== null) {
    if (service.port !== '')
      items.push(['Port name ', { code: service.port }, ', target port ', { code: portRecord.targetPort || '?' }]);
    if (portRecord.nodePort !== 0) items.push(['NodePort ', { code: String(portRecord.nodePort) }]);
  }
  if (record !== null) items.push(...policyItems(record));
  return { kind: 'list', items };
}

function policyItems(record: ServiceRecord): readonly Text[] {
  const items: Text[] = [];
  const external =
    record.type === 'ClusterIP' && record.externalIPs.length === 0 ? '' : `, external ${record.externalTrafficPolicy}`;
  items.push(`Traffic policy internal ${record.internalTrafficPolicy}${external}`);
  if (record.sessionAffinity === 'ClientIP') items.push(`Session affinity by client address, ${record.affinityTimeout} s`);
  if (record.externalIPs.length > 0) items.push(['External IPs ', { code: record.externalIPs.join(', ') }]);
  if (record.loadBalancerIPs.length > 0) {
    items.push(['Load-balancer IPs ', { code: record.loadBalancerIPs.map(({ ip }) => ip).join(', ') }]);
  }
  if (record.loadBalancerSourceRanges.length > 0) {
    items.push(['Source ranges ', { code: record.loadBalancerSourceRanges.join(', ') }]);
  }
  if (record.healthCheckNodePort !== 0) items.push(['Health check node port ', { code: String(record.healthCheckNodePort) }]);
  if (record.trafficDistribution !== '') items.push(`Traffic distribution ${record.trafficDistribution}`);
  return items;
}

function readyText(ready: boolean | null): string {
  return ready === null ? 'unknown' : ready ? 'yes' : 'no';
}

function placeText({ node, zone }: ChainPod): string {
  if (node === null) return '';
  return zone === null ? node : `${node} (${zone})`;
}

function ownerText({ record }: ChainPod): string {
  if (record === null || record.owner === null) return '';
  return record.deployment === '' ? `${record.owner.kind} ${record.owner.name}` : `Deployment ${record.deployment}`;
}

function endpointList(endpoint: ChainEndpoint, service: ChainService | null): Block {
  const { pod, otherPods } = endpoint;
  const items: Text[] = [];
  if (pod !== null) {
    items.push(['Pod ', { strong: pod.name }, ' in namespace ', { strong: pod.namespace }]);
    for (const other of otherPods)
      items.push([
        'Pod ',
        { strong: other.name },
        ' in namespace ',
        { strong: other.namespace },
        ', at the same address and port',
      ]);
    if (pod.node !== null) items.push(['Node ', { strong: placeText(pod) }]);
  }
  items.push(['Address ', { code: endpointAddress(endpoint) }]);
  const ready = endpoint.endpoint?.ready ?? pod?.ready ?? null;
  if (ready !== null) {
    const terminating = endpoint.endpoint?.terminating === true ? ', terminating' : '';
    items.push(`Ready: ${readyText(ready)}${terminating}`);
  }
  if (pod !== null && ownerText(pod) !== '') items.push(`Owner: ${ownerText(pod)}`);
  if (service !== null) items.push(['Endpoint of Service ', { strong: serviceTitle(service) }]);
  return { kind: 'list', items };
}

/** Why a chain should not be there at all, in a sentence; empty where it may be. */
function staleText(state: DumpState, service: ChainService, endpoint: ChainEndpoint | null, { isGone }: PortView): string {
  const name = `${service.namespace}/${service.name}`;
  if (isGone) {
    const why =
      service.record === null
        ? `The cluster has no Service ${name}`
        : isProxied(service.record)
          ? `${name} has no such port or family any more`
          : `kube-proxy leaves ${name} alone`;
    return `${why}: the chain is stale.`;
  }
  if (endpoint === null || endpoint.endpoint !== null) return '';
  const { cluster } = state.resolution();
  const owner = cluster.podsAt(endpoint.ip).find(({ hostNetwork }) => !hostNetwork);
  const now = owner === undefined ? '' : ` The address is now that of ${owner.namespace}/${owner.name}.`;
  return `Not among the endpoints of ${name}: the chain is stale.${now}`;
}

/** What drift finds of a chain's Service port, as far as it shows here. */
function driftBlocks(state: DumpState, chain: Chain, view: PortView): readonly Block[] {
  const findings = findingsOnChain(state.ruleset, view, chain.name);
  if (findings.length === 0) return [];
  const items = findings.slice(0, mostFindingsShown).map(({ message }) => message);
  if (findings.length > items.length) items.push(`and ${findings.length - items.length} more`);
  return [
    { kind: 'paragraph', text: 'Not as in the cluster:' },
    { kind: 'list', items },
  ];
}

/** The endpoints of a Service chain, each with its real share, as far as the text shows the chain. */
function endpointTable(state: DumpState, chain: Chain): readonly Block[] {
  const { ruleset } = state;
  const isWhole = isAllShown(ruleset, chain);
  const shares = endpointShares(ruleset, chain);
  if (shares.length === 0) {
    const text = isWhole
      ? 'No endpoint: nothing answers what is sent here.'
      : 'No rule of it that leads to an endpoint is shown.';
    return [{ kind: 'paragraph', text }];
  }
  const isKnown = areSharesKnown(ruleset, chain);
  const rows = shares.slice(0, mostEndpointsShown).map((share) => endpointRow(state, chain, share, isKnown ? shares : undefined));
  const total = `${shares.length === 1 ? '1 endpoint' : `${shares.length} endpoints`}${isWhole ? '' : ' shown'}`;
  const more = shares.length - rows.length;
  const even = isKnown && isEven(shares) && shares.length > 1 ? ', each with the same share' : '';
  return [
    {
      kind: 'paragraph',
      text: [{ strong: total }, isWhole ? even : ': the chain may have more, so that their shares are not known'],
    },
    { kind: 'table', head: ['Pod', 'Node', 'Address', 'Ready', ...(isKnown ? ['Share'] : [])], rows },
    ...(more > 0 ? [{ kind: 'paragraph', text: `… and ${more} more.` } as const] : []),
  ];
}

function isEven(shares: readonly EndpointShare[]): boolean {
  const even = 1 / shares.length;
  return shares.every(({ share }) => Math.abs(share - even) < even * 1e-3);
}

/** @param all the shares of all endpoints; undefined where they are not known */
function endpointRow(
  state: DumpState,
  chain: Chain,
  share: EndpointShare,
  all: readonly EndpointShare[] | undefined,
): readonly Text[] {
  const target = chain.table.chains.get(share.target);
  const endpoint = target === undefined ? null : state.resolution().chain(target).endpoint;
  const pod = endpoint?.pod ?? null;
  const fraction = all !== undefined && all.length > 1 && isEven(all) ? ` (1/${all.length})` : '';
  return [
    pod === null ? '–' : `${pod.namespace}/${pod.name}`,
    pod === null ? '–' : placeText(pod) || '–',
    endpoint === null ? { code: share.target } : { code: endpointAddress(endpoint) },
    readyText(endpoint?.endpoint?.ready ?? pod?.ready ?? null),
    ...(all === undefined ? [] : [`${percentText(share.share)}${fraction}`]),
  ];
}
