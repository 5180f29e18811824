/** The chains of kube-proxy 1.2 to 1.36 and of kubelet. */
import { info, type RoleInfo } from './role.ts';

const proxyDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-iptables';
const ipvsDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#proxy-mode-ipvs';
const policyDocs = 'https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-policies';
const rangesDocs = 'https://kubernetes.io/docs/concepts/services-networking/service/#loadbalancer';
const healthDocs =
  'https://kubernetes.io/docs/tasks/access-application-cluster/create-external-load-balancer/#preserving-the-client-source-ip';
const chainsDocs = 'https://kubernetes.io/blog/2022/09/07/iptables-chains-not-api/';

const proxy = 'kube-proxy';

/** Chains whose name alone says what they are. */
export const kubernetesChains: Readonly<Record<string, RoleInfo>> = {
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
    'kubelet and kube-proxy',
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
};

/** By table, where one name means two things. */
export const filterChains: Readonly<Record<string, RoleInfo>> = {
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
export const natChains: Readonly<Record<string, RoleInfo>> = {
  'KUBE-FIREWALL': info(
    'proxy-firewall',
    proxy,
    'ipvs mode, up to 1.26: marks packets to be dropped that come from outside the loadBalancerSourceRanges.',
    ipvsDocs,
  ),
};

/** Names that begin so. */
export const kubernetesPrefixes: readonly (readonly [prefix: string, info: RoleInfo])[] = [
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
];

/** Names that end in a hash, by what stands before it. */
export const hashedChains: Readonly<Record<string, RoleInfo>> = {
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
