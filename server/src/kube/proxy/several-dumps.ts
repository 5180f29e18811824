/** What an answer says of a text that holds what several nodes printed, or one node at several times. */
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';

const familyNames = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;
const mostNamed = 6;

/** The line of a dump's first table, 1-based. */
function placeOf({ tables }: Dump): number {
  return (tables[0]?.firstLine ?? 0) + 1;
}

/**
 * That a text has several dumps of a family, and of which of them the answer is; nothing where there is one. What commands change is no dump.
 * @param used the dumps that the answer is made of
 */
export function severalDumpsNotes({ dumps, tables, commands }: Ruleset, used: readonly Dump[]): readonly string[] {
  const ofCommands = new Set(commands === undefined ? [] : tables.slice(tables.length - commands.count).map(({ dump }) => dump));
  const notes: string[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const all = dumps.filter((dump) => dump.family === family && !ofCommands.has(dump));
    const some = all.filter((dump) => used.includes(dump));
    if (all.length < 2 || some.length === 0) continue;
    const places = all.slice(0, mostNamed).map(placeOf).join(', ');
    const others = all.length > mostNamed ? ` and ${all.length - mostNamed} more` : '';
    const which =
      some.length === all.length
        ? 'a Service is as the first of them has it that has one'
        : `this is of ${some.map((dump) => `that from line ${placeOf(dump)}`).join(' and ')} on`;
    notes.push(
      `The text holds ${all.length} dumps of ${familyNames[family]} rules (from lines ${places}${others} on), of several nodes, back ends or times: ${which}.`,
    );
  }
  return notes;
}
