/** What conntrack knows of a packet's connection. Source: the kernel's xt_conntrack.c, conntrack_mt. */
import { type Answer, doubt, type Predicate } from '../answer.ts';
import { addressDoubt, canonicalProtocol, networkTest } from '../core-match-predicates.ts';
import { eachOption, type MatchReader, type OptionReader, optionValue, unknownOption, valueDoubt } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import { addressOf, type End, type Ends, hasConnection, type Packet } from '../packet.ts';
import { portRanges } from '../port-predicates.ts';
import { includes, numbers } from '../ranges.ts';
import { inState } from './state.ts';

/** How answers to the connection are addressed: DNAT and SNAT change that at once. */
function answered(packet: Packet): Ends {
  if (packet.answered !== null) return packet.answered;
  const source: End = { address: packet.destination, port: packet.dport };
  const destination: End = { address: packet.source, port: packet.sport };
  return packet.direction === 'reply' ? { source: destination, destination: source } : { source, destination };
}

type Pick = (packet: Packet) => End;

const asked = {
  source: (packet: Packet) => packet.asked.source,
  destination: (packet: Packet) => packet.asked.destination,
};
const replied = {
  source: (packet: Packet) => answered(packet).source,
  destination: (packet: Packet) => answered(packet).destination,
};

function inNetwork(pick: Pick): OptionReader {
  return (option, { family }, match) => {
    const text = valueText(option);
    const isIn = networkTest(text, family);
    if (isIn === undefined) return unknownOption(match, option);
    const predicate: Predicate = (packet) => {
      const { address } = pick(packet);
      if (address !== null && address.standsIn !== true) return isIn(address);
      return addressDoubt(packet, address === null ? 'source' : 'destination', text, undefined);
    };
    return predicate;
  };
}

function hasPort(name: string, pick: Pick): OptionReader {
  return (option, _context, match) => {
    const text = valueText(option);
    const wanted = portRanges(text);
    if (wanted === undefined) return unknownOption(match, option);
    const answer = valueDoubt({
      of: name,
      among: numbers(0, 65535),
      within: wanted,
      yes: `The ${name} of the connection is in ${text}.`,
      no: `The ${name} of the connection is not in ${text}.`,
    });
    const predicate: Predicate = (packet) => {
      const { port } = pick(packet);
      // ICMP has its type, code and identifier there, which are not known here; other protocols have 0.
      if (port === null && /^(?:tcp|udp|udplite|sctp|dccp|icmp|ipv6-icmp)$/.test(packet.protocol)) return answer;
      return includes(wanted, port ?? 0);
    };
    return predicate;
  };
}

const direction: OptionReader = (option, context, match) => {
  if (optionValue(option, context) === undefined) return unknownOption(match, option);
  const wanted = valueText(option).toUpperCase() === 'REPLY' ? 'reply' : 'original';
  const isAnswer = doubt({
    about: 'other',
    key: 'direction reply',
    yes: 'The packet is an answer within its connection.',
    no: 'The packet goes the way of the first packet of its connection.',
    likely: false,
  });
  const predicate: Predicate = (packet): Answer => {
    if (packet.direction !== null) return packet.direction === wanted;
    return wanted === 'reply' ? isAnswer : { ...isAnswer, negated: true };
  };
  return predicate;
};

/** Of the words of --ctstatus those that are true, false, or not known (undefined) for a packet. */
function status(packet: Packet, word: string): boolean | undefined {
  switch (word) {
    case 'NONE':
      return false;
    case 'EXPECTED':
      return packet.state === 'RELATED' ? undefined : false;
    case 'SEEN_REPLY':
      if (packet.direction === 'reply') return true;
      return packet.before === null ? (packet.state === 'NEW' ? false : undefined) : packet.before >= 2;
    case 'ASSURED':
      if (packet.state === 'NEW' || packet.before === 0) return false;
      // TCP: with the packet that ends the handshake; ICMP never; UDP after some seconds of talk both ways.
      if (packet.protocol === 'icmp' || packet.protocol === 'ipv6-icmp') return false;
      if (packet.before === null) return undefined;
      if (packet.protocol === 'tcp' || packet.protocol === 'sctp') return packet.before >= 2;
      return packet.protocol === 'udp' && packet.before < 2 ? false : undefined;
    case 'CONFIRMED':
      return packet.state === 'NEW' && packet.before === 0 ? packet.in === 'lo' : true;
    default:
      return undefined;
  }
}

const inStatus: OptionReader = (option, context, match) => {
  const value = optionValue(option, context);
  const unknown = unknownOption(match, option);
  if (value?.type !== 'words') return unknown;
  const predicate: Predicate = (packet, knows) => {
    const answers = value.words.map((word) => status(packet, word));
    if (answers.includes(true)) return true;
    return answers.includes(undefined) ? unknown(packet, knows) : false;
  };
  return predicate;
};

const expires: OptionReader = (option, context, match) => {
  const value = optionValue(option, context);
  if (value?.type !== 'range') return unknownOption(match, option);
  const { from, to } = value.range;
  const answer = valueDoubt({
    of: 'seconds until the connection is forgotten',
    within: numbers(from, to),
    yes: `The connection is forgotten in ${value.text} seconds.`,
    no: `The connection is not forgotten in ${value.text} seconds.`,
  });
  // Before the last hook has confirmed a connection its time is none yet; the kernel compares with 0 or a default.
  return () => answer;
};

/** Whether a rule with CT gave a packet in table raw a template, which stands for its connection. */
function hasTemplate(packet: Packet): boolean {
  return packet.hasTemplate && !packet.isTracked;
}

/** A packet as a template shows it: a confirmed connection without addresses, ports or protocol. */
function template(packet: Packet): Packet {
  const nowhere: End = { address: addressOf(packet.family, 0n), port: 0 };
  const ends: Ends = { source: nowhere, destination: nowhere };
  return { ...packet, asked: ends, answered: ends, protocol: 'none', direction: 'original', state: 'ESTABLISHED', before: 1 };
}

const others = eachOption({
  '--ctproto': (option) => {
    const wanted = canonicalProtocol(valueText(option));
    const predicate: Predicate = (packet) => wanted === '' || packet.protocol === wanted;
    return predicate;
  },
  '--ctorigsrc': inNetwork(asked.source),
  '--ctorigdst': inNetwork(asked.destination),
  '--ctreplsrc': inNetwork(replied.source),
  '--ctrepldst': inNetwork(replied.destination),
  '--ctorigsrcport': hasPort('original source port', asked.source),
  '--ctorigdstport': hasPort('original destination port', asked.destination),
  '--ctreplsrcport': hasPort("answers' source port", replied.source),
  '--ctrepldstport': hasPort("answers' destination port", replied.destination),
  '--ctstatus': inStatus,
  '--ctexpire': expires,
  '--ctdir': direction,
});

const states = eachOption({ '--ctstate': inState });

/** Without a connection only the state is asked for; a rule that does not ask for it does not match then, whatever its `!`. */
export const conntrack: MatchReader = (match, context) => {
  const isState = (name: string): boolean => name === '--ctstate';
  const asksState = match.options.some((option) => isState(option.name));
  const ofState = states({ ...match, options: match.options.filter((option) => isState(option.name)) }, context);
  const rest = others({ ...match, options: match.options.filter((option) => !isState(option.name)) }, context);
  return [
    ...ofState,
    ...rest.map(
      (predicate): Predicate =>
        (packet, knows) =>
          hasConnection(packet) ? predicate(packet, knows) : hasTemplate(packet) ? predicate(template(packet), knows) : asksState,
    ),
  ];
};
