import { CompletionItemKind } from 'vscode-languageserver-types';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import { setNamesOn } from '../../ruleset/sets.ts';
import type { Offer } from './offer.ts';

/** So many rules around are looked at for sets that they name. */
const linesAround = 5000;
const mostSets = 100;

/** Sets of ipset's: those that the text declares anywhere, and those that rules of the table around a line (0-based) name. */
export function setOffers(ruleset: Ruleset, table: Table | undefined, line: number): readonly Offer[] {
  const names = new Map<string, string>();
  for (const { kind, name } of ruleset.lines) {
    if (kind === 'set' && names.size < mostSets) names.set(name, 'set, in this text');
  }
  const first = Math.max(table?.firstLine ?? line, line - linesAround);
  const end = Math.min(table?.endLine ?? line, line + linesAround);
  for (let number = first; number < end && names.size < mostSets; number += 1) {
    if (number === line) continue;
    for (const { text } of setNamesOn(ruleset, number)) if (!names.has(text)) names.set(text, 'set, named by rules');
  }
  return Array.from(names, ([text, detail]) => ({ text, kind: CompletionItemKind.Variable, detail }));
}
