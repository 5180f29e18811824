/** The matches of IPv6 extension headers: dst, frag, hbh, ipv6header, mh, rt, srh. */
import { assumed, type MatchReader, optionNamed } from '../match-reader.ts';
import { valueText } from '../option-view.ts';

const answer = assumed(false, 'The packet has no IPv6 extension headers and is no fragment.');

/** No packet that is described by its addresses, protocol and ports has such a header; without it the matches fail, whatever their `!`. */
export const extensionHeaders: MatchReader = () => [() => answer];

/** With `!` ipv6header asks that none of these headers is there. */
export const ipv6header: MatchReader = (match) => {
  const header = optionNamed(match, '--header');
  const isPlain = /^(?:prot|none|proto|\d+)$/i.test(valueText(header));
  const holds = header?.negation !== undefined && !isPlain;
  return [() => assumed(holds, answer.assumption)];
};
