import { CompletionItemKind } from 'vscode-languageserver-types';
import { coreOptions, findMatch, findTarget, matches, spellings, standardTargets, targets } from '../../catalog/lookup.ts';
import { builtinChains } from '../../catalog/tables.ts';
import type { ExtensionSpec, Family, OptionSpec, TableName } from '../../catalog/types.ts';
import { protocolName } from '../../catalog/values/protocols.ts';
import type { RuleOption } from '../../syntax/statement.ts';
import { extensionBlocks, optionBlocks, targetBlocks } from '../support/catalog-text.ts';
import type { Offer } from './offer.ts';
import { type Trial, writtenForms } from './trial.ts';

/** They print something and end the reading, or run a program: no rule is written with them. */
const neverOffered: ReadonlySet<string> = new Set(['--help', '--version', '--modprobe']);

/** Options of a kind that rules hardly have. */
const seldom: ReadonlySet<string> = new Set(['--set-counters', '--ipv4', '--ipv6', '--verbose']);

/** The matches and the target that options in front of a place load, the latest first, as iptables looks them up. */
export function loadedBy(options: readonly RuleOption[]): readonly ExtensionSpec[] {
  const loaded: ExtensionSpec[] = [];
  const add = (spec: ExtensionSpec | undefined): void => {
    if (spec !== undefined && !loaded.includes(spec)) loaded.unshift(spec);
  };
  let implied: ExtensionSpec | undefined;
  for (const { name, values, spec } of options) {
    const text = values[0]?.text ?? '';
    if (name === '--match') add(findMatch(text));
    else if (name === '--jump') add(findTarget(text));
    else if (name === '--protocol') implied = findMatch(protocolName(Number(text)) ?? text.toLowerCase());
    else add(spec?.extension);
  }
  return implied === undefined || loaded.includes(implied) ? loaded : [...loaded, implied];
}

/** The options that may stand at a place, by the spelling that iptables-save prints or that what is typed begins. */
export function optionOffers(
  options: readonly RuleOption[],
  family: Family,
  typed: string,
  trial: Pick<Trial, 'fits'>,
): readonly Offer[] {
  const offers: Offer[] = [];
  const names = new Set<string>();
  const offer = (option: OptionSpec, rank: number): void => {
    if (!option.families.includes(family) || neverOffered.has(option.long) || names.has(option.long)) return;
    names.add(option.long);
    const text = spelled(option, typed);
    if (!mayStand(option, text, family, trial)) return;
    const owner = option.extension;
    offers.push({
      text,
      kind: owner === undefined ? CompletionItemKind.Keyword : CompletionItemKind.Property,
      detail: owner === undefined ? option.help : `${owner.name} ${owner.kind}: ${option.help}`,
      about: optionBlocks(option),
      rank,
    });
  };
  for (const extension of loadedBy(options)) for (const option of extension.options) offer(option, 0);
  for (const option of coreOptions) offer(option, seldom.has(option.long) ? 2 : 1);
  return offers;
}

/** Whether some option may stand at a place that is negated, behind a `!` which is not there yet. */
export function mayBeNegated(options: readonly RuleOption[], family: Family, trial: Pick<Trial, 'fits'>): boolean {
  const negated = { fits: (words: string): boolean => trial.fits(`! ${words}`) };
  for (const { options: own } of [...loadedBy(options), { options: coreOptions }]) {
    for (const option of own) {
      const isKnown = option.negatable && option.families.includes(family);
      if (isKnown && mayStand(option, option.saved, family, negated)) return true;
    }
  }
  return false;
}

/** Whether an option may stand there with some value. */
function mayStand(option: OptionSpec, text: string, family: Family, trial: Pick<Trial, 'fits'>): boolean {
  if (option.value?.type === 'target') return trial.fits(`${text} ACCEPT`) || trial.fits(`${text} RETURN`);
  for (const written of writtenForms(option, family)) if (trial.fits(text + written.slice(option.long.length))) return true;
  return false;
}

function spelled(option: OptionSpec, typed: string): string {
  const all = [option.saved, ...spellings(option)];
  return all.find((name) => name.startsWith(typed)) ?? option.saved;
}

/** The matches that `-m` may load at a place. */
export function matchOffers(family: Family, trial: Pick<Trial, 'fits'>): readonly Offer[] {
  return matches
    .filter(({ name, families }) => families.includes(family) && trial.fits(name))
    .map((spec) => ({
      text: spec.name,
      kind: CompletionItemKind.Module,
      detail: spec.help,
      about: extensionBlocks(spec),
    }));
}

/** The targets that are no chains and that `-j` may name at a place. */
export function targetOffers(
  family: Family,
  trial: Pick<Trial, 'fits'>,
  isTaken: (spec: ExtensionSpec) => boolean,
): readonly Offer[] {
  const offers: Offer[] = [];
  for (const [name, help] of standardTargets) {
    if (trial.fits(name)) offers.push({ text: name, kind: CompletionItemKind.Keyword, detail: help, about: targetBlocks(name) });
  }
  for (const spec of targets) {
    if (!spec.families.includes(family) || !isTaken(spec) || !trial.fits(spec.name)) continue;
    offers.push({ text: spec.name, kind: CompletionItemKind.Class, detail: spec.help, about: extensionBlocks(spec), rank: 1 });
  }
  return offers;
}

/** The tables, those that a text lacks first. */
export function tableOffers(present: ReadonlySet<string>, help: Readonly<Record<TableName, string>>): readonly Offer[] {
  return (Object.keys(builtinChains) as readonly TableName[]).map((name) => ({
    text: name,
    kind: CompletionItemKind.Module,
    detail: help[name],
    rank: present.has(name) ? 1 : 0,
  }));
}
