import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// V8 gives its collector to programs that ask for it by this flag; without it there is none.
setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes that may pile up above what was in use after the last collection. */
const mostGarbage = 84_000_000;
let used = 0;

/**
 * Collects garbage if there is much of it, which takes about 100 ms. Each version of a large dump leaves tens of megabytes behind, and V8 by
 * itself lets them pile up to several times of what is in use; an editor has other use for the memory.
 */
export function collectGarbage(): void {
  const { used_heap_size: now } = getHeapStatistics();
  if (typeof collect !== 'function' || now < used + mostGarbage) return;
  collect();
  used = getHeapStatistics().used_heap_size;
}
