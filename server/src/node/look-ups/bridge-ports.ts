/** The ports of a bridge that a packet crosses, as `-m physdev` and chains of nft's for bridges ask. */
import type { BridgePorts } from '../../netfilter/answer.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { NodeFacts } from '../facts.ts';
import { linkNamed, portBehind, portsOf } from './links.ts';
import { setting } from './sysctl.ts';

const switches = { ipv4: 'net.bridge.bridge-nf-call-iptables', ipv6: 'net.bridge.bridge-nf-call-ip6tables' } as const;

/**
 * The ports that a packet crosses: it came in by a bridge, and goes on by the same one or is routed. undefined for a packet of which the rules
 * see no ports: it came in by another link, or bridged packets do not meet iptables. (br_netfilter_hooks.c, xt_physdev.c)
 */
export function bridgePorts(facts: NodeFacts, packet: Packet): BridgePorts | undefined {
  const { in: bridge, out, hook, source, destination, family, isFromHere } = packet;
  if (isFromHere || bridge === null || bridge === '') return undefined;
  const link = linkNamed(facts, bridge);
  if (link?.kind !== 'bridge') return undefined;
  if (setting(facts, switches[family])?.value === 0 && (family === 'ipv6' || link.callsIptables !== true)) return undefined;
  const isBridged = (hook === 'FORWARD' || hook === 'POSTROUTING') && out === bridge;
  return {
    in: source === null ? null : (portBehind(facts, bridge, source.text) ?? null),
    out: isBridged ? (portBehind(facts, bridge, destination.text) ?? null) : '',
    all: portsOf(facts, bridge).map(({ name }) => name),
    isBridged,
  };
}
