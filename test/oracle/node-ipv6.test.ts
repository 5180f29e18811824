import { runToEnd } from '../../server/src/base/steps.ts';
import { snapshotSteps } from '../../server/src/cluster/snapshot.ts';
import { checkRequest } from '../../server/src/kube/expected/request.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { describeLabCases, type LabCase, labCluster, toWeb } from '../support/node-lab-case.ts';

// The lab's node with IPv6 beside IPv4: the recorded Services and Pods have an address of each family, and kube-proxy's rules of IPv6 are loaded.

const sixth: ReadonlyMap<string, string> = new Map([
  ['10.96.10.80', 'fd96::80'],
  ['10.96.10.90', 'fd96::90'],
  ['10.96.0.10', 'fd96::10'],
  ['10.96.0.1', 'fd96::1'],
  ['10.42.0.10', 'fd42::10'],
  ['10.42.0.11', 'fd42::11'],
  ['10.42.0.12', 'fd42::12'],
  ['10.42.0.30', 'fd42::30'],
  ['10.42.1.20', 'fd42:0:0:1::20'],
  ['172.18.0.10', 'fc00:f853:ccd:e793::10'],
]);

interface Item {
  readonly kind: string;
  readonly metadata: { name: string };
  readonly spec?: { clusterIP?: string; clusterIPs?: string[]; ipFamilies?: string[] };
  readonly status?: { podIPs?: { ip: string }[] };
  addressType?: string;
  readonly endpoints?: { addresses: string[] }[];
}

/** The recorded cluster with both families. */
function dualStack(): string {
  const cluster = JSON.parse(labCluster) as { items: Item[] };
  const slices: Item[] = [];
  for (const item of cluster.items) {
    const ip = sixth.get(item.spec?.clusterIP ?? '');
    if (item.kind === 'Service' && item.spec !== undefined && ip !== undefined) {
      item.spec.clusterIPs?.push(ip);
      item.spec.ipFamilies = ['IPv4', 'IPv6'];
    }
    const [own] = item.status?.podIPs ?? [];
    const other = sixth.get(own?.ip ?? '');
    if (item.kind === 'Pod' && other !== undefined) item.status?.podIPs?.push({ ip: other });
    if (item.kind !== 'EndpointSlice') continue;
    const slice = structuredClone(item);
    slice.metadata.name += '-6';
    slice.addressType = 'IPv6';
    for (const endpoint of slice.endpoints ?? []) endpoint.addresses = endpoint.addresses.map((each) => sixth.get(each) ?? each);
    slices.push(slice);
  }
  cluster.items.push(...slices);
  return JSON.stringify(cluster);
}

const cluster = dualStack();

/** kube-proxy's rules of IPv6, without those that count by nfacct, which not every kernel has. */
function proxyRules(): string {
  const snapshot = runToEnd(snapshotSteps(cluster, 'cluster.json', 0));
  if (!snapshot.ok) throw new Error(snapshot.error.message);
  const request = checkRequest(snapshot.cluster, { node: 'worker-1', clusterCIDR: 'fd42::/48', family: 'ipv6' });
  if (!request.ok) throw new Error(request.message);
  const text = request.options.map((options) => runToEnd(expectedText(snapshot.cluster, options))).join('');
  return text.replace(/^(?:.*-m nfacct |#).*\n/gm, '');
}

/** Links begin without asking whether somebody else has their addresses: that is a second or two for each of them, and here nobody has. */
const switched = (links: string, value: number): string =>
  `for each in ${links}; do echo 0 > /proc/sys/net/ipv6/conf/$each/accept_dad; echo ${value} > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done`;
const off = switched('all default', 1);
/** While an address is tentative it is not answered for. */
const settled = 'until [ -z "$(ip -6 addr show tentative)" ]; do sleep 0.05; done';
const pod = (ip: string): string =>
  `${switched('all default eth0 lo', 0)}; ip addr add ${ip}/64 dev eth0 nodad; ip -6 route add default via fd42::1; ${settled}`;

const others: LabCase['others'] = [
  ['client0', pod('fd42::30'), off],
  ['web1', pod('fd42::11'), off],
  ['web2', pod('fd42::12'), off],
  [
    'client',
    `${switched('all default br0 lo to-node to-worker2', 0)}; ip addr add fc00:f853:ccd:e793::1/64 dev br0 nodad; ip -6 route add fd42::/64 via fc00:f853:ccd:e793::2; ${settled}`,
    off,
  ],
  [
    'worker2',
    `${switched('all default eth0 lo', 0)}; ip addr add fc00:f853:ccd:e793::3/64 dev eth0 nodad; ip addr add fd42:0:0:1::20/128 dev lo nodad
     ip -6 route add fd42::/64 via fc00:f853:ccd:e793::2; ${settled}`,
    off,
  ],
];

const node = `${switched('all default eth0 cni0 lo', 0)}
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip addr add fc00:f853:ccd:e793::2/64 dev eth0 nodad; ip addr add fd42::1/64 dev cni0 nodad
ip -6 route add fd42:0:0:1::/64 via fc00:f853:ccd:e793::3; ip -6 route add default via fc00:f853:ccd:e793::1
ip6tables-nft-restore <<'RULES'
${proxyRules()}RULES
${settled}
`;

/** A case on the node with both families. */
const both = (what: string, make: string, undo: string, ask: LabCase['ask'], isHealthy?: true): LabCase => ({
  what,
  make: `${node}${make}`,
  undo: `${undo}
for each in filter nat; do ip6tables -t $each -F; ip6tables -t $each -X; done; ip6tables -P FORWARD ACCEPT; ${off}`,
  others,
  cluster,
  ask,
  ...(isHealthy === undefined ? {} : { isHealthy }),
});

type Question = LabCase['ask'][number][0];
const toWeb6: Question = ['client0', { from: 'fd42::30', to: 'fd96::80', dport: 80 }];
const toCart6: Question = ['client0', { from: 'fd42::30', to: 'fd96::90', dport: 80 }];
const nodePort6: Question = ['client', { from: 'fc00:f853:ccd:e793::1', to: 'fc00:f853:ccd:e793::2', dport: 30080 }];
const nodePortOfCart6: Question = ['client', { from: 'fc00:f853:ccd:e793::1', to: 'fc00:f853:ccd:e793::2', dport: 30090 }];

describeLabCases('a node with IPv6 beside IPv4', [
  both(
    'nothing wrong, and rules and routes for others',
    `ip -6 route add unreachable default metric 4294967294; ip -6 rule add from fd99::/64 prohibit
     ip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request -j DROP`,
    'ip -6 rule del from fd99::/64 prohibit',
    [
      [toWeb6, 'arrives'],
      [toCart6, 'arrives'],
      [nodePort6, 'arrives'],
      [nodePortOfCart6, 'arrives'],
      [toWeb, 'arrives'],
    ],
    true,
  ),
  both('forwarding of IPv6 off, which a bridge does without', 'echo 0 > /proc/sys/net/ipv6/conf/all/forwarding', ':', [
    [toCart6, 'lost', 'forwarding-off'],
    [toWeb6, 'arrives'],
    [toWeb, 'arrives'],
  ]),
  both('ip6tables that drops what is forwarded', 'ip6tables -P FORWARD DROP', ':', [
    [toWeb6, 'lost', 'forward-drops-pods'],
    [toWeb, 'arrives'],
  ]),
  both('rules that drop ICMPv6', 'ip6tables -A INPUT -p icmpv6 -j DROP; ip -6 neigh flush all', ':', [
    [toWeb6, 'lost', 'neighbour-discovery-dropped'],
    [toWeb, 'arrives'],
  ]),
  both(
    'a policy rule that refuses what is for Pods of another node',
    'ip -6 rule add from fd42::/64 to fd42:0:0:1::/64 blackhole',
    'ip -6 rule del from fd42::/64 to fd42:0:0:1::/64 blackhole',
    [
      [toCart6, 'lost', 'no-route'],
      [toWeb6, 'arrives'],
    ],
  ),
]);
