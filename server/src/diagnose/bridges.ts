/** Bridges: what goes from port to port, and whether rules see it. */
import { linkNamed } from '../node/look-ups/links.ts';
import { type RouteAnswer, routeOf } from '../node/look-ups/route.ts';
import { setting } from '../node/look-ups/sysctl.ts';
import type { Evidence } from './diagnosis.ts';
import type { Subject } from './subject.ts';

/** Where a packet to an address would go, whoever sends it. */
export function routeTo({ facts }: Subject, destination: string): RouteAnswer {
  return routeOf(facts, { destination, source: '', mark: 0, in: '' });
}

/** The interface of a route to a neighbour: one hop without a gateway; null for a route that leads to a router, or none. */
export function linkOfRoute(answer: RouteAnswer): string | null {
  if (answer.kind !== 'route' || answer.route.type !== 'unicast') return null;
  const [hop, ...others] = answer.route.hops;
  return hop !== undefined && others.length === 0 && hop.gateway === '' && hop.interface !== '' ? hop.interface : null;
}

/** The bridge that an interface is; undefined for another kind of link. */
export function bridgeNamed({ facts }: Subject, name: string | null): string | undefined {
  return name !== null && linkNamed(facts, name)?.kind === 'bridge' ? name : undefined;
}

/** Whether bridged packets meet iptables, by family. */
export const bridgeSettings = {
  ipv4: 'net.bridge.bridge-nf-call-iptables',
  ipv6: 'net.bridge.bridge-nf-call-ip6tables',
} as const;

/** What shows that bridged packets do not meet iptables; undefined where they do, or that is not known. */
export function skipsRulesEvidence({ facts }: Subject, family: 'ipv4' | 'ipv6', bridge: string): Evidence | undefined {
  const link = linkNamed(facts, bridge);
  if (family === 'ipv4' && link?.callsIptables === true) return undefined;
  const found = setting(facts, bridgeSettings[family]);
  if (found !== undefined)
    return found.value === 0 ? { file: found.file, line: found.line, text: `${found.name} = ${found.value}` } : undefined;
  // The setting is there as soon as br_netfilter is loaded.
  const { sysctls } = facts;
  const isShown = sysctls !== null && setting(facts, 'net.ipv4.ip_forward') !== undefined && sysctls.values.size > 50;
  const hasBridge = [...(sysctls?.values.keys() ?? [])].some((name) => name.startsWith('net.bridge.'));
  if (sysctls === null || !isShown || hasBridge) return undefined;
  return { file: sysctls.file, line: 1, text: `${bridgeSettings[family]} is not there: br_netfilter is not loaded` };
}

/** Whether rules do not see what a bridge passes from port to port, as far as that is known. */
export function bridgedSkipsRules(subject: Subject, family: 'ipv4' | 'ipv6', bridge: string): boolean {
  return skipsRulesEvidence(subject, family, bridge) !== undefined;
}
