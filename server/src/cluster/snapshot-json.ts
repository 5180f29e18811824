import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import { parseJsonList } from './json-list.ts';
import { jsonPieces } from './json-values.ts';
import { longJsonSteps } from './long-json.ts';
import { placeOf, SnapshotFailure, shown, snapshotCommand, wanted } from './snapshot-failure.ts';
import { type Gathered, gather } from './snapshot-objects.ts';

/** Where YAML, of which JSON is nearly a part, stumbles; undefined for long texts and where it does not. */
function yamlOffset(text: string): number | undefined {
  if (text.length > 5_000_000) return undefined;
  try {
    load(text, { schema: CORE_SCHEMA, json: true, maxAliases: 0 });
  } catch (error) {
    if (error instanceof YAMLException) return (error.mark as { readonly position: number } | undefined)?.position;
  }
  return undefined;
}

function jsonFailure(text: string, start: number, end: number, error: unknown): SnapshotFailure {
  const said = error instanceof Error ? error.message : String(error);
  // V8 says "... in JSON at position 12 (line 1 column 13)" of some mistakes; of others it quotes the place, or the whole text.
  const position = /at position (\d+)/.exec(said)?.[1];
  const offset = position === undefined ? yamlOffset(text.slice(start, end)) : Number(position);
  const reason = shown(said.replace(/(?: in JSON| after JSON)? at position.*/s, '').replace(/, (?:\.\.\.)?".*/s, ''));
  if (offset === undefined) return new SnapshotFailure(`This is not JSON: ${reason}. ${wanted}`);
  const { line, column } = placeOf(text, start + offset);
  return new SnapshotFailure(`Not JSON at line ${line}, column ${column}: ${reason}. ${wanted}`, line, column);
}

/** Characters that JSON.parse reads in a few milliseconds. */
const longText = 500_000;

/** What a long text holds, read in steps; undefined where it is not one value, or is wrong. */
function* parseLong(text: string): Generator<void, { readonly value: unknown } | undefined> {
  const list = yield* parseJsonList(text);
  if (list !== undefined) return list;
  try {
    return { value: yield* longJsonSteps(text) };
  } catch {
    return undefined;
  }
}

/** Adds what a text in JSON holds: one value, or several behind each other. @throws {SnapshotFailure} where it is no such text */
export function* gatherJson(into: Gathered, text: string): Generator<void, void> {
  let whole = text.length > longText ? yield* parseLong(text) : undefined;
  try {
    whole ??= { value: JSON.parse(text) };
  } catch (error) {
    const pieces = jsonPieces(text);
    const last = pieces.at(-1);
    if (last?.kind === 'open') {
      const { line, column } = placeOf(text, text.length);
      const open = last.depth === 1 ? 'one bracket' : `${last.depth} brackets`;
      throw new SnapshotFailure(
        `The JSON is cut off: it ends at line ${line} with ${open} open. Save it again, whole: ${snapshotCommand}`,
        line,
        column,
      );
    }
    if (pieces.length < 2) throw jsonFailure(text, 0, text.length, error);
    for (const piece of pieces) {
      if (piece.kind !== 'value') continue;
      let value: unknown;
      try {
        value = JSON.parse(text.slice(piece.start, piece.end));
      } catch (pieceError) {
        throw jsonFailure(text, piece.start, piece.end, pieceError);
      }
      yield* gather(into, value);
    }
  }
  if (whole !== undefined) yield* gather(into, whole.value);
}
