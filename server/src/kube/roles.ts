/** What a chain is for, told by its name: chains of kube-proxy 1.2 to 1.36, kubelet, CNI plugins, container engines and their kin. */
import { hashedPrefix } from './chain-names.ts';

/** As `iptables-inspect resolve` prints it. */
export type ChainRole =
  | 'builtin'
  | 'services'
  | 'nodeports'
  | 'external-services'
  | 'service'
  | 'service-local'
  | 'external'
  | 'firewall'
  | 'endpoint'
  | 'mark-masq'
  | 'mark-drop'
  | 'postrouting'
  | 'forward'
  | 'proxy-firewall'
  | 'kubelet-firewall'
  | 'canary'
  | 'hint'
  | 'xlb'
  | 'cni-hostport'
  | 'cni'
  | 'docker'
  | 'user';

export interface RoleInfo {
  readonly role: ChainRole;
  /** Who writes it: "kube-proxy", "kubelet", "Calico"; empty where nobody is known to. */
  readonly owner: string;
  /** One or two sentences; empty for a chain that nothing is known of. */
  readonly explanation: string;
  /** Where more is said; empty where nowhere. */
  readonly url: string;
}

const proxyDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-iptables';
const ipvsDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-ipvs';
const policyDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies';
const rangesDocs = 'https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer';
const healthDocs =
  'https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip';
const chainsDocs = 'https://kubernetes.io/blog/2022/09/07/iptables-chains-not-api/';
const portmapDocs = 'https://www.cni.dev/plugins/current/meta/portmap/';
const bridgeDocs = 'https://www.cni.dev/plugins/current/main/bridge/';
const cniFirewallDocs = 'https://www.cni.dev/plugins/current/meta/firewall/';
const dockerDocs = 'https://docs.docker.com/engine/network/packet-filtering-firewalls/';
const calicoDocs = 'https://docs.tigera.io/calico/latest/reference/architecture/overview';
const ciliumDocs = 'https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/';
const flannelDocs = 'https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md';
const routerDocs = 'https://www.kube-router.io/docs/how-it-works/';

function info(role: ChainRole, owner: string, explanation: string, url: string): RoleInfo {
  return { role, owner, explanation, url };
}

const proxy = 'kube-proxy';

const builtinExplanations: Readonly<Record<string, string>> = {
  PREROUTING: 'Packets that have just come in, before they are routed.',
  INPUT: 'Packets for this node itself.',
  FORWARD: 'Packets that pass through this node, those to and from Pods among them.',
  OUTPUT: 'Packets from processes of this node, before they are routed; Pods on the host network count as such.',
  POSTROUTING: 'Packets about to leave, after they were routed.',
};
const builtinDocs = 'https://manpages.debian.org/bookworm/iptables/iptables.8.en.html#TABLES';

/** Chains whose name alone says what they are. */
const exact: Readonly<Record<string, RoleInfo>> = {
  'KUBE-SERVICES': info(
    'services',
    proxy,
    'Where kube-proxy looks a destination up: one rule for each clusterIP, external IP and load-balancer IP with its port. The last rule tries NodePorts.',
    proxyDocs,
  ),
  'KUBE-NODEPORTS': info(
    'nodeports',
    proxy,
    "One rule for each Service's NodePort, for packets to an address of this node.",
    proxyDocs,
  ),
  'KUBE-EXTERNAL-SERVICES': info(
    'external-services',
    proxy,
    'Refuses packets to external addresses and NodePorts of Services that have no endpoint to take them.',
    proxyDocs,
  ),
  'KUBE-MARK-MASQ': info(
    'mark-masq',
    proxy,
    'Marks a packet (0x4000) so that KUBE-POSTROUTING gives it the address of this node as source.',
    'https://kubernetes.io/docs/tutorials/services/source-ip/',
  ),
  'KUBE-MARK-DROP': info(
    'mark-drop',
    'kubelet or kube-proxy',
    'Marks a packet (0x8000) so that KUBE-FIREWALL drops it. kube-proxy has done without since 1.25.',
    chainsDocs,
  ),
  'KUBE-POSTROUTING': info(
    'postrouting',
    proxy,
    'Masquerades the packets that KUBE-MARK-MASQ marked, and takes the mark off.',
    'https://kubernetes.io/docs/tutorials/services/source-ip/',
  ),
  'KUBE-FORWARD': info(
    'forward',
    proxy,
    'Lets through what kube-proxy has redirected, and drops packets that belong to no known connection.',
    proxyDocs,
  ),
  'KUBE-PROXY-FIREWALL': info(
    'proxy-firewall',
    proxy,
    "Drops packets to a load-balancer IP that come from outside the Service's loadBalancerSourceRanges.",
    rangesDocs,
  ),
  'KUBE-FIREWALL': info(
    'kubelet-firewall',
    'kubelet',
    'Drops packets from elsewhere to 127.0.0.0/8, and, up to 1.26, packets that KUBE-MARK-DROP marked.',
    chainsDocs,
  ),
  'KUBE-PROXY-CANARY': info(
    'canary',
    proxy,
    'Empty on purpose: kube-proxy watches whether it is still there, to notice that somebody flushed the rules.',
    chainsDocs,
  ),
  'KUBE-KUBELET-CANARY': info(
    'canary',
    'kubelet',
    'Empty on purpose: kubelet watches whether it is still there, to notice that somebody flushed the rules.',
    chainsDocs,
  ),
  'KUBE-IPTABLES-HINT': info(
    'hint',
    'kubelet',
    'Empty on purpose: tells other components which iptables back end, nft or legacy, this node uses.',
    chainsDocs,
  ),
  'KUBE-LOAD-BALANCER': info(
    'external',
    proxy,
    'ipvs mode: what to masquerade of the traffic to load-balancer addresses.',
    ipvsDocs,
  ),
  'KUBE-NODE-PORT': info(
    'nodeports',
    proxy,
    'ipvs mode: what to masquerade, or to accept for health checks, of the traffic to NodePorts.',
    ipvsDocs,
  ),
  'KUBE-IPVS-FILTER': info(
    'forward',
    proxy,
    'ipvs mode: refuses packets to Service addresses on ports that no Service has.',
    ipvsDocs,
  ),
  'KUBE-IPVS-OUT-FILTER': info(
    'forward',
    proxy,
    'ipvs mode: refuses packets of this node to Service addresses on ports that no Service has.',
    ipvsDocs,
  ),
  'KUBE-SOURCE-RANGES-FIREWALL': info(
    'proxy-firewall',
    proxy,
    'ipvs mode: drops packets from outside the loadBalancerSourceRanges.',
    ipvsDocs,
  ),
  'KUBE-HOSTPORTS': info('cni-hostport', 'kubenet or CRI-O', 'One rule for each hostPort of a Pod on this node.', portmapDocs),
  'KUBE-HOSTPORT-OVERLAP': info('cni-hostport', 'CRI-O', 'hostPorts that more than one Pod asks for.', portmapDocs),
  'CNI-HOSTPORT-DNAT': info(
    'cni-hostport',
    'CNI portmap',
    'One rule for each hostPort of a Pod on this node; the first that matches wins.',
    portmapDocs,
  ),
  'CNI-HOSTPORT-SETMARK': info(
    'cni-hostport',
    'CNI portmap',
    'Marks hostPort traffic (0x2000) that CNI-HOSTPORT-MASQ is to masquerade.',
    portmapDocs,
  ),
  'CNI-HOSTPORT-MASQ': info(
    'cni-hostport',
    'CNI portmap',
    'Masquerades the hostPort traffic that CNI-HOSTPORT-SETMARK marked.',
    portmapDocs,
  ),
  'CNI-HOSTPORT-SNAT': info(
    'cni-hostport',
    'CNI portmap',
    'Masquerades hostPort traffic from 127.0.0.1 (older portmap).',
    portmapDocs,
  ),
  'CNI-FORWARD': info('cni', 'CNI firewall', 'Lets traffic of the Pods on this node through.', cniFirewallDocs),
  'CNI-ADMIN': info('cni', 'CNI firewall', "The administrator's own rules, before those of CNI-FORWARD.", cniFirewallDocs),
  'FLANNEL-POSTRTG': info('cni', 'flannel', 'Masquerades what leaves the Pod network, and nothing within it.', flannelDocs),
  'FLANNEL-FWD': info('cni', 'flannel', 'Lets traffic from and to the Pod network through.', flannelDocs),
  'IP-MASQ-AGENT': info(
    'cni',
    'ip-masq-agent',
    'Decides which traffic of Pods leaves under the address of the node: destinations with RETURN keep the source address, the rest is masqueraded.',
    'https://github.com/kubernetes-sigs/ip-masq-agent',
  ),
  'IP-MASQ': info(
    'cni',
    'ip-masq-agent (GKE)',
    'Decides which traffic of Pods leaves under the address of the node.',
    'https://cloud.google.com/kubernetes-engine/docs/concepts/ip-masquerade-agent',
  ),
  'KIND-MASQ-AGENT': info(
    'cni',
    'kindnet',
    'Masquerades what leaves the Pod network of a kind cluster.',
    'https://kind.sigs.k8s.io/docs/design/initial/',
  ),
  DOCKER: info('docker', 'Docker', 'Published ports and isolation of containers, for networks that Docker made.', dockerDocs),
  'DOCKER-USER': info('docker', 'Docker', "The administrator's own rules, before Docker's.", dockerDocs),
  DOCKER_OUTPUT: info(
    'docker',
    'Docker',
    "Sends this container's DNS queries to Docker's resolver; a kind node has it because it is a container.",
    dockerDocs,
  ),
  DOCKER_POSTROUTING: info('docker', 'Docker', "Puts the address of Docker's resolver back on its answers.", dockerDocs),
  'WEAVE-CANARY': info(
    'canary',
    'Weave Net',
    'Empty on purpose: Weave watches whether it is still there.',
    'https://github.com/weaveworks/weave',
  ),
};

/** By table, where one name means two things. */
const inFilter: Readonly<Record<string, RoleInfo>> = {
  'KUBE-SERVICES': info(
    'services',
    proxy,
    'Refuses packets to clusterIPs of Services that have no endpoint: REJECT for none at all, DROP for none on this node.',
    policyDocs,
  ),
  'KUBE-NODEPORTS': info(
    'nodeports',
    proxy,
    'Lets load balancers ask the health check node ports of Services with externalTrafficPolicy Local.',
    healthDocs,
  ),
};
const inNat: Readonly<Record<string, RoleInfo>> = {
  'KUBE-FIREWALL': info(
    'proxy-firewall',
    proxy,
    'ipvs mode, up to 1.26: marks packets to be dropped that come from outside the loadBalancerSourceRanges.',
    ipvsDocs,
  ),
};

/** Names that begin so; the first that fits counts. */
const prefixes: readonly (readonly [prefix: string, info: RoleInfo])[] = [
  [
    'CNI-DN-',
    info(
      'cni-hostport',
      'CNI portmap',
      "One Pod's hostPorts: sends them to the Pod's address and marks what must be masqueraded.",
      portmapDocs,
    ),
  ],
  [
    'CNI-SN-',
    info('cni-hostport', 'CNI portmap', "One Pod's hostPorts: masquerades them for 127.0.0.1 (older portmap).", portmapDocs),
  ],
  ['CNI-ISOLATION-', info('cni', 'CNI firewall', 'Keeps networks that CNI made apart.', cniFirewallDocs)],
  ['CNI-', info('cni', 'CNI bridge or ptp', 'Masquerades what one Pod sends out of its network.', bridgeDocs)],
  ['KUBE-HP-', info('cni-hostport', 'kubenet or CRI-O', "One Pod's hostPort: sends it to the Pod's address.", portmapDocs)],
  [
    'KUBE-PORTALS-',
    info(
      'services',
      proxy,
      'userspace mode (removed in 1.26): sends Service addresses to a local port of kube-proxy.',
      proxyDocs,
    ),
  ],
  [
    'KUBE-NODEPORT-',
    info('nodeports', proxy, 'userspace mode (removed in 1.26): sends NodePorts to a local port of kube-proxy.', proxyDocs),
  ],
  ['KUBE-ROUTER-', info('cni', 'kube-router', 'Where kube-router hooks its network policies and Service rules in.', routerDocs)],
  ['KUBE-POD-FW-', info('cni', 'kube-router', "One Pod's network policies.", routerDocs)],
  ['KUBE-NWPLCY-', info('cni', 'kube-router', 'One NetworkPolicy.', routerDocs)],
  ['FLANNEL-', info('cni', 'flannel', "flannel's rules for the Pod network.", flannelDocs)],
  ['KIND-', info('cni', 'kindnet', "kindnet's rules for the Pod network.", 'https://kind.sigs.k8s.io/')],
  ['cali-fw-', info('cni', 'Calico', 'What one Pod may send: its network policies, egress.', calicoDocs)],
  ['cali-tw-', info('cni', 'Calico', 'What may reach one Pod: its network policies, ingress.', calicoDocs)],
  ['cali-pi-', info('cni', 'Calico', 'One network policy, ingress.', calicoDocs)],
  ['cali-po-', info('cni', 'Calico', 'One network policy, egress.', calicoDocs)],
  ['cali-pri-', info('cni', 'Calico', 'One profile (a namespace or service account), ingress.', calicoDocs)],
  ['cali-pro-', info('cni', 'Calico', 'One profile (a namespace or service account), egress.', calicoDocs)],
  [
    'cali-nat-outgoing',
    info('cni', 'Calico', 'Masquerades what Pods of pools with natOutgoing send out of the Pod networks.', calicoDocs),
  ],
  ['cali-fip-', info('cni', 'Calico', 'Floating addresses of Pods.', calicoDocs)],
  ['cali-', info('cni', 'Calico', "Felix, Calico's agent on the node, keeps its rules here.", calicoDocs)],
  ['felix-', info('cni', 'Calico', 'Felix of Calico before 2.0.', calicoDocs)],
  [
    'OLD_CILIUM_',
    info('cni', 'Cilium', "Rules of Cilium's agent from before its last start; removed once the new ones stand.", ciliumDocs),
  ],
  [
    'CILIUM_',
    info(
      'cni',
      'Cilium',
      "Rules of Cilium's agent: masquerading, marks for its proxy, traffic from and to its devices.",
      ciliumDocs,
    ),
  ],
  ['DOCKER-ISOLATION', info('docker', 'Docker', 'Keeps bridge networks that Docker made apart.', dockerDocs)],
  ['DOCKER-', info('docker', 'Docker', "Docker's rules for the networks that it made.", dockerDocs)],
  [
    'NETAVARK',
    info(
      'docker',
      'Podman (netavark)',
      'Published ports and forwarding for networks that Podman made.',
      'https://docs.podman.io/en/latest/markdown/podman-network.1.html',
    ),
  ],
  [
    'WEAVE',
    info('cni', 'Weave Net', "Weave's rules: network policies, masquerading, encryption.", 'https://github.com/weaveworks/weave'),
  ],
  ['ANTREA-', info('cni', 'Antrea', "Rules of Antrea's agent.", 'https://antrea.io/docs/')],
  [
    'OVN-KUBE-',
    info(
      'cni',
      'OVN-Kubernetes',
      'NodePorts, external addresses and traffic policies, on their way into OVN.',
      'https://ovn-kubernetes.io/',
    ),
  ],
  ['OVN-', info('cni', 'Kube-OVN', "Rules of Kube-OVN's agent.", 'https://kubeovn.github.io/docs/')],
  [
    'AWS-SNAT-CHAIN-',
    info(
      'cni',
      'Amazon VPC CNI',
      "What leaves the VPC goes under the node's address.",
      'https://github.com/aws/amazon-vpc-cni-k8s',
    ),
  ],
  [
    'AWS-CONNMARK-CHAIN-',
    info(
      'cni',
      'Amazon VPC CNI',
      'Sends answers out of the interface that the question came in by.',
      'https://github.com/aws/amazon-vpc-cni-k8s',
    ),
  ],
  ['SUBMARINER-', info('cni', 'Submariner', 'Traffic between clusters.', 'https://submariner.io/getting-started/architecture/')],
  [
    'ISTIO_',
    info(
      'cni',
      'Istio',
      "Sends a Pod's traffic through its sidecar or ztunnel.",
      'https://istio.io/latest/docs/ops/deployment/architecture/',
    ),
  ],
  [
    'GKE-',
    info('cni', 'GKE', 'Traffic to services of the node that GKE provides.', 'https://cloud.google.com/kubernetes-engine/docs'),
  ],
];

const hashed: Readonly<Record<string, RoleInfo>> = {
  'KUBE-SVC-': info(
    'service',
    proxy,
    "Picks one of a Service port's endpoints. Read from the top, the probabilities give each endpoint the same share.",
    proxyDocs,
  ),
  'KUBE-SVL-': info(
    'service-local',
    proxy,
    "Picks one of a Service port's endpoints on this node, for traffic policy Local.",
    policyDocs,
  ),
  'KUBE-EXT-': info(
    'external',
    proxy,
    'Where traffic from outside enters a Service port: by NodePort, external IP or load-balancer IP. Masquerades, or keeps to local endpoints, as externalTrafficPolicy says.',
    policyDocs,
  ),
  'KUBE-FW-': info('firewall', proxy, "Lets in only what comes from the Service's loadBalancerSourceRanges.", rangesDocs),
  'KUBE-XLB-': info(
    'xlb',
    proxy,
    'Before 1.24: where traffic from outside enters a Service port with externalTrafficPolicy Local.',
    policyDocs,
  ),
  'KUBE-SEP-': info(
    'endpoint',
    proxy,
    'One endpoint of a Service port: changes the destination to its address. A Pod that reaches itself this way is masqueraded.',
    proxyDocs,
  ),
};

const userChain = info('user', '', '', '');

/**
 * A chain's role and what is known about it.
 * @param table "nat"; the same name may mean another thing in another table
 * @param builtin whether it is one of iptables' own chains in that table
 */
export function roleInfo(table: string, name: string, builtin: boolean): RoleInfo {
  if (builtin) return info('builtin', 'netfilter', builtinExplanations[name] ?? '', builtinDocs);
  const prefix = hashedPrefix(name);
  if (prefix !== undefined) return hashed[prefix] ?? userChain;
  const byTable = table === 'filter' ? inFilter : table === 'nat' ? inNat : undefined;
  if (byTable !== undefined && Object.hasOwn(byTable, name)) return byTable[name] ?? userChain;
  if (Object.hasOwn(exact, name)) return exact[name] ?? userChain;
  return prefixes.find(([start]) => name.startsWith(start))?.[1] ?? userChain;
}

/** The chain's role alone. */
export function roleOf(table: string, name: string, builtin: boolean): ChainRole {
  return roleInfo(table, name, builtin).role;
}

/** Chains that exist to be watched: that nothing jumps to them is by design (facts: KUBE-PROXY-CANARY, KUBE-IPTABLES-HINT). */
export function isNeverJumpedTo(name: string): boolean {
  if (!Object.hasOwn(exact, name)) return false;
  const role = exact[name]?.role;
  return role === 'canary' || role === 'hint';
}
