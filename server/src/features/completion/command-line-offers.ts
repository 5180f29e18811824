/** What a shell's command of iptables takes beside what restore input has. Source: iptables(8), "OPTIONS". */
import { CompletionItemKind } from 'vscode-languageserver-types';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { CommandSpec } from '../../syntax/commands.ts';
import type { WrittenCommand } from '../../syntax/pasted/written-command.ts';
import { tableHelp } from '../support/catalog-text.ts';
import type { Offer } from './offer.ts';
import { tableOffers } from './option-offers.ts';

/** Options that only a command has: those that are not there yet, and where no command stands yet those that print rules. Nothing in restore input. */
export function ownOptionOffers(written: WrittenCommand | undefined, command: CommandSpec | undefined): readonly Offer[] {
  if (written === undefined) return [];
  const offers: Offer[] = [];
  const offer = (text: string, detail: string): void => {
    offers.push({ text, kind: CompletionItemKind.Keyword, detail, rank: command === undefined ? 0 : 2 });
  };
  if (command === undefined) {
    offer('-S', 'Print the rules of a chain or of the table as iptables-save does.');
    offer('-L', 'List the rules of a chain or of the table in columns.');
  }
  if (command?.command === 'list') {
    offer('-n', 'Addresses and ports as numbers: no name is looked up.');
    offer('-v', 'With counters, interfaces and options.');
    offer('-x', 'Counters to the last digit.');
    if (command.short === '-L') offer('--line-numbers', 'With the number of each rule in its chain.');
  }
  if (!written.hasTable) offer('-t', 'The table; filter where it is left out.');
  if (!written.waits) offer('-w', 'Wait until no other program holds the lock of iptables.');
  return offers;
}

/** The tables that -t may name, those of a text first. */
export function tablesOfCommand({ tables }: Ruleset): readonly Offer[] {
  const absent = new Set(Object.keys(tableHelp).filter((name) => !tables.some((table) => table.name === name)));
  return tableOffers(absent, tableHelp);
}
