/** Which of kube-proxy's chains the names of a table are of, all at once: a large table has 50,000, which an edit seldom changes. */
import { createMemory } from '../base/memory.ts';
import type { NameIndex } from '../base/name-index.ts';
import type { ChainMap } from './chain-map.ts';
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

const byPrefix: readonly (readonly [string, number])[] = [
  ['KUBE-SEP-', endpoint],
  ['KUBE-SVC-', service],
  ['KUBE-SVL-', service],
  ['KUBE-EXT-', external],
  ['KUBE-XLB-', external],
  ['KUBE-FW-', external],
];

const known = createMemory<NameIndex, Uint8Array>();

/** By the place of a chain, what its name says. Worked out once for the names of a table, which versions of it share. */
export function proxyNames({ places }: ChainMap<Chain>): Uint8Array {
  let kinds = known.get(places);
  if (kinds === undefined) {
    const { names } = places;
    kinds = new Uint8Array(names.length);
    for (let place = 0; place < names.length; place += 1) kinds[place] = kindOf(names[place] ?? '');
    known.set(places, kinds);
  }
  return kinds;
}

function kindOf(name: string): number {
  if (!name.startsWith('KUBE-')) return notOfProxy;
  for (const [prefix, kind] of byPrefix) if (name.startsWith(prefix)) return kind;
  return ofProxy;
}
