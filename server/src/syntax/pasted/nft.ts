const families: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev']);
const blocks: ReadonlySet<string> = new Set(['chain', 'set', 'map', 'counter', 'flowtable']);

/** Whether a line opens a table, chain or set in nft's own language: `chain KUBE-SERVICES {`. */
export function startsNftBlock(text: string): boolean {
  const brace = text.indexOf('{');
  if (brace < 0 || !/^(?:#|$)/.test(text.slice(brace + 1).trimStart())) return false;
  const [what = '', first, second, ...more] = text.slice(0, brace).trim().split(/\s+/, 4);
  if (first === undefined || more.length > 0) return false;
  if (what === 'table') return second === undefined || families.has(first);
  return blocks.has(what) && second === undefined;
}

/** How many braces are open behind a line that stands in so many. 0 where nft's rules end, or where none begin. */
export function nftDepthAfter(text: string, depth: number): number {
  if (depth === 0 && !startsNftBlock(text)) return 0;
  let open = depth;
  // Braces in quotes are a comment's.
  for (const character of text.replace(/"[^"]*"?/g, '')) {
    if (character === '{') open += 1;
    else if (character === '}') open -= 1;
  }
  return Math.max(open, 0);
}
