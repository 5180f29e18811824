/** What a line of restore input may begin with, and what may stand in `*table` and `:CHAIN POLICY`. */
import { CompletionItemKind } from 'vscode-languageserver-types';
import { builtinChains, isBuiltinChain, isTableName } from '../../catalog/tables.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { LineContext } from '../../syntax/line.ts';
import { tableHelp } from '../support/catalog-text.ts';
import { commandHelp } from '../support/command-text.ts';
import type { Offer } from './offer.ts';
import { tableOffers } from './option-offers.ts';

/** The names of the tables that a text has but for one that a line (0-based) begins, for lists in which others come first. */
function presentTables({ tables }: Ruleset, line: number): ReadonlySet<string> {
  return new Set(tables.filter(({ firstLine }) => firstLine !== line).map(({ name }) => name));
}

/** The commands, for a rule that has none yet. */
export function commandOffers(): readonly Offer[] {
  return Array.from(commandHelp, ([text, detail]) => ({ text, kind: CompletionItemKind.Keyword, detail }));
}

/** What may begin a line: in a table its commands, chains and end, elsewhere a table. */
export function lineStartOffers(
  ruleset: Ruleset,
  line: number,
  table: Table | undefined,
  { table: opened }: LineContext,
): readonly Offer[] {
  if (opened === undefined && table === undefined) {
    return tableOffers(presentTables(ruleset, line), tableHelp).map((offer) => ({ ...offer, text: `*${offer.text}` }));
  }
  const rest: readonly Offer[] = [
    { text: ':', kind: CompletionItemKind.Keyword, detail: 'Declare a chain.' },
    { text: 'COMMIT', kind: CompletionItemKind.Keyword, detail: 'The table is done: load it.' },
  ];
  return [...commandOffers(), ...rest];
}

/** What may stand behind `*`. */
export function tableNameOffers(ruleset: Ruleset, line: number): readonly Offer[] {
  return tableOffers(presentTables(ruleset, line), tableHelp);
}

const mostChains = 100;

type Named = Pick<Table, 'name'> & { readonly chains: Pick<Table['chains'], 'get'> };

/** Built-in chains of a table that the text does not declare; those that it does not even name, where so asked. */
export function builtinOffers(table: Named, onlyUnnamed = false): readonly Offer[] {
  const names: readonly string[] = isTableName(table.name) ? builtinChains[table.name] : [];
  return names
    .filter((name) => {
      const chain = table.chains.get(name);
      return chain === undefined || (!onlyUnnamed && chain.declarations.length === 0);
    })
    .map((text) => ({ text, kind: CompletionItemKind.Event, detail: 'built-in chain' }));
}

/** The chains of the user's that rules of a table use and nothing declares. */
export function undeclaredChains(table: Table): readonly Offer[] {
  const offers: Offer[] = [];
  for (const { name, builtin, declarations } of table.chains.values()) {
    if (offers.length >= mostChains) break;
    if (!builtin && declarations.length === 0)
      offers.push({ text: name, kind: CompletionItemKind.Function, detail: 'used and not declared', rank: 1 });
  }
  return offers;
}

/** The policies that a chain may have. */
export function policyOffers(table: string, chain: string): readonly Offer[] {
  if (!isBuiltinChain(table, chain))
    return [{ text: '-', kind: CompletionItemKind.Keyword, detail: 'A chain of yours has no policy.' }];
  return [
    { text: 'ACCEPT', kind: CompletionItemKind.Keyword, detail: 'What no rule decides is let through.' },
    { text: 'DROP', kind: CompletionItemKind.Keyword, detail: 'What no rule decides is discarded.' },
  ];
}

/** A chain's name with what stands behind it in a declaration. */
export function declarationText(table: string, chain: string): string {
  return `${chain} ${isBuiltinChain(table, chain) ? 'ACCEPT' : '-'} [0:0]`;
}
