/** Lists of addresses that rules keep. Source: the kernel's xt_recent.c, recent_mt. */
import { type Answer, doubt, type Fact, type Knowledge, type Predicate, perhapsNegated } from '../answer.ts';
import { isNegated, type MatchReader, optionNamed, optionValue, unknownMatch } from '../match-reader.ts';
import { valueText } from '../option-view.ts';
import type { Packet } from '../packet.ts';
import type { Ranges } from '../ranges.ts';

interface List {
  readonly name: string;
  readonly end: 'source' | 'destination';
  /** Whether it keeps whole addresses, not networks of them. */
  readonly isExact: boolean;
}

const wholeAddress = /^(?:255\.255\.255\.255|(?:ffff:){7}ffff|)$/i;

/** Whether the address that a list asks for is on it; undefined where nobody knows. */
function listedNow({ name, end, isExact }: List, packet: Packet, knows: Knowledge): boolean | undefined {
  const address = packet[end];
  return address === null || address.standsIn === true || !isExact ? undefined : knows.isListed?.(name, address.text);
}

/** The entry that a packet is, on a list: its address, whatever the mask leaves of it. */
function entryOf({ name, end }: Pick<List, 'name' | 'end'>, packet: Packet): string {
  return `${name} ${packet[end]?.text ?? 'picked'}`;
}

type Change = (packet: Packet) => Packet;

function write(list: List, packet: Packet, times: number | null): Packet {
  return { ...packet, lists: new Map([...packet.lists, [entryOf(list, packet), times]]) };
}

function put(list: List): Change {
  return (packet) => {
    const times = packet.lists.get(entryOf(list, packet));
    return write(list, packet, times === null ? null : (times ?? 0) + 1);
  };
}

/** What it is where nobody knows how often it was put there before. */
function putAgain(list: List): Change {
  return (packet) => write(list, packet, null);
}

function take(list: List): Change {
  return (packet) => write(list, packet, 0);
}

/** The question whether an entry is on a list, younger than so many seconds; null for any age. Its age is a number, -1 for none. */
function onList(
  list: List,
  packet: Packet,
  seconds: number | null,
  words: string,
  isListed: boolean | undefined,
  learn?: Fact['learn'],
): Answer {
  const within: Ranges = [[0, seconds === null ? null : seconds + 1]];
  const who = list.end === 'source' ? 'The client' : 'The destination';
  return doubt({
    about: 'recent',
    key: `recent ${list.name} ${entryOf(list, packet)}${seconds === null ? '' : ` within ${seconds}`}`,
    yes: `${who} was put on the list ${list.name}${words}.`,
    no: isListed === true ? `${who} is on the list ${list.name}, but for longer than ${seconds} s.` : '',
    likely: isListed === true,
    value: { of: `age on ${entryOf(list, packet)}`, within },
    ...(learn === undefined ? {} : { learn }),
  });
}

interface Often extends Pick<Fact, 'learn'> {
  readonly times: number;
  /** Whether the list shows it, as far as lists do. */
  readonly isShown: boolean;
  readonly seconds: number | null;
  readonly words: string;
}

/** The question whether it was seen so often. */
function seenOften(list: List, packet: Packet, { times, isShown, seconds, words, learn }: Often): Answer {
  return doubt({
    about: 'recent',
    key: `recent ${entryOf(list, packet)} ${times} times within ${seconds ?? 'any'}`,
    yes: `The client was put on the list ${list.name}${words} at least ${times} times.`,
    no: isShown ? `The client was on the list ${list.name} so often, and it was longer ago.` : '',
    likely: isShown,
    value: { of: `hits on ${entryOf(list, packet)} within ${seconds ?? 'any'}`, within: [[times, null]] },
    ...(learn === undefined ? {} : { learn }),
  });
}

/** Whether a list shows an address as often as a rule asks for, with what this packet added. */
function isShownOften(list: List, packet: Packet, knows: Knowledge, times: number, seconds: number | null): boolean {
  const address = packet[list.end];
  if (address === null || address.standsIn === true || !list.isExact) return false;
  const before = knows.listedTimes?.(list.name, address.text, seconds);
  return before !== undefined && before + (packet.lists.get(entryOf(list, packet)) ?? 0) >= times;
}

export const recent: MatchReader = (match, context) => {
  const list: List = {
    name: valueText(optionNamed(match, '--name')) || 'DEFAULT',
    end: optionNamed(match, '--rdest') === undefined ? 'source' : 'destination',
    isExact: wholeAddress.test(valueText(optionNamed(match, '--mask'))),
  };
  const set = optionNamed(match, '--set');
  // --set puts the address on the list and always matches.
  if (set !== undefined) return [() => ({ kind: 'effect', holds: !isNegated(set), change: put(list) })];
  const remove = optionNamed(match, '--remove');
  const update = optionNamed(match, '--update');
  const check = optionNamed(match, '--rcheck') ?? update;
  if (remove === undefined && check === undefined) return [unknownMatch(match)];
  const negated = isNegated(remove ?? check);
  const secondsValue = optionValue(optionNamed(match, '--seconds'), context);
  const seconds = secondsValue?.type === 'number' && remove === undefined ? secondsValue.value : null;
  const hitsValue = optionValue(optionNamed(match, '--hitcount'), context);
  const hits = hitsValue?.type === 'number' && remove === undefined ? hitsValue.value : 0;
  const words = seconds === null ? '' : ` within ${seconds} s`;
  // --update puts whoever is on the list there once more where the match holds, --remove takes it off whichever way.
  const updates = remove === undefined && update !== undefined;
  const found = remove !== undefined ? take(list) : updates && !negated ? put(list) : undefined;
  const learn = remove !== undefined ? take(list) : updates && !negated ? putAgain(list) : undefined;

  const listed: Predicate = (packet, knows) => {
    const known = listedNow(list, packet, knows);
    const times = packet.lists.get(entryOf(list, packet));
    // Who is on no list is not on it within some seconds either; who is may have been put there long ago.
    const isOn = times === undefined ? (known === true && seconds !== null ? undefined : known) : times !== 0;
    if (isOn === undefined) return onList(list, packet, seconds, words, known, learn);
    return isOn && found !== undefined ? { kind: 'effect', holds: true, change: found } : isOn;
  };
  const often: Predicate = (packet, knows) => {
    const known = listedNow(list, packet, knows);
    const times = packet.lists.get(entryOf(list, packet));
    if (times === 0 || (times === undefined && known === false)) return false;
    // Who was on no list is there as often as this packet was put there, just now.
    if (known !== false || typeof times !== 'number')
      return seenOften(list, packet, {
        times: hits,
        isShown: isShownOften(list, packet, knows, hits, seconds),
        seconds,
        words,
        ...(learn === undefined ? {} : { learn }),
      });
    const holds = times >= hits;
    return updates && holds !== negated ? { kind: 'effect', holds, change: put(list) } : holds;
  };
  const predicate = hits > 1 ? often : listed;
  return [perhapsNegated(predicate, negated)];
};
