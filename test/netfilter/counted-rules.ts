/** The packets that each rule counted, as "filter FORWARD 2" by its place in its chain, 1-based; once for each packet. */
export function countedRules(saved: string): readonly string[] {
  let table = '';
  const places = new Map<string, number>();
  const seen: string[] = [];
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const match = /^\[(\d+):\d+\] -A (\S+)/.exec(line);
    if (match?.[2] === undefined) continue;
    const chain = `${table} ${match[2]}`;
    const place = (places.get(chain) ?? 0) + 1;
    places.set(chain, place);
    for (let times = Number(match[1]); times > 0; times -= 1) seen.push(`${chain} ${place}`);
  }
  return seen.toSorted();
}
