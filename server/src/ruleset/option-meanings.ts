/** What the settling of matches and of targets shares: looking for options, making them, putting them in order. */
import type { ExtensionSpec, Family } from '../catalog/types.ts';
import { dscpClasses } from '../catalog/values/value-kinds.ts';
import type { OptionMeaning } from './meaning.ts';

/** Options in the order in which they are printed. */
export type Options = readonly OptionMeaning[];

/** What a match or target makes of its options. */
export type Settle = (options: Options, family: Family) => Options;

/** An option without a value. */
export function flag(name: string): OptionMeaning {
  return { name, negated: false, value: undefined };
}

/** An option with a number; `text` where that is not printed in decimal. */
export function number(name: string, value: number, text = `${value}`): OptionMeaning {
  return { name, negated: false, value: { type: 'number', value, text } };
}

/** An option with one word. */
export function word(name: string, text: string): OptionMeaning {
  return { name, negated: false, value: { type: 'words', words: [text], text } };
}

/** An option with a text that needs no quotes. */
export function text(name: string, raw: string): OptionMeaning {
  return { name, negated: false, value: { type: 'text', raw, text: raw } };
}

/** The option of this name; undefined where it is absent. */
export function find(options: Options, name: string): OptionMeaning | undefined {
  return options.find((option) => option.name === name);
}

/** The number of an option; undefined where it has none. */
export function numberOf(option: OptionMeaning | undefined): number | undefined {
  const value = option?.value;
  return value?.type === 'number' ? value.value : undefined;
}

/** All options but these. */
export function without(options: Options, ...names: readonly string[]): Options {
  return options.filter(({ name }) => !names.includes(name));
}

/** The options in this order; those that it does not name stay behind the others. */
export function ordered(options: readonly (OptionMeaning | undefined)[], order: readonly string[]): Options {
  const place = (option: OptionMeaning): number => {
    const index = order.indexOf(option.name);
    return index < 0 ? order.length : index;
  };
  return options.filter((option) => option !== undefined).sort((one, other) => place(one) - place(other));
}

/** The names of an extension’s options, in the order in which iptables-save prints them. */
export function savedNames(extension: ExtensionSpec | undefined): readonly string[] {
  return extension?.options.map(({ saved }) => saved) ?? [];
}

/** A number as iptables prints marks: "0x4000". */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** An option with a mark and its mask. */
export function markOption(name: string, value: number, mask: number, text = `${hex(value)}/${hex(mask)}`): OptionMeaning {
  return { name, negated: false, value: { type: 'mark', value, mask, text } };
}

/** The option with its value printed otherwise. */
export function replaceText(option: OptionMeaning, text: string): OptionMeaning {
  return option.value === undefined ? option : { ...option, value: { ...option.value, text } };
}

/** Some names are printed without quotes, whatever they hold. */
export function unquoted(option: OptionMeaning): OptionMeaning {
  return option.value?.type === 'text' ? replaceText(option, option.value.raw) : option;
}

/** Some names are printed in quotes, whatever they hold. */
export function quoted(option: OptionMeaning): OptionMeaning {
  return option.value?.type === 'text' ? replaceText(option, `"${option.value.raw}"`) : option;
}

/** Classes of differentiated services are printed as numbers. */
export const settleDscp =
  (name: '--dscp' | '--set-dscp'): Settle =>
  (options) =>
    options.map((option) => {
      if (option.name !== `${name}-class` || option.value?.type !== 'words') return option;
      const value = dscpClasses[option.value.text] ?? 0;
      return { ...number(name, value, `0x${value.toString(16).padStart(2, '0')}`), negated: option.negated };
    });
