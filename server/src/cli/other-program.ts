/** What a text that holds nothing of iptables was printed by, where its first lines tell. */

/** UTF-16 units that are looked at. */
const lookedAt = 1_000_000;

const nftTable = /^table (?:ip|ip6|inet|arp|bridge|netdev) \S+ \{/m;
const nftJson = /^\s*\{\s*"nftables"\s*:/;
const kubeProxyTable = /^table ip6? kube-proxy \{|"table":\s*\{[^{}]{0,200}"name":\s*"kube-proxy"/m;
const ipvs = /^IP Virtual Server version /m;

/** A sentence that says which program it was, and what is read instead; undefined where nothing tells. */
export function otherProgram(text: string): string | undefined {
  const beginning = text.slice(0, lookedAt);
  if (nftTable.test(beginning) || nftJson.test(beginning)) {
    return kubeProxyTable.test(beginning)
      ? "it is nft's own output, of a node whose kube-proxy runs in nftables mode: its Services are in those tables and not in iptables"
      : "it is nft's own output; what iptables wrote to those tables is printed by iptables-nft-save and ip6tables-nft-save";
  }
  if (ipvs.test(beginning))
    return 'it is the output of ipvsadm, of a node whose kube-proxy runs in ipvs mode: its Services are there and not in iptables';
  return undefined;
}
