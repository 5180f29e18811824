/** What is known of a chain: its role, who writes it and what it does. */

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

/** What is known of a chain, in one line. */
export function info(role: ChainRole, owner: string, explanation: string, url: string): RoleInfo {
  return { role, owner, explanation, url };
}
