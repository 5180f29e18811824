import { hostPort } from '../../base/ip.ts';
import { percentText } from '../../base/percent.ts';
import type { PodRecord, ServiceRecord } from '../../cluster/objects.ts';
import type { ChainEndpoint, ChainIdentity, ChainPod, ChainService } from '../../kube/identity/chain-identity.ts';
import { endpointAddress, serviceTitle } from '../../kube/identity/titles.ts';
import { type EndpointShare, endpointShares } from '../../kube/proxy/endpoint-shares.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Block, Text } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';
import { sourceBlock } from './source.ts';

const mostEndpointsShown = 20;

/** The endpoint with what was fetched of its Pod. */
function withPod(endpoint: ChainEndpoint, record: PodRecord | undefined): ChainEndpoint {
  const { pod } = endpoint;
  if (record === undefined || pod === null || pod.name !== record.name || pod.namespace !== record.namespace) return endpoint;
  return { ...endpoint, pod: { ...pod, record, node: pod.node ?? (record.node || null), ready: record.ready ?? pod.ready } };
}

/** A chain explained: its role, and the Service or Pod behind it. */
export function chainBlocks(state: DumpState, chain: Chain, now: number, pod?: PodRecord): readonly Block[] {
  const identity = state.resolution().chain(chain);
  const { role, info, service, endpoint, by, mismatch } = identity;
  const blocks: Block[] = [titleBlock(chain, identity)];
  if (service !== null && endpoint === null) blocks.push(serviceList(service));
  if (endpoint !== null) blocks.push(endpointList(state, withPod(endpoint, pod), service));
  if (role === 'service' || role === 'service-local') blocks.push(...endpointTable(state, chain));
  if (info.explanation !== '') {
    const more: Text =
      info.url === '' ? info.explanation : [`${info.explanation} `, { link: info.url, label: info.owner || 'More' }];
    blocks.push({ kind: 'paragraph', text: more });
  }
  blocks.push({ kind: 'paragraph', text: usageText(chain) });
  if (service !== null || endpoint !== null || role === 'service' || role === 'endpoint') {
    blocks.push({ kind: 'rule' }, sourceBlock(state.resolution().cluster, by, mismatch, now));
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

function usageText(chain: Chain): string {
  const rules = chain.rules.length === 1 ? '1 rule' : `${chain.rules.length} rules`;
  if (chain.builtin) return `${rules}.`;
  const count = chain.references.length;
  return `${rules}; ${count === 0 ? 'no rule jumps' : count === 1 ? '1 rule jumps' : `${count} rules jump`} to it.`;
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

function endpointList(state: DumpState, endpoint: ChainEndpoint, service: ChainService | null): Block {
  const { pod } = endpoint;
  const items: Text[] = [];
  if (pod !== null) {
    items.push(['Pod ', { strong: pod.name }, ' in namespace ', { strong: pod.namespace }]);
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
  const stale = staleText(state, endpoint, service);
  if (stale !== '') items.push(stale);
  const { cluster } = state.resolution();
  if (pod === null && stale === '' && !cluster.onlyIn.has('Pod') && cluster.kinds.has('Pod'))
    items.push('No Pod of the cluster has this address.');
  return { kind: 'list', items };
}

/** Where the cluster knows the Service's endpoints and this is none of them. */
function staleText(state: DumpState, endpoint: ChainEndpoint, service: ChainService | null): string {
  const { cluster } = state.resolution();
  if (service === null || endpoint.endpoint !== null || !cluster.knows('EndpointSlice', service.namespace)) return '';
  const name = `${service.namespace}/${service.name}`;
  if (cluster.knows('Service', service.namespace) && service.record === null)
    return `The cluster has no Service ${name}: the chain is stale.`;
  const owner = endpoint.pod === null ? '' : ` The address is now that of ${endpoint.pod.namespace}/${endpoint.pod.name}.`;
  return `Not among the endpoints of ${name}: the chain is stale.${owner}`;
}

/** The endpoints of a Service chain, each with its real share. */
function endpointTable(state: DumpState, chain: Chain): readonly Block[] {
  const shares = endpointShares(state.ruleset, chain);
  if (shares.length === 0) return [{ kind: 'paragraph', text: 'No endpoint: nothing answers what is sent here.' }];
  const rows = shares.slice(0, mostEndpointsShown).map((share) => endpointRow(state, chain, share, shares));
  const total = shares.length === 1 ? '1 endpoint' : `${shares.length} endpoints`;
  const more = shares.length - rows.length;
  return [
    { kind: 'paragraph', text: [{ strong: total }, isEven(shares) && shares.length > 1 ? ', each with the same share' : ''] },
    { kind: 'table', head: ['Pod', 'Node', 'Address', 'Ready', 'Share'], rows },
    ...(more > 0 ? [{ kind: 'paragraph', text: `… and ${more} more.` } as const] : []),
  ];
}

function isEven(shares: readonly EndpointShare[]): boolean {
  const even = 1 / shares.length;
  return shares.every(({ share }) => Math.abs(share - even) < even * 1e-3);
}

function endpointRow(state: DumpState, chain: Chain, share: EndpointShare, all: readonly EndpointShare[]): readonly Text[] {
  const target = chain.table.chains.get(share.target);
  const endpoint = target === undefined ? null : state.resolution().chain(target).endpoint;
  const pod = endpoint?.pod ?? null;
  const fraction = isEven(all) && all.length > 1 ? ` (1/${all.length})` : '';
  return [
    pod === null ? '–' : `${pod.namespace}/${pod.name}`,
    pod === null ? '–' : placeText(pod) || '–',
    endpoint === null ? { code: share.target } : { code: endpointAddress(endpoint) },
    readyText(endpoint?.endpoint?.ready ?? pod?.ready ?? null),
    `${percentText(share.share)}${fraction}`,
  ];
}
