/** Which of kube-proxy's chains the names of a table are of, all at once: a large table has 50,000, which an edit seldom changes. */
import { createMemory } from '../base/memory.ts';
import type { NameIndex } from '../base/name-index.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import type { ChainMap } from './chain-map.ts';
import type { PlacesBefore } from './chain-marks.ts';
import type { Chain } from './ruleset.ts';

/** What a name says of a chain; what is of kube-proxy is greater than `notOfProxy`. */
export const notOfProxy = 0;
/** KUBE- and anything that is none of the following. */
export const ofProxy = 1;
/** KUBE-EXT-, KUBE-XLB- and KUBE-FW-. */
export const external = 2;
/** KUBE-SVC- and KUBE-SVL-. */
export const service = 3;
/** KUBE-SEP-. */
export const endpoint = 4;

/** The three letters behind KUBE- as a number. */
function lettersOf(name: string): number {
  return (name.charCodeAt(5) << 16) | (name.charCodeAt(6) << 8) | name.charCodeAt(7);
}

/** By those letters, the names that go on in a dash behind them. To ask after every prefix takes five times as long. */
const byLetters: ReadonlyMap<number, number> = new Map([
  [lettersOf('KUBE-SEP'), endpoint],
  [lettersOf('KUBE-SVC'), service],
  [lettersOf('KUBE-SVL'), service],
  [lettersOf('KUBE-EXT'), external],
  [lettersOf('KUBE-XLB'), external],
]);

const known = createMemory<NameIndex, Uint8Array>();

/** By the place of a chain, what its name says. Worked out once for the names of a table, which versions of it share. */
export function proxyNames(chains: ChainMap<Chain>): Uint8Array {
  return known.get(chains.places) ?? runToEnd(proxyNameSteps(chains));
}

const namesBetweenPauses = 16_384;

/** The same. Pauses every few thousand names. */
export function* proxyNameSteps({ places }: ChainMap<Chain>): Steps<Uint8Array> {
  let kinds = known.get(places);
  if (kinds === undefined) {
    const { names } = places;
    kinds = new Uint8Array(names.length);
    for (let place = 0; place < names.length; place += 1) {
      kinds[place] = kindOf(names[place] as string);
      if (place % namesBetweenPauses === namesBetweenPauses - 1) yield;
    }
    known.set(places, kinds);
  }
  return kinds;
}

/** Keeps what is known of names for an index that has them in another order. */
export function carryProxyNames(from: NameIndex, to: NameIndex, { before, kept }: PlacesBefore): void {
  const kinds = known.get(from);
  if (kinds === undefined) return;
  const carried = new Uint8Array(before.length);
  carried.set(kinds.subarray(0, kept));
  for (let place = kept; place < before.length; place += 1) {
    const old = before[place] as number;
    carried[place] = old < 0 ? kindOf(to.names[place] as string) : (kinds[old] as number);
  }
  known.set(to, carried);
}

function kindOf(name: string): number {
  if (!name.startsWith('KUBE-')) return notOfProxy;
  if (name.startsWith('FW-', 'KUBE-'.length)) return external;
  return (name[8] === '-' ? byLetters.get(lettersOf(name)) : undefined) ?? ofProxy;
}
