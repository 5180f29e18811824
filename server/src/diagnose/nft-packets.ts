/** A question's packets as nft's chains beside those of iptables meet them. */
import { runToEnd, type Steps } from '../base/steps.ts';
import type { Packet } from '../netfilter/packet.ts';
import type { NodeFacts } from '../node/facts.ts';
import { linkNamed, portBehind } from '../node/look-ups/links.ts';
import type { NftPacket } from '../node/look-ups/nft-conditions.ts';
import { servesByNft } from '../node/look-ups/nft-services.ts';
import { readEbtables } from '../node/readers/ebtables.ts';
import { type NftChain, type NftTables, readNftSteps } from '../node/readers/nft.ts';
import { readNftText } from '../node/readers/nft-text.ts';
import { openingFlags } from '../node/readers/tcp-flags.ts';
import type { TextPart } from '../node/records.ts';
import { bridgedSkipsRules, bridgeNamed } from './bridges.ts';
import type { Asked, Journey } from './journey.ts';
import { leavesBy } from './leaves-by.ts';
import { markAt } from './marks.ts';
import type { Subject } from './subject.ts';

const read = new WeakMap<NodeFacts, NftTables>();

/** Whether a chain is one of ebtables', by its table. */
export function isOfEbtables({ family, table }: NftChain): boolean {
  return family === 'bridge' && (table === 'filter' || table === 'nat');
}

/** The tables of nft's JSON with the devices that chains are for, which old versions say in text alone. */
function withDevices(tables: NftTables, text: TextPart | null): NftTables {
  const isSaid = ({ family, devices }: NftChain): boolean => family !== 'netdev' || devices.length > 0;
  if (text === null || tables.chains.every(isSaid)) return tables;
  const { chains } = readNftText(text.file, text.text);
  const devicesOf = ({ family, table, name }: NftChain): readonly string[] =>
    chains.find((each) => each.family === family && each.table === table && each.name === name)?.devices ?? [];
  return {
    ...tables,
    chains: tables.chains.map((chain) => (isSaid(chain) ? chain : { ...chain, devices: devicesOf(chain) })),
  };
}

/** Reads the tables of nft, so that `nftTables` has them at once. */
export function* readTables(facts: NodeFacts): Steps<NftTables | undefined> {
  const { nft, nftText, bridgeRules } = facts;
  if (nft === null && nftText === null && bridgeRules === null) return undefined;
  let tables = read.get(facts);
  if (tables === undefined) {
    const ofNft: NftTables =
      nft !== null
        ? withDevices(yield* readNftSteps(nft.file, nft.text), nftText)
        : nftText !== null
          ? readNftText(nftText.file, nftText.text)
          : { chains: [], sets: new Map() };
    const bridged = bridgeRules === null ? [] : readEbtables(bridgeRules.file, bridgeRules.text);
    const others = bridged.length === 0 ? ofNft.chains : ofNft.chains.filter((chain) => !isOfEbtables(chain));
    tables = { ...ofNft, chains: [...others, ...bridged] };
    read.set(facts, tables);
  }
  return tables;
}

/**
 * The tables of nft that are not iptables' own, read once, with those of ebtables: what `ebtables-save` says of these is more than nft's JSON does.
 * undefined where nothing is known of either.
 */
export function nftTables(facts: NodeFacts): NftTables | undefined {
  return runToEnd(readTables(facts));
}

/** Whether kube-proxy does the node's Services by nftables, and iptables has no rule of its any more. */
export function isInNftMode({ facts, ruleset }: Subject): boolean {
  const mode = facts.proxyConfiguration?.mode ?? '';
  const tables = mode === '' || mode === 'nftables' ? nftTables(facts) : undefined;
  if (tables === undefined || !servesByNft(tables)) return false;
  // An empty chain to see flushes by may be left behind.
  return !ruleset.tables.some(({ name, chains }) => name === 'nat' && (chains.get('KUBE-SERVICES')?.rules.length ?? 0) > 0);
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
    ...(start.protocol === 'tcp' ? { flags: openingFlags.first } : {}),
  };
}

/** Where things happen at a hook: conntrack looks at a packet, table mangle marks it, table nat translates it (NF_IP_PRI_*). */
const places = { conntrack: -200, mangle: -150, destinations: -100, filter: 0, sources: 100 } as const;

/** What a packet is like at a hook behind one place and up to another: a chain of the same priority that came later stands before iptables'. */
type Piece = readonly [above: number, upTo: number, changes: Partial<NftPacket>];

function pieces(packet: NftPacket, hook: string, all: readonly Piece[]): readonly NftPacket[] {
  return all.map(([above, upTo, changes]) => ({ ...packet, ...changes, hook, above, upTo }));
}

const first = Number.NEGATIVE_INFINITY;
const last = Number.POSITIVE_INFINITY;

/** At the hook where destinations change: before conntrack, before and behind the marks of mangle, and translated. */
function arriving(hook: string, sent: NftPacket, gone: NftPacket, marks: readonly (number | null)[]): readonly NftPacket[] {
  const [early = null, marked = null, routed = null] = marks;
  return [
    ...pieces(sent, hook, [
      [first, places.conntrack, { state: 'invalid', mark: early }],
      [places.conntrack, places.mangle, { mark: early }],
      [places.mangle, places.destinations, { mark: marked }],
    ]),
    ...pieces(gone, hook, [[places.destinations, last, { out: sent.out, mark: routed }]]),
  ];
}

/** The source that a packet leaves with; undefined where it is not known. */
function sourceOf({ source, sport }: Packet): Pick<NftPacket, 'source' | 'sport'> | undefined {
  return source === null || source.standsIn === true ? undefined : { source: source.text, sport };
}

/** The packet of a journey at the hooks of the network layer that it comes by. */
function going({ start, end, isDelivered, last: way }: Journey, sent: NftPacket, gone: NftPacket): readonly NftPacket[] {
  const mark = (hook: string, priority: number): number | null => markAt({ start, end, last: way }, hook, priority);
  const at = (hook: string, more: Partial<NftPacket> = {}): readonly NftPacket[] =>
    pieces({ ...gone, ...more }, hook.toLowerCase(), [
      [first, places.mangle, { mark: mark(hook, places.mangle) }],
      [places.mangle, places.filter, { mark: mark(hook, places.filter) }],
      [places.filter, places.sources, { mark: mark(hook, places.sources) }],
      [places.sources, last, { mark: mark(hook, last) }],
    ]);
  const into = start.isFromHere ? 'OUTPUT' : 'PREROUTING';
  const marks = [mark(into, places.mangle), mark(into, places.destinations), mark(into, last)];
  const comesIn = arriving(into.toLowerCase(), sent, gone, marks);
  if (isDelivered && !start.isFromHere) return [...comesIn, ...at('INPUT', { out: '' })];
  const translated = sourceOf(end);
  const leaves = at('POSTROUTING', start.isFromHere ? {} : { in: '' }).flatMap((packet) => {
    if (packet.above !== places.sources) return [packet];
    return translated === undefined ? [] : [{ ...packet, ...translated }];
  });
  const looped = isDelivered ? at('INPUT', { in: 'lo', out: '' }) : [];
  return [...comesIn, ...(start.isFromHere ? [] : at('FORWARD')), ...leaves, ...looped];
}

/** The answer at the hooks that it comes by. */
function comingBack({ start, end, isDelivered }: Journey, back: NftPacket): readonly NftPacket[] {
  const whole = (hook: string, changes: Partial<NftPacket> = {}): readonly NftPacket[] =>
    pieces(back, hook, [[first, last, changes]]);
  const restored = { source: start.destination.text, sport: start.dport };
  const leaves = pieces(back, 'postrouting', [
    [first, places.sources, { in: '' }],
    [places.sources, last, { in: '', ...restored }],
  ]);
  if (isDelivered) return start.isFromHere ? whole('input', { out: '' }) : [...whole('output', { in: '' }), ...leaves];
  const sender = sourceOf(end);
  const comesIn =
    sender === undefined
      ? []
      : arriving('prerouting', { ...back, destination: sender.source, dport: sender.sport, out: '' }, back, [
          0,
          back.mark,
          back.mark,
        ]);
  return [...comesIn, ...(start.isFromHere ? whole('input', { out: '' }) : [...whole('forward'), ...leaves])];
}

/** The link address that the node's table of neighbours has for an address; undefined where it has none. */
function macOf({ facts }: Subject, bridge: string, ip: string): string | undefined {
  const mac = facts.neighbours?.records.find((each) => each.ip === ip && each.interface === bridge)?.mac;
  return mac === '' ? undefined : mac;
}

/** Where a bridge passes the packet, or it comes in or leaves by a bridge's port. */
function atBridges(subject: Subject, journey: Journey, sent: NftPacket, gone: NftPacket, back: NftPacket): readonly NftPacket[] {
  const { start, isDelivered } = journey;
  const into = start.isFromHere ? undefined : bridgeNamed(subject, start.in);
  const out = isDelivered ? undefined : bridgeNamed(subject, gone.out);
  const portOf = (bridge: string | undefined, ip: string): string | null =>
    bridge === undefined ? '' : (portBehind(subject.facts, bridge, ip) ?? null);
  const macs = (bridge: string | undefined, from: string, to: string): Pick<NftPacket, 'sourceMac' | 'destinationMac'> => {
    const own = bridge === undefined ? undefined : linkNamed(subject.facts, bridge)?.mac;
    const sourceMac = bridge === undefined ? undefined : from === '' ? own : macOf(subject, bridge, from);
    const destinationMac = bridge === undefined ? undefined : to === '' ? own : macOf(subject, bridge, to);
    return { ...(sourceMac === undefined ? {} : { sourceMac }), ...(destinationMac === undefined ? {} : { destinationMac }) };
  };
  const near = portOf(into, sent.source);
  const far = portOf(out, gone.destination);
  const at = (packet: NftPacket, hook: string, port: string | null, to: string | null, ends: object): NftPacket => ({
    ...packet,
    ...ends,
    hook,
    layer: 'bridge',
    in: port,
    out: to,
  });
  const [fromNear, toFar] = [macs(into, sent.source, ''), macs(out, '', gone.destination)];
  const [fromFar, toNear] = [macs(out, gone.destination, ''), macs(into, '', sent.source)];
  if (into !== undefined && into === out)
    return [
      at(sent, 'prerouting', near, '', fromNear),
      at(gone, 'forward', near, far, { ...fromNear, ...toFar }),
      at(gone, 'postrouting', '', far, toFar),
      at(back, 'prerouting', far, '', fromFar),
      at(back, 'forward', far, near, { ...fromFar, ...toNear }),
      at(back, 'postrouting', '', near, toNear),
    ];
  return [
    ...(into === undefined ? [] : [at(sent, 'prerouting', near, '', fromNear), at(gone, 'input', near, '', fromNear)]),
    ...(out === undefined ? [] : [at(gone, 'output', '', far, toFar), at(gone, 'postrouting', '', far, toFar)]),
    ...(out === undefined ? [] : [at(back, 'prerouting', far, '', fromFar), at(back, 'input', far, '', fromFar)]),
    ...(into === undefined ? [] : [at(back, 'output', '', near, toNear), at(back, 'postrouting', '', near, toNear)]),
  ];
}

/** At the devices by which packet and answer come in and leave, a bridge's ports among them. */
function atDevices(subject: Subject, journey: Journey, sent: NftPacket, gone: NftPacket, back: NftPacket): readonly NftPacket[] {
  const { start, end, isDelivered } = journey;
  const named = (name: string | null, ip: string): readonly string[] => {
    const bridge = bridgeNamed(subject, name);
    const port = bridge === undefined ? undefined : portBehind(subject.facts, bridge, ip);
    return name === null || name === '' || name === 'lo' ? [] : port === undefined ? [name] : [name, port];
  };
  const at = (packet: NftPacket, hook: string, names: readonly string[]): readonly NftPacket[] =>
    names.map((name) => ({ ...packet, hook, layer: 'device', in: name, state: 'invalid' }));
  const near = start.isFromHere ? [] : named(start.in, sent.source);
  const far = isDelivered ? [] : named(gone.out, gone.destination);
  const sender = sourceOf(end);
  const answer = sender === undefined ? undefined : { ...back, destination: sender.source, dport: sender.sport };
  const restored = { ...back, source: sent.destination, sport: sent.dport };
  return [
    ...at(sent, 'ingress', near),
    ...(sender === undefined ? [] : at({ ...gone, ...sender }, 'egress', far)),
    ...(answer === undefined ? [] : at(answer, 'ingress', far)),
    ...at(restored, 'egress', near),
  ];
}

/** The mark of answers: 0 where no rule gives them one, else not known. */
function markOfAnswers(answers: Asked['answers']): number | null {
  return answers.every(({ packet }) => packet.mark === 0 && (packet.routedMark ?? 0) === 0) ? 0 : null;
}

/** What follows the answer, at the hooks that it comes by. */
function following({ start, isDelivered }: Journey, sent: NftPacket, gone: NftPacket, mark: number | null): readonly NftPacket[] {
  const more = { state: 'established', flags: openingFlags.later, isLater: true, mark } as const;
  const into = start.isFromHere ? 'output' : 'prerouting';
  const arrives = [
    ...pieces(sent, into, [[places.conntrack, places.destinations, more]]),
    ...pieces(gone, into, [[places.destinations, last, { ...more, out: sent.out }]]),
  ];
  if (isDelivered) return start.isFromHere ? arrives : [...arrives, { ...gone, ...more, hook: 'input', out: '' }];
  return start.isFromHere ? arrives : [...arrives, { ...gone, ...more, hook: 'forward' }];
}

/** The packet of a journey at each hook that it comes by, the answer at those that it comes by then, and what follows it. */
export function packetsAtHooks(
  subject: Subject,
  journey: Journey,
  { answers, later }: Pick<Asked, 'answers' | 'later'>,
): readonly NftPacket[] {
  const { start, end, isDelivered, isBridged } = journey;
  const sent = firstPacket(journey);
  if (sent === undefined || end.destination.standsIn === true) return [];
  const out = isDelivered ? (start.isFromHere ? 'lo' : '') : leavesBy(journey);
  const { source, destination, sport, dport } = sent;
  const asSent: NftPacket = { ...sent, original: { source, destination, sport, dport } };
  const gone: NftPacket = { ...asSent, destination: end.destination.text, dport: end.dport, out, isTranslated: end.dnat };
  const back: NftPacket = {
    ...gone,
    source: gone.destination,
    destination: gone.source,
    sport: gone.dport,
    dport: gone.sport,
    in: out,
    out: gone.in,
    state: 'established',
    isAnswer: true,
    mark: markOfAnswers(answers),
    ...(start.protocol === 'tcp' ? { flags: openingFlags.answer } : {}),
  };
  const bridged = atBridges(subject, journey, asSent, gone, back);
  // Without br_netfilter what a bridge passes meets the chains of bridges alone.
  if (isBridged && bridgedSkipsRules(subject, start.family, start.in ?? '')) return bridged;
  const devices = atDevices(subject, journey, sent, gone, back);
  const goesOn = later.length === 0 ? [] : following(journey, asSent, gone, markOfAnswers(later));
  return [...devices, ...going(journey, asSent, gone), ...comingBack(journey, back), ...bridged, ...goesOn];
}
