/** A question's packets as nft's chains beside those of iptables meet them. */
import { portBehind } from '../node/look-ups/links.ts';
import type { NftPacket } from '../node/look-ups/nft-verdict.ts';
import { type NftTables, readNft } from '../node/readers/nft.ts';
import type { TextPart } from '../node/records.ts';
import { bridgedSkipsRules, bridgeNamed } from './bridges.ts';
import type { Journey } from './journey.ts';
import { leavesBy } from './leaves-by.ts';
import type { Subject } from './subject.ts';

const read = new WeakMap<TextPart, NftTables>();

/** The tables of nft that are not iptables' own, read once. */
export function nftTables(part: TextPart): NftTables {
  let tables = read.get(part);
  if (tables === undefined) {
    tables = readNft(part.file, part.text);
    read.set(part, tables);
  }
  return tables;
}

/** The packet as it was sent, at the first hook that it comes by; undefined where its source is not known. */
export function firstPacket({ start, end }: Journey): NftPacket | undefined {
  if (start.source === null) return undefined;
  return {
    hook: start.isFromHere ? 'output' : 'prerouting',
    layer: 'network',
    source: start.source.text,
    destination: start.destination.text,
    protocol: start.protocol,
    sport: start.sport,
    dport: start.dport,
    in: start.isFromHere ? '' : start.in,
    out: start.isFromHere ? end.out : '',
    state: 'new',
    isTranslated: false,
    mark: start.mark,
  };
}

/** Where a bridge passes the packet, or it comes in or leaves by a bridge's port. */
function atBridges(subject: Subject, journey: Journey, sent: NftPacket, gone: NftPacket, back: NftPacket): readonly NftPacket[] {
  const { start, isDelivered } = journey;
  const into = start.isFromHere ? undefined : bridgeNamed(subject, start.in);
  const out = isDelivered ? undefined : bridgeNamed(subject, gone.out);
  const portOf = (bridge: string | undefined, ip: string): string | null =>
    bridge === undefined ? '' : (portBehind(subject.facts, bridge, ip) ?? null);
  const near = portOf(into, sent.source);
  const far = portOf(out, gone.destination);
  const at = (packet: NftPacket, hook: string, port: string | null, to: string | null): NftPacket => ({
    ...packet,
    hook,
    layer: 'bridge',
    in: port,
    out: to,
  });
  if (into !== undefined && into === out)
    return [
      at(sent, 'prerouting', near, ''),
      at(gone, 'forward', near, far),
      at(gone, 'postrouting', '', far),
      at(back, 'prerouting', far, ''),
      at(back, 'forward', far, near),
      at(back, 'postrouting', '', near),
    ];
  return [
    ...(into === undefined ? [] : [at(sent, 'prerouting', near, ''), at(gone, 'input', near, '')]),
    ...(out === undefined ? [] : [at(gone, 'output', '', far), at(gone, 'postrouting', '', far)]),
    ...(out === undefined ? [] : [at(back, 'prerouting', far, ''), at(back, 'input', far, '')]),
    ...(into === undefined ? [] : [at(back, 'output', '', near), at(back, 'postrouting', '', near)]),
  ];
}

/** The packet of a journey at each hook that it comes by, and the answer at those that it comes by then. */
export function packetsAtHooks(subject: Subject, journey: Journey): readonly NftPacket[] {
  const { start, end, isDelivered, isBridged } = journey;
  const sent = firstPacket(journey);
  if (sent === undefined || end.destination.standsIn === true) return [];
  const out = isDelivered ? null : leavesBy(journey);
  const gone: NftPacket = {
    ...sent,
    destination: end.destination.text,
    dport: end.dport,
    out,
    isTranslated: end.dnat,
    mark: end.mark,
  };
  const there = start.isFromHere
    ? ['output', 'postrouting', ...(isDelivered ? ['input'] : [])]
    : isDelivered
      ? ['input']
      : ['forward', 'postrouting'];
  const comesIn: readonly NftPacket[] = start.isFromHere
    ? []
    : [
        { ...sent, hook: 'ingress', layer: 'device' },
        { ...sent, mark: end.mark },
      ];
  const back: NftPacket = {
    ...gone,
    source: gone.destination,
    destination: gone.source,
    sport: gone.dport,
    dport: gone.sport,
    in: out ?? '',
    out: gone.in,
    state: 'established',
  };
  const bridged = atBridges(subject, journey, sent, gone, back);
  // Without br_netfilter what a bridge passes meets the chains of bridges alone.
  if (isBridged && bridgedSkipsRules(subject, start.family, start.in ?? '')) return bridged;
  const backHooks = start.isFromHere ? ['input'] : isDelivered ? ['output'] : ['forward'];
  return [
    ...comesIn,
    ...there.map((hook) => ({
      ...gone,
      hook,
      in: hook === 'input' && start.isFromHere ? 'lo' : gone.in,
      out: hook === 'input' ? '' : out,
    })),
    ...backHooks.map((hook) => ({ ...back, hook, out: hook === 'input' ? '' : back.out })),
    ...bridged,
  ];
}
