/** nat as kube-proxy in ipvs mode writes it, in which no chain translates: sets hold what is for Services. */
export interface IpvsRules {
  /** Rules of KUBE-NODE-PORT, as of a node with NodePorts. */
  readonly nodePort?: readonly string[];
  /** Rules of KUBE-SERVICES, in their order. */
  readonly services: readonly string[];
}

/** The table in iptables-save's form, without a header. */
export function ipvsNat({ nodePort = [], services }: IpvsRules): string {
  return `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
${nodePort.map((rule) => `-A KUBE-NODE-PORT ${rule}\n`).join('')}-A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
${services.map((rule) => `-A KUBE-SERVICES ${rule}\n`).join('')}COMMIT
`;
}

/** The rule of KUBE-NODE-PORT for TCP. */
export const tcpNodePorts =
  '-p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ';
/** Where KUBE-SERVICES sends what is for this node. */
export const toNodePorts = '-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT';
/** What lets packets to clusterIPs through. */
export const clusterIPs = '-m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT';
