/** Which program a chain is of, by its name: people look for that program's own configuration. */
import type { SafeText } from '../base/safe-text.ts';
import { command } from '../base/shell-text.ts';

const owners: readonly (readonly [RegExp, SafeText<'shell'>])[] = [
  [/^(?:cali-tw-|cali-fw-|cali-pi-|cali-po-|cali-pri-|cali-pro-|cali-)/, command`Calico (NetworkPolicies among them)`],
  [/^(?:KUBE-NWPLCY-|KUBE-POD-FW-|KUBE-ROUTER-)/, command`kube-router (NetworkPolicies)`],
  [/^WEAVE-NPC/, command`Weave Net (NetworkPolicies)`],
  [/^WEAVE/, command`Weave Net`],
  [/^(?:OLD_)?CILIUM_/, command`Cilium`],
  [/^FLANNEL-/, command`flannel`],
  [/^KUBE-/, command`kube-proxy or kubelet`],
  [/^CNI-/, command`the CNI plugin portmap`],
  [/^ts-/, command`Tailscale`],
  [/^(?:ufw6?-)/, command`ufw`],
  [/^(?:IN_|FWDI_|FWDO_|FWD_|PRE_|POST_|OUTPUT_direct|INPUT_ZONES|FORWARD_IN_ZONES)/, command`firewalld`],
  [/^DOCKER/, command`Docker`],
  [/^(?:NETAVARK|CNI-ISOLATION)/, command`Podman`],
  [/^AWS-/, command`the Amazon VPC CNI`],
  [/^ISTIO_/, command`Istio`],
  [/^LIBVIRT_/, command`libvirt`],
  [/^f2b-/, command`fail2ban`],
];

/** "Calico (NetworkPolicies among them)"; empty for a chain of nobody that is known, as a built-in one. */
export function ownerOf(chain: string): SafeText<'shell'> {
  return owners.find(([shape]) => shape.test(chain))?.[1] ?? command``;
}
