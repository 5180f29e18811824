/** Rules of ebtables: they begin like those of iptables, and mean frames of a bridge. */

const word =
  /\s(?:-p (?:IPv4|IPv6|ARP|RARP|802_1Q|LENGTH|0x[0-9A-Fa-f]{4})|--ip6?-(?:src|dst|source|destination|proto|protocol|sport|dport)|--logical-(?:in|out)|--arp-(?:ip|mac)-(?:src|dst))(?:\s|$)/;

/** Whether a rule has words that ebtables alone knows: "-A FORWARD -p IPv4 -i eth0 --ip-src 10.0.0.1 -j DROP". */
export function isOfBridge(text: string): boolean {
  return /^-[AID] \S/.test(text) && word.test(text);
}
