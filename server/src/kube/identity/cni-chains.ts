/** The chains of CNI plugins, network agents and container engines. */
import { info, type RoleInfo } from './role.ts';

const portmapDocs = 'https://www.cni.dev/plugins/current/meta/portmap/';
const bridgeDocs = 'https://www.cni.dev/plugins/current/main/bridge/';
const cniFirewallDocs = 'https://www.cni.dev/plugins/current/meta/firewall/';
const dockerDocs = 'https://docs.docker.com/engine/network/packet-filtering-firewalls/';
const calicoDocs = 'https://docs.tigera.io/calico/latest/reference/architecture/overview';
const ciliumDocs = 'https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/';
const flannelDocs = 'https://github.com/flannel-io/flannel/blob/master/Documentation/configuration.md';
const routerDocs = 'https://www.kube-router.io/docs/how-it-works/';

/** Chains whose name alone says what they are. */
export const networkChains: Readonly<Record<string, RoleInfo>> = {
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
  'KUBE-METADATA-SERVER': info(
    'cni',
    'GKE or kube2iam',
    "Keeps Pods from the cloud's metadata server, or sends them to a stand-in for it.",
    'https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity',
  ),
  'cali-INPUT': info('cni', 'Calico', 'Where Calico decides on packets for this node: from Pods and from outside.', calicoDocs),
  'cali-OUTPUT': info('cni', 'Calico', 'Where Calico decides on packets from this node.', calicoDocs),
  'cali-FORWARD': info('cni', 'Calico', 'Where Calico decides on packets from and to Pods.', calicoDocs),
  'cali-PREROUTING': info(
    'cni',
    'Calico',
    'Where Calico changes destinations, of floating addresses, or lets packets past connection tracking.',
    calicoDocs,
  ),
  'cali-POSTROUTING': info('cni', 'Calico', 'Where Calico masquerades what Pods send out of the Pod networks.', calicoDocs),
  'cali-wl-to-host': info('cni', 'Calico', 'What Pods may send to this node itself.', calicoDocs),
  'cali-cidr-block': info(
    'cni',
    'Calico',
    'Drops packets to Service addresses that no Service has, which would go in circles.',
    calicoDocs,
  ),
  'cali-rpf-skip': info('cni', 'Calico', 'Pods that may send from addresses that are not theirs.', calicoDocs),
  'DOCKER-CT': info('docker', 'Docker', 'Lets answers of known connections through to networks that Docker made.', dockerDocs),
  'DOCKER-BRIDGE': info(
    'docker',
    'Docker',
    'Leads packets for a bridge network that Docker made to DOCKER, where published ports are.',
    dockerDocs,
  ),
  'DOCKER-FORWARD': info(
    'docker',
    'Docker',
    "Docker's rules for forwarded packets, in the order in which they apply.",
    dockerDocs,
  ),
  'DOCKER-INGRESS': info('docker', 'Docker Swarm', 'Published ports of Swarm services, for the routing mesh.', dockerDocs),
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

/** Names that begin so; the first that fits counts. */
export const networkPrefixes: readonly (readonly [prefix: string, info: RoleInfo])[] = [
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
    'cali-from-wl-dispatch',
    info('cni', 'Calico', 'Finds the chain of the Pod that a packet comes from, by its interface.', calicoDocs),
  ],
  [
    'cali-to-wl-dispatch',
    info('cni', 'Calico', 'Finds the chain of the Pod that a packet goes to, by its interface.', calicoDocs),
  ],
  [
    'cali-failsafe-',
    info('cni', 'Calico', 'Ports that stay open whatever the policies say, so that nobody locks himself out.', calicoDocs),
  ],
  ['cali-from-h', info('cni', 'Calico', "Finds the chain of the node's interface that a packet comes in by.", calicoDocs)],
  ['cali-to-h', info('cni', 'Calico', "Finds the chain of the node's interface that a packet leaves by.", calicoDocs)],
  [
    'cali-fh',
    info('cni', 'Calico', "What may come in by one of the node's interfaces: policies for host endpoints.", calicoDocs),
  ],
  ['cali-th', info('cni', 'Calico', "What may leave by one of the node's interfaces: policies for host endpoints.", calicoDocs)],
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
  [
    'LIBVIRT_',
    info(
      'user',
      'libvirt',
      'Lets virtual machines reach the network, and masquerades them.',
      'https://libvirt.org/firewall.html',
    ),
  ],
  ['ufw-', info('user', 'ufw', "One step of ufw's firewall.", 'https://help.ubuntu.com/community/UFW')],
  ['ufw6-', info('user', 'ufw', "One step of ufw's firewall, for IPv6.", 'https://help.ubuntu.com/community/UFW')],
  ['f2b-', info('user', 'fail2ban', 'Addresses that fail2ban has banned.', 'https://github.com/fail2ban/fail2ban')],
];
