/** A question about a Service of a kube-proxy in nftables mode: what its maps say, and what iptables' rules cannot say of it. */

import { hostPort } from '../base/ip.ts';
import { command } from '../base/shell-text.ts';
import { type NftService, nftServiceAt } from '../node/look-ups/nft-services.ts';
import { isOwn } from '../node/look-ups/own-address.ts';
import type { NftTables } from '../node/readers/nft.ts';
import type { Cause, Fate } from './diagnosis.ts';
import type { Asked } from './journey.ts';
import { nftTables } from './nft-packets.ts';
import { entryRule } from './service-rules.ts';
import { whoHas } from './signs.ts';
import type { Subject } from './subject.ts';

export const serviceWithoutEndpoints = 'service-without-endpoints';

/** A sentence for the documentation. */
export const serviceByNftCodes = {
  [serviceWithoutEndpoints]: "kube-proxy's table of nftables drops or refuses what is for the Service: it has no endpoint.",
} as const;

export interface ServiceByNft {
  readonly fate: Fate;
  readonly cause: Cause | null;
  /** Where the maps send the packets; empty where they send none, or that is not understood. */
  readonly endpoints: NftService['endpoints'];
  /** What was looked at, and what to ask next, in sentences. */
  readonly texts: readonly string[];
}

const mostShown = 5;

function refusedCause(asked: Asked, { name, map, refusal, chain }: NftService): Cause {
  const address = `${asked.question.to}/${asked.packet.protocol}`;
  const service = name === '' ? 'the Service' : name;
  const [, namespace = '', own = ''] = /^([^/]+)\/([^:]+)/.exec(name) ?? [];
  return {
    code: serviceWithoutEndpoints,
    message: `kube-proxy is in nftables mode, and its map ${map} ${refusal === 'drop' ? 'drops' : 'refuses'} what is for ${address}: ${service} has ${refusal === 'drop' ? 'no endpoint that may take it here (externalTrafficPolicy or internalTrafficPolicy Local)' : 'no ready endpoint'}.`,
    evidence: [
      {
        file: chain.file,
        line: chain.line,
        text: `map ${chain.family} ${chain.table} ${map}: ${asked.packet.destination.text} . ${asked.packet.protocol} . ${asked.packet.dport ?? ''} : ${refusal ?? ''}`,
      },
    ],
    confirm: [
      command`nft list map ${chain.family} ${chain.table} ${map}`,
      ...(own === '' ? [] : [command`kubectl -n ${namespace} get endpointslices -l kubernetes.io/service-name=${own}`]),
    ],
    mend: [command`look at the Pods of the Service: whether its selector finds some, and whether they are ready`],
  };
}

function translatedTexts(
  subject: Subject,
  asked: Asked,
  { name, map, endpoints, chain, isForSome }: NftService,
  isLeft: boolean,
): readonly string[] {
  const { question, packet } = asked;
  const service = name === '' ? 'a Service' : name;
  const shown = endpoints.slice(0, mostShown).map(({ ip, port }) => `${hostPort(ip, port)} (${whoHas(subject, ip)})`);
  const more = endpoints.length > mostShown ? ` and ${endpoints.length - mostShown} more` : '';
  const to = shown.length === 0 ? `chain ${chain.name}` : `${shown.join(', ')}${more}`;
  const [first] = endpoints;
  return [
    `kube-proxy is in nftables mode: ${packet.destination.text}:${packet.dport ?? ''}/${packet.protocol} is ${service} by its map ${map} (${chain.file}, line ${chain.line}), which sends it to ${to}${isForSome ? ', for Pods and the node itself alone: for others it has no endpoint here (traffic policy Local), and drops it' : ''}. ${isLeft ? 'Rules of iptables for it are left from another mode, and stand behind that table' : 'No rule of iptables translates it'}, so its way through them is not followed.`,
    first === undefined
      ? `Look with: nft list chain ${chain.family} ${chain.table} '"${chain.name}"'`
      : `Ask for the way to an endpoint: diagnose BUNDLE --from ${question.from} --to ${hostPort(first.ip, first.port)}`,
  ];
}

/** Where iptables' table nat stands (NF_IP_PRI_NAT_DST). */
const priorityOfNat = -100;

/**
 * Whether kube-proxy writes to nftables, and its chain there translates before table nat is asked: rules of iptables for the same Service are what
 * another mode left behind, and no packet meets them.
 */
function isFirst({ facts }: Subject, tables: NftTables, { chain }: NftService, { packet }: Asked): boolean {
  const mode = facts.proxyConfiguration?.mode || facts.meta?.proxyMode;
  if (mode !== 'nftables') return false;
  const hook = packet.isFromHere ? 'output' : 'prerouting';
  return tables.chains.some(
    (base) =>
      base.type === 'nat' &&
      base.hook === hook &&
      base.family === chain.family &&
      base.table === chain.table &&
      (base.priority < priorityOfNat || (base.priority === priorityOfNat && base.isLaterThanNat)),
  );
}

/** What nftables' maps say of a question; undefined where its packets are for no Service there, or iptables' rules know the Service as well. */
export function serviceByNft(subject: Subject, asked: Asked): ServiceByNft | undefined {
  const tables = nftTables(subject.facts);
  const { packet, journeys } = asked;
  if (tables === undefined || packet.dport === null || packet.destination.standsIn === true) return undefined;
  const isKnown = journeys.some(({ end }) => end.dnat) || entryRule(subject, packet) !== undefined;
  const { text: ip } = packet.destination;
  const service = nftServiceAt(tables, {
    ip,
    protocol: packet.protocol,
    port: packet.dport,
    isOwn: isOwn(subject.facts, ip) === true,
  });
  if (service === undefined || (isKnown && !isFirst(subject, tables, service, asked))) return undefined;
  if (service.refusal !== null && !service.isForSome)
    return {
      fate: service.refusal === 'drop' ? 'lost' : 'refused',
      cause: refusedCause(asked, service),
      endpoints: [],
      texts: [`kube-proxy is in nftables mode: its table ${service.chain.family} ${service.chain.table} was read.`],
    };
  // For others than Pods and the node a Service of traffic policy Local may have none of them.
  const endpoints = service.isForSome ? [] : service.endpoints;
  return { fate: 'unknown', cause: null, endpoints, texts: translatedTexts(subject, asked, service, isKnown) };
}
