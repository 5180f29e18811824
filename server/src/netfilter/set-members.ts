/** Whether a packet is in a set of ipset's whose members stand beside the dump. */

import { createMemory } from '../base/memory.ts';
import type { Family } from '../catalog/types.ts';
import { protocolNumber } from '../catalog/values/protocols.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { type IpSet, setsOf } from '../ruleset/sets.ts';
import { statementOf } from '../syntax/document.ts';
import { networkTest } from './core-match-predicates.ts';
import { type IPAddress, ipAddress, type Packet } from './packet.ts';

/** "src" or "dst" for each dimension of a set. */
export type SetDirections = readonly string[];

type Dimension = 'address' | 'port' | 'port-alone' | 'set';

/** One dimension of a member: whether a packet's value fits, and how closely (the prefix length of a network). */
interface Part {
  readonly fits: (value: IPAddress | string) => boolean;
  readonly closeness: number;
}

interface Members {
  readonly dimensions: readonly Dimension[];
  /** Members of addresses and ports alone, as `keyOf` writes them. */
  readonly exact: ReadonlySet<string>;
  /** Members with networks or ranges, and those that are excepted ("nomatch"). */
  readonly wide: readonly { readonly parts: readonly Part[]; readonly isExcepted: boolean }[];
  /** Of a list:set. */
  readonly sets: readonly string[];
}

const dimensionNames: Readonly<Record<string, Dimension>> = { ip: 'address', net: 'address', port: 'port', set: 'set' };
const mostNested = 8;

/** "hash:ip,port" as dimensions; undefined for a type with others (mac, iface, mark). */
function dimensionsOf(type: string): readonly Dimension[] | undefined {
  // Of bitmaps only this one is about ports, whatever the protocol (ip_set_bitmap_port.c).
  if (type === 'bitmap:port') return ['port-alone'];
  const names = type.slice(type.indexOf(':') + 1).split(',');
  const dimensions = names.map((name) => (Object.hasOwn(dimensionNames, name) ? dimensionNames[name] : undefined));
  return dimensions.includes(undefined) ? undefined : dimensions.filter((dimension) => dimension !== undefined);
}

/** "tcp:80" in one form; a port without a protocol is one of TCP (ipset's default). */
function portText(text: string): string | undefined {
  const colon = text.indexOf(':');
  const protocol = (colon < 0 ? 'tcp' : text.slice(0, colon)).toLowerCase();
  const port = text.slice(colon + 1);
  return protocolNumber(protocol) !== undefined && /^\d{1,5}$/.test(port) ? `${protocol}:${Number(port)}` : undefined;
}

function addressPart(text: string, family: Family): Part | undefined {
  const dash = text.indexOf('-');
  if (dash > 0) {
    const first = ipAddress(text.slice(0, dash));
    const last = ipAddress(text.slice(dash + 1));
    if (first === undefined || last === undefined) return undefined;
    return {
      fits: (value) =>
        typeof value !== 'string' && value.family === family && value.bits >= first.bits && value.bits <= last.bits,
      closeness: 0,
    };
  }
  const inNetwork = networkTest(text, family);
  if (inNetwork === undefined) return undefined;
  const slash = text.indexOf('/');
  const closeness = slash < 0 ? (family === 'ipv4' ? 32 : 128) : Number(text.slice(slash + 1));
  return { fits: (value) => typeof value !== 'string' && inNetwork(value), closeness };
}

function partOf(text: string, dimension: Dimension, family: Family): Part | undefined {
  if (dimension === 'address') return addressPart(text, family);
  const wanted = dimension === 'port' ? portText(text) : /^\d+$/.test(text) ? String(Number(text)) : undefined;
  return wanted === undefined ? undefined : { fits: (value) => value === wanted, closeness: 0 };
}

/** The exact form of a member without networks or ranges; undefined for one that has some. */
function exactKey(texts: readonly string[], dimensions: readonly Dimension[]): string | undefined {
  const parts = texts.map((text, at) => {
    if (dimensions[at] === 'address') return ipAddress(text)?.text;
    if (dimensions[at] === 'port') return portText(text);
    return /^\d{1,5}$/.test(text) ? String(Number(text)) : undefined;
  });
  return parts.includes(undefined) ? undefined : parts.join(',');
}

/** The members of a set; undefined where some could not be read, so that nothing is certain. */
function readMembers(ruleset: Ruleset, set: IpSet, family: Family): Members | undefined {
  const dimensions = set.type === undefined ? undefined : dimensionsOf(set.type);
  if (dimensions === undefined || set.declarations.length === 0) return undefined;
  const exact = new Set<string>();
  const wide: { readonly parts: readonly Part[]; readonly isExcepted: boolean }[] = [];
  const sets: string[] = [];
  for (const line of set.entries) {
    const source = ruleset.lines.at(line);
    const statement = source === undefined ? undefined : statementOf(source);
    if (source === undefined || statement?.kind !== 'set-entry') continue;
    const texts = statement.entry.text.split(',');
    if (dimensions[0] === 'set') {
      sets.push(statement.entry.text);
      continue;
    }
    const isExcepted = / nomatch\b/.test(source.text.slice(statement.entry.end));
    const key = texts.length === dimensions.length && !isExcepted ? exactKey(texts, dimensions) : undefined;
    if (key !== undefined) {
      exact.add(key);
      continue;
    }
    const parts = texts.map((text, at) => partOf(text, dimensions[at] ?? 'port', family));
    if (texts.length !== dimensions.length || parts.includes(undefined)) return undefined;
    wide.push({ parts: parts.filter((part) => part !== undefined), isExcepted });
  }
  return { dimensions, exact, wide, sets };
}

const known = createMemory<Ruleset, Map<string, Members | undefined>>();

function membersOf(ruleset: Ruleset, name: string, family: Family): Members | undefined {
  let sets = known.get(ruleset);
  if (sets === undefined) {
    sets = new Map();
    known.set(ruleset, sets);
  }
  const key = `${family} ${name}`;
  if (!sets.has(key)) {
    const set = setsOf(ruleset).get(name);
    sets.set(key, set === undefined ? undefined : readMembers(ruleset, set, family));
  }
  return sets.get(key);
}

/** Whether the members of a set stand in the text, so that they decide. */
export function isKnownSet(ruleset: Ruleset, name: string, family: Family): boolean {
  return membersOf(ruleset, name, family) !== undefined;
}

/**
 * Whether a packet's addresses and ports, one for each direction, are in a set; undefined where the text does not have the set with its type and
 * members, or the set is about something else. Of members with networks the closest counts, which may be an exception (ip_set_hash_net, nomatch).
 */
export function isInSet(
  ruleset: Ruleset,
  name: string,
  directions: SetDirections,
  packet: Packet,
  nested = 0,
): boolean | undefined {
  const members = membersOf(ruleset, name, packet.family);
  if (members === undefined || nested > mostNested) return undefined;
  if (members.dimensions[0] === 'set') {
    const answers = members.sets.map((inner) => isInSet(ruleset, inner, directions, packet, nested + 1));
    if (answers.includes(true)) return true;
    return answers.includes(undefined) ? undefined : false;
  }
  const values = members.dimensions.map((dimension, at) => {
    const isSource = (directions[at] ?? directions.at(-1)) === 'src';
    if (dimension === 'address') return isSource ? packet.source : packet.destination;
    const port = isSource ? packet.sport : packet.dport;
    if (port === null) return null;
    return dimension === 'port' ? `${packet.protocol}:${port}` : String(port);
  });
  if (values.includes(null)) return undefined;
  if (members.exact.has(values.map((value) => (typeof value === 'string' ? value : (value?.text ?? ''))).join(','))) return true;
  let best: { readonly closeness: number; readonly isExcepted: boolean } | undefined;
  for (const { parts, isExcepted } of members.wide) {
    if (!parts.every((part, at) => part.fits(values[at] ?? ''))) continue;
    const closeness = parts.reduce((sum, part) => sum + part.closeness, 0);
    if (best === undefined || closeness > best.closeness) best = { closeness, isExcepted };
  }
  return best !== undefined && !best.isExcepted;
}
