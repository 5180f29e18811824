const blockStart =
  /^\s*(?:table\s+(?:(?:ip6?|inet|arp|bridge|netdev)\s+)?\S+|(?:chain|set|map|counter|flowtable)\s+\S+)\s*\{(?:\s*#.*)?$/;

/** Whether a line opens a table, chain or set in nft's own language: `chain KUBE-SERVICES {`. */
export function startsNftBlock(text: string): boolean {
  return text.includes('{') && blockStart.test(text);
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
