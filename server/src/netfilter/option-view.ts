/** The options of a rule by the match they belong to. */
import { findMatch, findTarget } from '../catalog/lookup.ts';
import { readNumber } from '../catalog/values/numbers.ts';
import { notUnderstood, type RuleOption, type RuleStatement } from '../syntax/statement.ts';

/** One loaded match of a rule. */
export interface LoadedMatch {
  /** Empty for words that nobody understood. */
  readonly name: string;
  /** In the order typed; empty for `-m comment` without more. */
  readonly options: readonly RuleOption[];
}

/** What iptables prints for a target that is newer than itself: "[unsupported revision]". */
const unprinted: ReadonlySet<string> = new Set(['[unsupported', 'revision]']);

/** The matches of a rule that have options, and those that `-m` loads without any. */
export function loadedMatches(rule: RuleStatement): readonly LoadedMatch[] {
  const groups = new Map<number, { readonly name: string; readonly options: RuleOption[] }>();
  const bare: string[] = [];
  const unknown: RuleOption[] = [];
  const { target } = rule;
  const isOfTarget = (option: RuleOption): boolean =>
    target !== undefined &&
    option.word.start > target.start &&
    (findTarget(target.text) === undefined || unprinted.has(option.word.text));
  for (const option of rule.options) {
    if (option.name === '--match') bare.push(option.values[0]?.text ?? '');
    if (option.instance === notUnderstood && !isOfTarget(option)) unknown.push(option);
    if (option.instance <= 0) continue;
    const known = groups.get(option.instance);
    if (known === undefined) groups.set(option.instance, { name: option.spec?.extension?.name ?? '', options: [option] });
    else known.options.push(option);
  }
  const loaded: LoadedMatch[] = [...groups.values()];
  const named = new Set(loaded.map((match) => match.name));
  const unnamed = bare.filter((name) => !named.has(name));
  // What nobody understood behind a match that nobody knows belongs to it.
  const strange = unnamed.find((name) => findMatch(name) === undefined);
  for (const name of unnamed) loaded.push({ name, options: name === strange ? unknown : [] });
  if (unknown.length > 0 && strange === undefined) loaded.push({ name: '', options: unknown });
  return loaded;
}

/** An option's first value as typed; empty where there is none. */
export function valueText(option: RuleOption | undefined): string {
  return option?.values[0]?.text ?? '';
}

/** The options as typed: "--seconds 60 --name x". */
export function optionsText(options: readonly RuleOption[]): string {
  return options
    .map((option) =>
      [option.negation === undefined ? '' : '!', option.word.text, ...option.values.map((value) => value.text)]
        .filter((part) => part !== '')
        .join(' '),
    )
    .join(' ');
}

/** `value[/mask]` of 32 bits; undefined where it is none. */
export function markValue(text: string): { readonly value: number; readonly mask: number } | undefined {
  const slash = text.indexOf('/');
  const value = readNumber(slash < 0 ? text : text.slice(0, slash), 0, 0xffff_ffff);
  const mask = slash < 0 ? 0xffff_ffff : readNumber(text.slice(slash + 1), 0, 0xffff_ffff);
  return value === undefined || mask === undefined ? undefined : { value, mask };
}
