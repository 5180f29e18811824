/** The form of a file in extensions/: everything that iptables itself knows of one match or target. */
import type { Family, Hook, OptionSpec, TableName, ValueKind } from './types.ts';
import type { ValueContext } from './values/read-value.ts';
import type { Value, ValueFault } from './values/values.ts';

/** An option as its extension's file states it. */
export interface OptionData {
  /** The name that iptables' own messages use. */
  readonly long: string;
  readonly short?: string;
  /** Further spellings; getopt takes unique beginnings of all of them besides. */
  readonly aliases?: readonly string[];
  /** What iptables-save prints where it is not `long`. */
  readonly saved?: string;
  /** Absent for a flag. */
  readonly value?: ValueKind;
  /** Present where the value may be left out: the next word is taken unless it begins with - or !. */
  readonly valueOptional?: true;
  /** Whether `!` may stand before it. */
  readonly negatable?: true;
  /** Whether it may be given more than once in one match. */
  readonly repeatable?: true;
  readonly mandatory?: true;
  /** Long names of options of the same extension that may not stand beside it. */
  readonly excludes?: readonly string[];
  /** Long names of options of the same extension that it needs. */
  readonly requires?: readonly string[];
  /** Where the option exists; absent for every family of its extension. */
  readonly families?: readonly Family[];
  /** One line. */
  readonly help: string;
}

/** A match or a target as its file in extensions/ states it. Its options are in the order in which iptables-save prints them. */
export interface ExtensionData {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** Absent for both. */
  readonly families?: readonly Family[];
  /** Where the kernel takes it; absent for every table. */
  readonly tables?: readonly TableName[];
  /** Built-in chains that the kernel takes it in, or in user chains reached from them; absent for all. */
  readonly hooks?: readonly Hook[];
  /** The kernel refuses it without one of these behind `-p`; absent for any. */
  readonly protocols?: readonly string[];
  /** Where `protocols` are asked for; absent for every family. What is a protocol of IPv4 may be an extension header of IPv6. */
  readonly protocolsIn?: Family;
  /** One line. */
  readonly help: string;
  readonly options: readonly OptionData[];
  /** What iptables asks of its options together, beyond what is said of each. */
  readonly check?: CombinationCheck;
  /** What the kernel asks besides (`checkentry`): iptables-restore reads the rule, and the kernel refuses it. */
  readonly kernelCheck?: CombinationCheck;
  /** `hooks` where they depend on its options; undefined for all. The nft back end asks this of a rule's own chain alone, not of those that lead to it. */
  readonly hooksWith?: (given: GivenOptions) => readonly Hook[] | undefined;
  /** How iptables-save prints its options; absent where it prints them as they are read, in the order of `options`. */
  readonly normalize?: Normalize;
  /** Its options mean another thing in another order: they are given to `normalize` as typed. */
  readonly orderCounts?: true;
  /**
   * Present where the nft back end makes expressions of nft's own of it: two loads of it are one then, as long as they do not speak of the same thing.
   * Says whether these options make any; with none it is left to the kernel's own match.
   */
  readonly nativeInNft?: (given: GivenOptions) => boolean;
  /** How `iptables -L` prints it; absent where it prints nothing, or nothing that was ever seen. */
  readonly listed?: ListedForm;
}

/** How one option is printed in a listing. */
export interface ListedOption {
  /** Canonical long name; empty for text that says nothing. */
  readonly long: string;
  /** The text says that it is negated. */
  readonly negated?: true;
  /** A regular expression; a blank in it is any number of them, `~` an optional "!", and each `(...)` a value. */
  readonly pattern: string;
  /** Makes the option's values of the pattern's; undefined for "such an option is not there" (a default). */
  readonly values?: (found: readonly string[]) => readonly string[] | undefined;
  /** The option is there where the pattern is not. */
  readonly absent?: true;
  /** The target that the rule has, where the target's column shows another name for it. */
  readonly target?: string;
  /** The pattern's one value is a number whose bits stand for these options; undefined for a bit that is none. */
  readonly flags?: readonly (string | undefined)[];
}

/**
 * How `iptables -L` prints an extension: each has its own way, unlike what iptables-save prints. Source: the print functions of iptables 1.4.0 to
 * 1.8.11; test/listing compares what 1.8.9 lists with what it saves.
 */
export interface ListedForm {
  /** What stands in front of all its options, "tcp" or "recent:"; empty where each option says by itself whose it is. */
  readonly opening: string;
  /** In the order in which they are tried. */
  readonly options: readonly ListedOption[];
}

/** The options of one match or of the target, as typed, and what the rule says besides. */
export interface GivenOptions extends ValueContext {
  readonly all: readonly GivenOption[];
  /** All options of the rule, in the order typed. */
  readonly rule: readonly GivenOption[];
  readonly protocolNegated: boolean;
  /** The back end that the file's header names. */
  readonly backend: 'nft' | 'legacy' | undefined;
  /** Undefined where the text does not say. */
  readonly table: TableName | undefined;
  /** The built-in chain that the rule is in; undefined for a chain of the user's, and where the table is not known. */
  readonly hook: Hook | undefined;
}

/** An option as typed. */
export interface GivenOption {
  readonly name: string;
  readonly spec: OptionSpec | undefined;
  /** Undefined where no `!` stands before it. */
  readonly negation: object | undefined;
  readonly values: readonly { readonly text: string }[];
}

/** What is wrong; undefined where nothing is. */
export type CombinationCheck = (given: GivenOptions) => ValueFault | undefined;

/** An option as iptables-save prints it. */
export interface NormalizedOption {
  /** "--dport", "-s". */
  readonly name: string;
  readonly negated: boolean;
  /** Undefined for a flag. A value that iptables would refuse is a text, as typed. */
  readonly value: Value | undefined;
}

/** For whom options are printed. */
export interface NormalizeContext {
  readonly family: Family;
  /** Undefined where the file does not say; options are printed as the nft back end prints them then. */
  readonly backend: 'nft' | 'legacy' | undefined;
}

/**
 * An extension's options as iptables-save prints them: defaults filled in, options that are short for others written out, values that say nothing
 * left out. Undefined where it prints nothing of the whole extension.
 */
export type Normalize = (
  options: readonly NormalizedOption[],
  context: NormalizeContext,
) => readonly NormalizedOption[] | undefined;
