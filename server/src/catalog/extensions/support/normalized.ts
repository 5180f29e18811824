/**
 * Steps from an extension's options as typed to those that iptables-save prints, for its `normalize`. Source: the `save` functions of iptables
 * 1.8.9's extensions, and runs of them.
 */
import type { ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import { byteLength, quoteText } from '../../values/values.ts';

/** An option without a value. */
export function flagOption(name: string): NormalizedOption {
  return { name, negated: false, value: undefined };
}

/** An option with a number; `text` where that is not printed in decimal. */
export function numberOption(name: string, value: number, text = `${value}`): NormalizedOption {
  return { name, negated: false, value: { type: 'number', value, text } };
}

/** An option with one word. */
export function wordOption(name: string, text: string): NormalizedOption {
  return { name, negated: false, value: { type: 'words', words: [text], text } };
}

/** An option with a text that needs no quotes. */
export function textOption(name: string, raw: string): NormalizedOption {
  return { name, negated: false, value: { type: 'text', raw, text: raw } };
}

/** The option of this name; undefined where it is absent. */
export function findOption(options: readonly NormalizedOption[], name: string): NormalizedOption | undefined {
  return options.find((option) => option.name === name);
}

/** The number of an option; undefined where it has none. */
export function numberOf(option: NormalizedOption | undefined): number | undefined {
  const value = option?.value;
  return value?.type === 'number' ? value.value : undefined;
}

/** All options but these. */
export function without(options: readonly NormalizedOption[], ...names: readonly string[]): readonly NormalizedOption[] {
  return options.filter(({ name }) => !names.includes(name));
}

/** The options in this order; those that it does not name stay behind the others. */
export function ordered(
  options: readonly (NormalizedOption | undefined)[],
  order: readonly string[],
): readonly NormalizedOption[] {
  const place = (option: NormalizedOption): number => {
    const index = order.indexOf(option.name);
    return index < 0 ? order.length : index;
  };
  return options.filter((option) => option !== undefined).sort((one, other) => place(one) - place(other));
}

/** The names of an extension’s options, in the order in which iptables-save prints them. */
export function savedNames(extension: ExtensionData): readonly string[] {
  return extension.options.map(({ long, saved }) => saved ?? long);
}

/** A number as iptables prints marks: "0x4000". */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** An option with a mark and its mask. */
export function markOption(name: string, value: number, mask: number, text = `${hex(value)}/${hex(mask)}`): NormalizedOption {
  return { name, negated: false, value: { type: 'mark', value, mask, text } };
}

/** The option with its value printed otherwise. */
export function replaceText(option: NormalizedOption, text: string): NormalizedOption {
  return option.value === undefined ? option : { ...option, value: { ...option.value, text } };
}

/** Some names are printed without quotes, whatever they hold. */
export function unquoted(option: NormalizedOption): NormalizedOption {
  return option.value?.type === 'text' ? replaceText(option, option.value.raw) : option;
}

/** Some names are printed in quotes, whatever they hold. */
export function quoted(option: NormalizedOption): NormalizedOption {
  return option.value?.type === 'text' ? replaceText(option, `"${option.value.raw}"`) : option;
}

/** An option's text, cut off behind so many bytes. */
export function cutText(option: NormalizedOption, bytes: number): NormalizedOption {
  const { value } = option;
  if (value?.type !== 'text' || byteLength(value.raw) <= bytes) return option;
  const raw = new TextDecoder().decode(new TextEncoder().encode(value.raw).slice(0, bytes));
  return { ...option, value: { type: 'text', raw, text: quoteText(raw) } };
}

/** A number that is kept in so few bits, whatever was typed. */
export function cutNumber(option: NormalizedOption, bits: 8 | 16): NormalizedOption {
  const number = numberOf(option);
  return number === undefined ? option : numberOption(option.name, number % 2 ** bits);
}

/** One option is short for another. */
export function renamed(from: string, to: string): Normalize {
  return (options) => options.map((option) => (option.name === from ? { ...option, name: to } : option));
}

/** Drops ranges that take in everything; the negation goes with them. */
export function withoutFullRanges(max: number): Normalize {
  return (options) => options.filter((option) => !isFullRange(option, max));
}

/** Whether an option's range is from 0 to the highest number. */
export function isFullRange({ value }: NormalizedOption, max: number): boolean {
  const range = value?.type === 'range' ? value.range : value?.type === 'ports' ? value.ranges[0] : undefined;
  return range !== undefined && range.from === 0 && range.to === max;
}
