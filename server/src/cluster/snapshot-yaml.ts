import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import { count } from '../base/counted.ts';
import { runToEnd } from '../base/steps.ts';
import { isTooDense } from './dense-text.ts';
import { isFields } from './fields.ts';
import { listItems } from './read-object.ts';
import { SnapshotFailure, shown, snapshotCommand, wanted } from './snapshot-failure.ts';
import { type Gathered, gather, gatherObject, gatherScope } from './snapshot-objects.ts';

const charactersBetweenPauses = 60_000;

/** Values that are read at once: those of one object, or of a layout that kubectl does not write. */
const mostAtOnce = 3_000_000;

function parseYaml(chunk: string, firstLine: number): unknown {
  if (runToEnd(isTooDense(chunk, true, mostAtOnce))) {
    const message = `What begins at line ${firstLine} holds more than ${count(mostAtOnce)} values. ${wanted}`;
    throw new SnapshotFailure(message, firstLine, 1);
  }
  try {
    // kubectl never writes an alias; few of them can stand for a great many objects.
    return load(chunk, { schema: CORE_SCHEMA, json: true, maxAliases: 100 });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const mark = error.mark as { readonly line: number; readonly column: number } | undefined;
    const line = firstLine + (mark?.line ?? 0);
    const column = (mark?.column ?? 0) + 1;
    throw new SnapshotFailure(`Not YAML at line ${line}: ${shown(error.reason)}. ${wanted}`, line, column);
  }
}

interface YamlDocument {
  readonly lines: readonly string[];
  /** 1-based. */
  readonly firstLine: number;
}

/** The documents of a stream, told by their `---` and `...` lines. */
function yamlDocuments(text: string): readonly YamlDocument[] {
  const documents: YamlDocument[] = [];
  let lines: string[] = [];
  let firstLine = 1;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^(?:---|\.\.\.)(?:\s|$)/.test(line)) {
      documents.push({ lines, firstLine });
      lines = [line.slice(3)];
      firstLine = index + 1;
    } else {
      lines.push(line);
    }
  }
  documents.push({ lines, firstLine });
  return documents.filter((document) => document.lines.some((line) => /^\s*[^\s#]/.test(line)));
}

/**
 * A YAML document. The items of a list are read one by one, as kubectl lays them out, so that 30 MB of them are read with pauses;
 * any other layout is read at once.
 */
function* gatherDocument(into: Gathered, { lines, firstLine }: YamlDocument): Generator<void, void> {
  const itemsAt = lines.findIndex((line) => /^items:\s*$/.test(line));
  const dash = itemsAt < 0 ? null : /^ *- /.exec(lines[itemsAt + 1] ?? '');
  if (dash === null) {
    yield* gather(into, parseYaml(lines.join('\n'), firstLine));
    return;
  }
  const prefix = dash[0];
  let end = itemsAt + 1;
  while (end < lines.length && /^(?:[ #-]|$)/.test(lines[end] ?? '')) end += 1;
  const around = parseYaml([...lines.slice(0, itemsAt), ...lines.slice(end)].join('\n'), firstLine);
  const list = isFields(around) ? listItems(around) : undefined;
  if (list === undefined) {
    const line = firstLine + lines.length - 1;
    throw new SnapshotFailure(
      `The YAML is cut off or no list: "items" has no "kind: List" beside it. Save it again, whole: ${snapshotCommand}`,
      line,
      1,
    );
  }
  if (isFields(around)) gatherScope(into, around);
  let read = 0;
  let from = itemsAt + 1;
  for (let at = from + 1; at <= end; at += 1) {
    if (at < end && !(lines[at] ?? '').startsWith(prefix)) continue;
    const chunk = lines.slice(from, at).join('\n');
    const items = parseYaml(chunk, firstLine + from);
    for (const item of Array.isArray(items) ? items : [items]) yield* gatherObject(into, item, list.itemKind);
    from = at;
    read += chunk.length;
    if (read > charactersBetweenPauses) {
      read = 0;
      yield;
    }
  }
}

/** Adds what a stream of YAML documents holds. @throws {SnapshotFailure} where it is no such text */
export function* gatherYaml(into: Gathered, text: string): Generator<void, void> {
  for (const document of yamlDocuments(text)) yield* gatherDocument(into, document);
}
