/**
 * What iptables 1.8 knows, as other rooms ask for it. The facts are in core-options.ts and, a file for each match and target, in extensions/; they
 * are checked against real iptables by test/oracle/catalog.test.ts.
 */

export type Family = 'ipv4' | 'ipv6';

/** Protocols whose port names are told apart; no other has any. */
export type PortProtocol = 'tcp' | 'udp' | 'sctp' | 'other';

export type TableName = 'filter' | 'nat' | 'mangle' | 'raw' | 'security';

export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/**
 * What a value may be. The names are the field's; the libxtables type, where there is one, is given for comparison.
 * Numbers are read as C's strtoul does with base 0: decimal, 0x hexadecimal, 0 octal.
 */
export type ValueKind =
  /** -s and -d: `address[/mask][,...]`. */
  | { readonly type: 'networks' }
  /** One `address[/mask]` (XTTYPE_HOSTMASK). */
  | { readonly type: 'network' }
  /** One address without a mask (XTTYPE_HOST). */
  | { readonly type: 'host' }
  /** `first[-last]` of one family. */
  | { readonly type: 'address-range' }
  /** Addresses with commas between, for the routing header. */
  | { readonly type: 'address-list'; readonly max: number }
  /** A mask over a host's address bits, as a prefix length: 0 to 32 or 128 (XTTYPE_PLEN). */
  | { readonly type: 'prefix-length' }
  /** The same, written as a mask too (XTTYPE_PLENMASK). */
  | { readonly type: 'prefix-mask' }
  /** DNAT and SNAT: `[address[-address]][:port[-port[/base]]]`. */
  | { readonly type: 'nat-range'; readonly shifted: boolean }
  /** MASQUERADE and REDIRECT: `port[-port]`. */
  | { readonly type: 'nat-ports' }
  /** One port by number or service name (XTTYPE_PORT). */
  | { readonly type: 'port' }
  /** `port[:port]` (XTTYPE_PORTRC). */
  | { readonly type: 'port-range' }
  /** `port[:port]` as the tcp and sctp matches read it: a reversed range is refused. */
  | { readonly type: 'ordered-port-range' }
  /** Up to 15 ports and ranges with commas between. */
  | { readonly type: 'multiport' }
  | { readonly type: 'protocol' }
  /** An interface name, a trailing `+` matches any ending. */
  | { readonly type: 'interface'; readonly mayBeEmpty?: true }
  | { readonly type: 'mac' }
  /** `value[/mask]`, 32 bits (XTTYPE_MARKMASK32). */
  | { readonly type: 'mark' }
  /** `value[/mask]`, 8 bits, or a symbolic name (XTTYPE_TOSMASK). */
  | { readonly type: 'tos' }
  | {
      readonly type: 'uint';
      readonly bits: 8 | 16 | 32 | 64;
      readonly min?: number;
      readonly max?: number;
      /** Hexadecimal, with at least so many digits. */
      readonly print?: 'hex' | 'hex2' | 'hex4' | 'hex8';
    }
  /** `from[:to]` (XTTYPE_UINT*RC). */
  /** What TCP may announce: 16 bits less the header of IP. */
  | { readonly type: 'segment-size' }
  | {
      readonly type: 'uint-range';
      readonly bits: 8 | 16 | 32 | 64;
      readonly max?: number;
      readonly print?: 'hex';
      /** A lone number begins a range without an end. */
      readonly openEnd?: true;
      /** A lone number is refused. */
      readonly bothEnds?: true;
    }
  /** A share of packets between 0 and 1. */
  | { readonly type: 'probability' }
  /** Any text; `max` and `min` in bytes. What lies beyond `max` is silently cut off, or refused where `strict`. */
  | { readonly type: 'text'; readonly min?: number; readonly max?: number; readonly strict?: true; readonly oneLine?: true }
  /** One of the words, or with `list` several with commas between. */
  | {
      readonly type: 'enum';
      readonly values: readonly string[];
      readonly list?: true;
      readonly ignoreCase?: true;
      /** Any beginning of a word will do; the first that fits counts. */
      readonly beginning?: true;
      /** What stands behind a word is not looked at; the first word that fits counts. */
      readonly longer?: true;
      /** Words that mean one of `values`. */
      readonly synonyms?: Readonly<Record<string, string>>;
      /** Also a number up to this. */
      readonly numberMax?: number;
    }
  /** `rate[/second|minute|hour|day]`. */
  | { readonly type: 'rate' }
  /** The same for hashlimit, or bytes a second: `512kb/s`. */
  | { readonly type: 'hash-rate' }
  /** hashlimit's burst: a number of packets, or of bytes with a unit. */
  | { readonly type: 'hash-burst' }
  /** Seconds, for hashlimit. */
  | { readonly type: 'rate-interval' }
  /** `10s`, `250ms`, for RATEEST. */
  | { readonly type: 'duration' }
  /** `100kbit`, for rateest. */
  | { readonly type: 'bit-rate' }
  /** A positive number of whole seconds or 0: LED's delay in milliseconds, or `inf`. */
  | { readonly type: 'led-delay' }
  | { readonly type: 'date' }
  | { readonly type: 'time-of-day' }
  | { readonly type: 'weekdays' }
  | { readonly type: 'monthdays' }
  /** Two words: the flags to look at, and those that must be set. */
  | { readonly type: 'tcp-flags' }
  /** One TCP option number, for --tcp-option. */
  | { readonly type: 'tcp-option' }
  /** TCP options by name or number, for TCPOPTSTRIP. */
  | { readonly type: 'tcp-option-list' }
  /** Two words: all, any or only, and chunk types with flags. */
  | { readonly type: 'sctp-chunks' }
  | { readonly type: 'dccp-types' }
  /** Two words: a set's name and up to six of src and dst. */
  | { readonly type: 'set' }
  /** `type[/code]` or a name. */
  | { readonly type: 'icmp-type' }
  | { readonly type: 'icmpv6-type' }
  /** The answer of REJECT. */
  | { readonly type: 'reject-type' }
  /** `type[:type]` or a name, for mobility headers. */
  | { readonly type: 'mh-type' }
  /** `TYPE[:LEN][,...]`, up to 16, for IPv6 option headers. */
  | { readonly type: 'header-options' }
  /** IPv6 extension headers by name or number. */
  | { readonly type: 'ipv6-headers' }
  | { readonly type: 'log-level' }
  /** A user or group by name or number, or a range of numbers. */
  | { readonly type: 'account'; readonly of: 'user' | 'group' }
  /** `major:minor` in hexadecimal. */
  | { readonly type: 'class' }
  /** A routing realm: `value[/mask]` or a name. */
  | { readonly type: 'realm' }
  /** An interface group: `value[/mask]` or a name. */
  | { readonly type: 'device-group' }
  /** A conntrack zone: a number, or `mark`. */
  | { readonly type: 'zone' }
  /** A conntrack label by number or name. */
  | { readonly type: 'label' }
  /** What the string match looks for. */
  | { readonly type: 'pattern'; readonly max: number }
  /** `|hex|` parts between plain text. */
  | { readonly type: 'hex-text'; readonly max: number }
  | { readonly type: 'u32' }
  | { readonly type: 'bytecode' }
  /** hashlimit's key: srcip, srcport, dstip, dstport. */
  | { readonly type: 'hash-mode' }
  /** The name of a match, a target or chain, a table. */
  | { readonly type: 'match-name' }
  | { readonly type: 'target' }
  | { readonly type: 'chain' }
  | { readonly type: 'table-name' }
  /** `packets bytes` or `packets,bytes`. */
  | { readonly type: 'counters' };

/** A match or a target. */
export interface ExtensionSpec {
  readonly kind: 'match' | 'target';
  readonly name: string;
  readonly aliases: readonly string[];
  readonly families: readonly Family[];
  readonly tables: readonly TableName[] | undefined;
  readonly hooks: readonly Hook[] | undefined;
  readonly protocols: readonly string[] | undefined;
  readonly help: string;
  /** Its part of the manual. */
  readonly url: string;
  readonly options: readonly OptionSpec[];
}

/** An option of iptables itself or of an extension. One object for each, so that `===` compares them. */
export interface OptionSpec {
  readonly long: string;
  readonly short: string | undefined;
  readonly aliases: readonly string[];
  /** What iptables-save prints: "--dport", "-s". */
  readonly saved: string;
  /** How many words follow for sure. */
  readonly arity: 0 | 1 | 2;
  /** How many more follow if they do not begin with - or !. `-c` takes a second one only when the first has no comma. */
  readonly optionalValues: 0 | 1;
  readonly value: ValueKind | undefined;
  readonly negatable: boolean;
  readonly repeatable: boolean;
  readonly mandatory: boolean;
  readonly excludes: readonly string[];
  readonly requires: readonly string[];
  readonly families: readonly Family[];
  readonly help: string;
  /** The match or target it belongs to; undefined for iptables' own options. */
  readonly extension: ExtensionSpec | undefined;
  /** Place among its extension's options, 0-based. */
  readonly index: number;
}
