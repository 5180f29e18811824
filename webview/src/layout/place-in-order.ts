/** An item in a column: how high it is, how far at least from the item above it, and where its middle wants to be. */
export interface Placeable {
  readonly height: number;
  readonly gap: number;
  readonly wanted: number;
  readonly weight: number;
}

/**
 * The tops of the items, in their order and without overlap, so that the weighted squares of what each misses its wanted middle by are
 * least (pooling of adjacent violators). In linear time.
 */
export function placeInOrder(items: readonly Placeable[]): readonly number[] {
  const offsets: number[] = [];
  const pools: { sum: number; weight: number; members: number }[] = [];
  let offset = 0;
  for (const [at, item] of items.entries()) {
    if (at > 0) offset += item.gap;
    offsets.push(offset);
    const wanted = item.wanted - item.height / 2 - offset;
    offset += item.height;
    let pool = { sum: wanted * item.weight, weight: item.weight, members: 1 };
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
