/** What several files say of one part, put together by adding to what is there: a copied /proc/sys has thousands of files, a hostile archive more. */
import type { NamedValue, NamedValues, Part, Placed, SkippedIn, TextPart } from './records.ts';

/** A part that nobody else has yet, and that more may be added to. */
export interface GrowingPart<T> extends Part<T> {
  readonly records: T[];
  readonly skippedIn?: SkippedIn[];
}

export interface GrowingValues extends NamedValues {
  readonly values: Map<string, NamedValue>;
}

/** The cluster's objects, of which each file has some. */
export interface GrowingText {
  readonly file: string;
  readonly isJson: boolean;
  readonly texts: string[];
}

function alone<T>({ file, records, skipped }: Part<T>): Part<T> & { readonly skippedIn?: never } {
  return { file, records, skipped };
}

/**
 * Both parts as one, where a bundle has a file for each family; one without records gives way to the other. What was not understood of either
 * counts: of a file that is not understood at all, too.
 */
export function joined<T extends Placed>(before: GrowingPart<T> | null, part: Part<T>): GrowingPart<T> {
  if (before === null) return { ...alone(part), records: [...part.records] };
  const skipped = before.skipped + part.skipped;
  const skippedIn = before.skippedIn ?? [{ file: before.file, skipped: before.skipped }];
  skippedIn.push({ file: part.file, skipped: part.skipped });
  if (before.records.length === 0) return { ...alone(part), records: [...part.records], skipped, skippedIn };
  const { file } = part;
  for (const record of part.records) before.records.push(file === before.file ? record : { ...record, file });
  return { ...before, skipped, skippedIn };
}

/** Both as one; what the first says counts. */
export function joinedValues(before: GrowingValues | null, more: NamedValues): GrowingValues {
  if (before === null) return { ...more, values: new Map(more.values) };
  for (const [name, value] of more.values) if (!before.values.has(name)) before.values.set(name, value);
  return { ...before, skipped: before.skipped + more.skipped };
}

function isJson(text: string): boolean {
  return /^\s*[[{]/.test(text.slice(0, 1000));
}

/** The cluster's objects, which may lie in a file for each kind: a stream of JSON values, or of YAML documents. What is the other of the two than the first file is left out. */
export function withObjects(before: GrowingText | null, { file, text }: TextPart): GrowingText {
  const found = before ?? { file, isJson: isJson(text), texts: [] };
  if (isJson(text) === found.isJson) found.texts.push(text);
  return found;
}

/** All of it as one text. */
export function textOfObjects({ file, isJson: isJsonText, texts }: GrowingText): TextPart {
  return { file, text: texts.join(isJsonText ? '\n' : '\n---\n') };
}
