/** What a value means once it is read. `text` is what iptables-save prints for it, so that equal texts are equal values. */
import type { Network } from './addresses.ts';

interface ValueBase {
  readonly text: string;
}

/** From one number to another, both included. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
}

export type Value =
  /** `-s` and `-d`; several become several rules. */
  | (ValueBase & { readonly type: 'networks'; readonly networks: readonly Network[] })
  | (ValueBase & { readonly type: 'network'; readonly network: Network })
  /** Addresses from one to another, both included. */
  | (ValueBase & { readonly type: 'addresses'; readonly from: bigint; readonly to: bigint })
  /** DNAT, SNAT: an absent part stays as it is. */
  | (ValueBase & {
      readonly type: 'translation';
      readonly addresses: { readonly from: bigint; readonly to: bigint } | undefined;
      readonly ports: NumberRange | undefined;
      /** The port that `ports.from` stands for: DNAT's shifted port maps. */
      readonly basePort: number | undefined;
    })
  /** Any of these. A range may be reversed: then it matches nothing. */
  | (ValueBase & { readonly type: 'ports'; readonly ranges: readonly NumberRange[] })
  /** Beyond 2^53 only `text` is exact. */
  | (ValueBase & { readonly type: 'number'; readonly value: number })
  | (ValueBase & { readonly type: 'range'; readonly range: NumberRange })
  /** 0 stands for any protocol. */
  | (ValueBase & { readonly type: 'protocol'; readonly number: number })
  /** Without a trailing `+`; `prefix` says that there was one. */
  | (ValueBase & { readonly type: 'interface'; readonly name: string; readonly prefix: boolean })
  | (ValueBase & { readonly type: 'mark'; readonly value: number; readonly mask: number })
  /** Between 0 and 1, in the kernel's steps of 2^-31. */
  | (ValueBase & { readonly type: 'probability'; readonly share: number })
  /** Words of a list, in the order in which iptables-save prints them; or one word. */
  | (ValueBase & { readonly type: 'words'; readonly words: readonly string[] })
  /** TCP flags as bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. Of those in `mask` exactly those in `set` are set. */
  | (ValueBase & { readonly type: 'tcp-flags'; readonly mask: number; readonly set: number })
  /** ICMP: `kind` undefined for any. */
  | (ValueBase & { readonly type: 'icmp'; readonly kind: number | undefined; readonly codes: NumberRange })
  /** A rate as packets in a period of seconds, or bytes in a second. */
  | (ValueBase & {
      readonly type: 'rate';
      readonly amount: number;
      readonly unit: 'packets' | 'bytes';
      readonly seconds: number;
      /** The period in which it was written, where that is another: 120 a minute are kept as 2 a second. */
      readonly written?: number;
    })
  /** A set's name and, dimension by dimension, whether the source or the destination is looked at. */
  | (ValueBase & { readonly type: 'set'; readonly name: string; readonly directions: readonly ('src' | 'dst')[] })
  /** Anything else; `raw` is without the quotes that `text` may have. */
  | (ValueBase & { readonly type: 'text'; readonly raw: string });

/** A value that iptables refuses. */
export interface ValueFault {
  readonly type: 'fault';
  /** Stable, names the kind of mistake: "bad-port". */
  readonly code: string;
  /** In iptables' words. */
  readonly message: string;
  /** Which of the option's words is wrong, 0-based; the first where absent. */
  readonly word?: number;
  /** The one right answer in its place, where there is one. */
  readonly fix?: string;
  /** The back end that alone refuses it; absent where both do. */
  readonly refusedBy?: 'nft' | 'legacy';
  /** Whether it is a name that the machine looks up which loads the rule: it may be there. */
  readonly isLookedUp?: boolean;
}

/** A fault, for short. */
export function fault(code: string, message: string, fix?: string): ValueFault {
  return fix === undefined ? { type: 'fault', code, message } : { type: 'fault', code, message, fix };
}

const needsNoQuotes = /^[-_0-9A-Za-z]+$/;

/** A fault that one back end alone finds. */
export function faultOf(refusedBy: 'nft' | 'legacy', code: string, message: string): ValueFault {
  return { type: 'fault', code, message, refusedBy };
}

/** A text as iptables-save prints it: in quotes unless it is letters, digits, `-` and `_` only. Source: xtables_save_string. */
export function quoteText(text: string): string {
  return needsNoQuotes.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}

/** How many bytes a text has in UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    // Two surrogates make four bytes, so each counts as two.
    bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}
