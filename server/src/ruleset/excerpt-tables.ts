/**
 * Which tables the rules of an excerpt are of. `iptables-save | grep` leaves out `*table`, and rules of filter and nat stand one behind another: taken
 * for one table, a Service's REJECT would be nat's. Two things tell: nat alone rewrites addresses and has kube-proxy's chains for Services, and it has
 * neither FORWARD nor REJECT, and iptables puts no DROP there.
 */

import type { Steps } from '../base/steps.ts';
import type { TableName } from '../catalog/types.ts';
import type { Line } from '../syntax/line.ts';
import { declares, type Lines } from '../syntax/lines.ts';
import { placeOf } from '../syntax/unusual-lines.ts';
import { isNatJump, isNatName } from './infer-table.ts';

const builtinOrder = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];
const filterChain = /^(?:KUBE-(?:FORWARD|EXTERNAL-SERVICES|PROXY-FIREWALL)|DOCKER-(?:USER|FORWARD|ISOLATION-STAGE-[12]))$/;

/** A table whose name the text does not say. */
interface Part {
  readonly firstLine: number;
  readonly isNat: boolean;
  /** The lines of rules in PREROUTING and POSTROUTING before the next part was told. */
  readonly routing: number[];
}

/** Whether a line is of nat for certain, or of another table; undefined where it may be of either. */
function isOfNat({ name, target }: Line): boolean | undefined {
  if (isNatName(name) || isNatJump(name, target)) return true;
  // kube-proxy accepts its health checks there.
  if (name === 'KUBE-NODEPORTS' && target === 'ACCEPT') return false;
  if (name === 'FORWARD' || target === 'REJECT' || target === 'DROP' || filterChain.test(name) || filterChain.test(target))
    return false;
  return undefined;
}

/** Where the parts of a text begin that `*table` would stand above; watches the order in which iptables-save prints a table. */
interface Place {
  /** Where a table may begin, since the last line that told of which one it is; -1 for nowhere. */
  boundary: number;
  lastHook: number;
  isBehindBuiltins: boolean;
  hasRules: boolean;
}

/** iptables-save prints declarations, then the rules of built-in chains in the order of a packet's way, then all others. */
function look(place: Place, line: Line, number: number): void {
  if (line.kind === 'chain') {
    if (place.hasRules) begin(place, number);
    return;
  }
  place.hasRules = true;
  const hook = builtinOrder.indexOf(line.name);
  if (hook < 0) {
    place.isBehindBuiltins = true;
    return;
  }
  if (place.isBehindBuiltins || hook < place.lastHook) begin(place, number);
  place.hasRules = true;
  place.lastHook = hook;
}

function begin(place: Place, number: number): void {
  if (place.boundary < 0) place.boundary = number;
  place.lastHook = -1;
  place.isBehindBuiltins = false;
  place.hasRules = false;
}

/**
 * Looks at lines of known shapes whose chains have hashed names, of which nat alone has any, where the part that they stand in is nat's.
 * @param from a line without a table; those of known shapes behind it are in the same circumstances
 * @returns the first line that is none of these, or `to`
 */
function lookAtHashed(place: Place, lines: Lines, from: number, to: number): number {
  const { places, chains, targets } = lines.columns;
  for (let number = from; number < to; number += 1) {
    const at = places[number] as number;
    if (at < 0 || (chains[at] as number) < 0) return number;
    if (targets[at] !== declares) {
      place.hasRules = true;
      place.isBehindBuiltins = true;
    } else if (place.hasRules) {
      begin(place, number);
    }
    place.boundary = -1;
  }
  return to;
}

function isWithoutTable(line: Line): boolean {
  return line.context.table === undefined && line.context.within === undefined && !line.listing;
}

/** The tables of rules that stand together without `*table` above them. */
export interface ExcerptTables {
  /** Where each begins, and which one it is; empty where nothing shows that the rules are of more than one. */
  readonly starts: ReadonlyMap<number, TableName>;
  /** Where the next one begins behind a line; infinite where none does. */
  readonly startBehind: (number: number) => number;
  /** The first line behind these rules. */
  readonly end: number;
}

const linesBetweenPauses = 4_096;

/**
 * The tables that rules without `*table` above them are of. Pauses every few thousand lines.
 * @param from the first of these rules (0-based)
 */
export function* tablesOfExcerpt(lines: Lines, from: number): Steps<ExcerptTables> {
  const parts: Part[] = [];
  const place: Place = { boundary: -1, lastHook: -1, isBehindBuiltins: false, hasRules: false };
  let number = from;
  for (; number < lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = lines.at(number);
    if (line === undefined || line.kind === 'table' || line.kind === 'commit' || line.kind === 'chain-command') break;
    if (line.kind !== 'rule' && line.kind !== 'chain') continue;
    if (!isWithoutTable(line)) break;
    look(place, line, number);
    const isNat = isOfNat(line);
    const last = parts.at(-1);
    if (isNat !== undefined && last?.isNat !== isNat) {
      const begins = place.boundary < 0 ? number : place.boundary;
      parts.push({ firstLine: last === undefined ? from : begins, isNat, routing: [] });
    }
    if (isNat !== undefined) place.boundary = -1;
    if (line.kind === 'rule' && (line.name === 'PREROUTING' || line.name === 'POSTROUTING')) parts.at(-1)?.routing.push(number);
    if (parts.at(-1)?.isNat !== true) continue;
    const next = number + 1;
    number = lookAtHashed(place, lines, next, Math.min(next + linesBetweenPauses, lines.length)) - 1;
    if (number - next >= linesBetweenPauses / 2) yield;
  }
  if (parts.length < 2) return { starts: none, startBehind: () => Number.POSITIVE_INFINITY, end: number };
  const starts = new Map(
    parts.map(({ firstLine, isNat, routing }, at) => {
      // Rules that tell nothing are of the next table where that begins with them.
      const end = parts[at + 1]?.firstLine ?? number;
      return [firstLine, isNat ? 'nat' : routing.some((line) => line < end) ? 'mangle' : 'filter'] as const;
    }),
  );
  const begins = [...starts.keys()];
  const startBehind = (line: number): number => begins[placeOf(begins, line + 1)] ?? Number.POSITIVE_INFINITY;
  return { starts, startBehind, end: number };
}

const none: ReadonlyMap<number, TableName> = new Map();
