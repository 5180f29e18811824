/** Which program a chain is of, by its name: people look for that program's own configuration. */

const owners: readonly (readonly [RegExp, string])[] = [
  [/^(?:cali-tw-|cali-fw-|cali-pi-|cali-po-|cali-pri-|cali-pro-|cali-)/, 'Calico (NetworkPolicies among them)'],
  [/^(?:KUBE-NWPLCY-|KUBE-POD-FW-|KUBE-ROUTER-)/, 'kube-router (NetworkPolicies)'],
  [/^WEAVE-NPC/, 'Weave Net (NetworkPolicies)'],
  [/^WEAVE/, 'Weave Net'],
  [/^(?:OLD_)?CILIUM_/, 'Cilium'],
  [/^FLANNEL-/, 'flannel'],
  [/^KUBE-/, 'kube-proxy or kubelet'],
  [/^CNI-/, 'the CNI plugin portmap'],
  [/^ts-/, 'Tailscale'],
  [/^(?:ufw6?-)/, 'ufw'],
  [/^(?:IN_|FWDI_|FWDO_|FWD_|PRE_|POST_|OUTPUT_direct|INPUT_ZONES|FORWARD_IN_ZONES)/, 'firewalld'],
  [/^DOCKER/, 'Docker'],
  [/^(?:NETAVARK|CNI-ISOLATION)/, 'Podman'],
  [/^AWS-/, 'the Amazon VPC CNI'],
  [/^ISTIO_/, 'Istio'],
  [/^LIBVIRT_/, 'libvirt'],
  [/^f2b-/, 'fail2ban'],
];

/** "Calico (NetworkPolicies among them)"; empty for a chain of nobody that is known, as a built-in one. */
export function ownerOf(chain: string): string {
  return owners.find(([shape]) => shape.test(chain))?.[1] ?? '';
}
