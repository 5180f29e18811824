import { affinityToGonePod } from './findings/affinity-to-gone-pod.ts';
import { answerRoutes } from './findings/answer-routes.ts';
import { answersBypassNode } from './findings/answers-bypass-node.ts';
import { arpNotAnswered } from './findings/arp-not-answered.ts';
import { bothBackEnds } from './findings/both-back-ends.ts';
import { bridgeNfOff } from './findings/bridge-nf-off.ts';
import { conntrackFull } from './findings/conntrack-full.ts';
import { conntrackStale } from './findings/conntrack-stale.ts';
import { endpointGone } from './findings/endpoint-gone.ts';
import { forwardingOff } from './findings/forwarding-off.ts';
import { hairpinOff } from './findings/hairpin-off.ts';
import { hostPortLost } from './findings/host-port-lost.ts';
import { invalidDropped } from './findings/invalid-dropped.ts';
import { linkDown } from './findings/link-down.ts';
import { markBitsShared } from './findings/mark-bits-shared.ts';
import { markRoutes } from './findings/mark-routes.ts';
import { mtuAboveTunnel } from './findings/mtu-above-tunnel.ts';
import { neighbourDiscoveryDropped } from './findings/neighbour-discovery-dropped.ts';
import { neighbourWrong } from './findings/neighbour-wrong.ts';
import { neverAnswered } from './findings/never-answered.ts';
import { nftTableDrops } from './findings/nft-table-drops.ts';
import { noRoute } from './findings/no-route.ts';
import { nobodyTakes } from './findings/nobody-takes.ts';
import { nodeRouteMissing } from './findings/node-route-missing.ts';
import { notTranslated } from './findings/not-translated.ts';
import { nothingListens } from './findings/nothing-listens.ts';
import { pastThisNode } from './findings/past-this-node.ts';
import { pathMtuDropped } from './findings/path-mtu-dropped.ts';
import { podGatewayGone } from './findings/pod-gateway-gone.ts';
import { podRouteMissing } from './findings/pod-route-missing.ts';
import { podRouteWrong } from './findings/pod-route-wrong.ts';
import { portBlocked } from './findings/port-blocked.ts';
import { portOffBridge } from './findings/port-off-bridge.ts';
import { portsIsolated } from './findings/ports-isolated.ts';
import { proxySync } from './findings/proxy-sync.ts';
import { routeLocalnetOff } from './findings/route-localnet-off.ts';
import { rpFilterStrict } from './findings/rp-filter-strict.ts';
import { ruleVerdict } from './findings/rule-verdict.ts';
import { rulesAndCluster } from './findings/rules-and-cluster.ts';
import { rulesFlushed } from './findings/rules-flushed.ts';
import { sizes } from './findings/sizes.ts';
import { snatPortsUsedUp } from './findings/snat-ports-used-up.ts';
import { topologyHints } from './findings/topology-hints.ts';
import { translatedElsewhere } from './findings/translated-elsewhere.ts';
import { tunnelPacketsLost } from './findings/tunnel-packets-lost.ts';
import { untracked } from './findings/untracked.ts';
import type { NodeFinding } from './node-finding.ts';
import { serviceByNftCodes } from './service-by-nft.ts';

/** Every check of a node, the likelier cause of two that explain the same first. A new one is a file of its own and a line here. */
export const nodeFindings: readonly NodeFinding[] = [
  conntrackFull,
  snatPortsUsedUp,
  conntrackStale,
  affinityToGonePod,
  rulesFlushed,
  proxySync,
  linkDown,
  forwardingOff,
  rpFilterStrict,
  routeLocalnetOff,
  hairpinOff,
  bridgeNfOff,
  ruleVerdict,
  nobodyTakes,
  nftTableDrops,
  bothBackEnds,
  podGatewayGone,
  arpNotAnswered,
  portBlocked,
  portOffBridge,
  portsIsolated,
  markRoutes,
  podRouteMissing,
  podRouteWrong,
  nodeRouteMissing,
  untracked,
  translatedElsewhere,
  answersBypassNode,
  hostPortLost,
  notTranslated,
  endpointGone,
  noRoute,
  neighbourDiscoveryDropped,
  neighbourWrong,
  tunnelPacketsLost,
  answerRoutes,
  mtuAboveTunnel,
  pathMtuDropped,
  markBitsShared,
  rulesAndCluster,
  invalidDropped,
  neverAnswered,
  pastThisNode,
  nothingListens,
  topologyHints,
  sizes,
];

let codes: ReadonlyMap<string, string> | undefined;

/** Every code that a check of a node may give, with one sentence for the documentation. */
export function nodeFindingCodes(): ReadonlyMap<string, string> {
  codes ??= new Map(nodeFindings.flatMap((each) => Object.entries(each.codes)).concat(Object.entries(serviceByNftCodes)));
  return codes;
}
