/** An edit that nobody made, gone through once a large dump is open: what is called for the first time takes three times as long, and the first edit would wait for that. */
import type { Steps } from '../base/steps.ts';
import type { DumpState } from '../features/support/state.ts';
import { lint } from '../lint/registry.ts';
import { rebuildRuleset } from '../ruleset/build.ts';
import { changeDocument, type TextChange } from '../syntax/document.ts';

/** With fewer lines the first edit takes a few milliseconds, too. */
const manyLines = 20_000;

/** A rule of a chain that is not there, which jumps to another: it changes the order of chains, and something is to be said of it. */
const rule = '-A IPTABLES-FIRST-EDIT -j IPTABLES-NO-CHAIN\n';

/**
 * Adds a rule at the end of the last table, takes it away again, and looks for what is wrong each time, as for an edit. What is known of the dump stays as it
 * is. Nothing of a small dump. Pauses as often as an edit does.
 */
export function* tryFirstEdit({ uri, document, ruleset }: Pick<DumpState, 'uri' | 'document' | 'ruleset'>): Steps<void> {
  const line = ruleset.tables.at(-1)?.commitLine;
  if (line === undefined || document.lines.length < manyLines || document.apart !== undefined) return;
  const start = { line, character: 0 };
  const changes: readonly TextChange[] = [
    { range: { start, end: start }, text: rule },
    { range: { start, end: { line: line + 1, character: 0 } }, text: '' },
  ];
  let edited = { document, ruleset };
  for (const change of changes) {
    const changed = yield* changeDocument(edited.document, change, uri);
    yield;
    edited = { document: changed, ruleset: yield* rebuildRuleset(changed, edited.ruleset) };
    yield;
    yield* lint(edited);
  }
}
