/** The flags of TCP as nft's JSON has them. */
import { type Fields, fieldsAt, isFields, listAt, textAt } from '../../cluster/fields.ts';

const bits: Readonly<Record<string, number>> = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ecn: 64, cwr: 128 };

/** Of the packets that open a connection: the first one, its answer, and what follows. */
export const openingFlags = { first: 2, answer: 18, later: 16 } as const;

/** The bits of "syn", of `["syn","ack"]`, of `{"|":["syn","ack"]}` (nft 1.1), or of a number; undefined for something else. */
export function tcpFlags(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return Object.hasOwn(bits, value) ? bits[value] : undefined;
  const parts: readonly unknown[] = Array.isArray(value) ? value : isFields(value) ? listAt(value, '|') : [];
  if (parts.length === 0) return undefined;
  let all = 0;
  for (const part of parts) {
    const own = typeof part === 'object' ? undefined : tcpFlags(part);
    if (own === undefined) return undefined;
    all |= own;
  }
  return all;
}

/** Whether a condition's left side is the flags of TCP. */
export function isFlags(left: Fields): boolean {
  const payload = fieldsAt(left, 'payload');
  return textAt(payload, 'protocol') === 'tcp' && textAt(payload, 'field') === 'flags';
}

/** `tcp flags syn`: whether one of the flags is there; `tcp flags ! syn`: whether none is. undefined where that is not known. */
export function someFlags(
  { protocol, flags }: { readonly protocol: string; readonly flags?: number },
  right: unknown,
  isThere: boolean,
): boolean | undefined {
  if (protocol !== 'tcp') return false;
  const wanted = tcpFlags(right);
  return flags === undefined || wanted === undefined ? undefined : ((flags & wanted) !== 0) === isThere;
}
