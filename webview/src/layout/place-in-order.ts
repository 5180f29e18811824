/** A thing in a column: how high it is, how far at least from the thing above it, and where its middle wants to be. */
export interface Placeable {
  readonly height: number;
  readonly gap: number;
  readonly wanted: number;
  readonly weight: number;
}

/**
 * The tops of the things, in their order and without overlap, so that the weighted squares of what each misses its wanted middle by are
 * least (pooling of adjacent violators). In linear time.
 */
export function placeInOrder(things: readonly Placeable[]): readonly number[] {
  const offsets: number[] = [];
  const pools: { sum: number; weight: number; members: number }[] = [];
  let offset = 0;
  for (const [at, thing] of things.entries()) {
    if (at > 0) offset += thing.gap;
    offsets.push(offset);
    const wanted = thing.wanted - thing.height / 2 - offset;
    offset += thing.height;
    let pool = { sum: wanted * thing.weight, weight: thing.weight, members: 1 };
    for (
      let above = pools.at(-1);
      above !== undefined && above.sum / above.weight > pool.sum / pool.weight;
      above = pools.at(-1)
    ) {
      pool = { sum: above.sum + pool.sum, weight: above.weight + pool.weight, members: above.members + pool.members };
      pools.pop();
    }
    pools.push(pool);
  }
  const tops: number[] = [];
  for (const pool of pools) {
    for (let member = 0; member < pool.members; member += 1) {
      tops.push((offsets[tops.length] ?? 0) + pool.sum / pool.weight);
    }
  }
  return tops;
}
