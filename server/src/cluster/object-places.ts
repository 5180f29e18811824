/**
 * Where an object stands in the text of a snapshot, and which object a line belongs to: told by the indentation that kubectl prints JSON and YAML
 * with, so that the file need not be parsed. Lines and offsets are 0-based.
 */
import type { Steps } from '../base/steps.ts';
import type { ObjectName } from './objects.ts';

export interface ObjectPlace {
  readonly line: number;
  /** Of the name's value. */
  readonly start: number;
  readonly end: number;
}

interface Field {
  /** How far in the key stands; the dash of a list's item counts. */
  readonly indent: number;
  readonly startsItem: boolean;
  readonly key: string;
  /** Without quotes and comma; empty for what goes on below. */
  readonly value: string;
}

const field = /^([ \t]*)(- )?"?([A-Za-z]{1,40})"? ?:(?: (.*))?$/;
/** The lines of one object that are looked at: Pods have some hundred. */
const mostLines = 20_000;
const longestLine = 2_000;

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** A field on a line of its own; undefined for any other line. */
function fieldOn(line: string): Field | undefined {
  if (line.length > longestLine) return undefined;
  const match = field.exec(line.endsWith('\r') ? line.slice(0, -1) : line);
  if (match === null) return undefined;
  const [, blanks = '', dash = '', key = '', rest = ''] = match;
  const value = rest.replace(/,$/, '').replace(/^(["'])(.*)\1$/, '$2');
  return { indent: blanks.length + dash.length, startsItem: dash !== '', key, value: value === '{' ? '' : value };
}

/** The fields beside a line: those as far in, of the same object. The numbers of their lines, by key. */
function siblings(lines: readonly string[], at: number, indent: number): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const look = (number: number): 'on' | 'last' | 'end' => {
    const line = lines[number];
    if (line === undefined || line.startsWith('---')) return 'end';
    if (isBlank(line)) return 'on';
    const here = fieldOn(line);
    const depth = here?.indent ?? indentOf(line);
    if (depth > indent) return 'on';
    if (depth < indent) return 'end';
    if (here !== undefined && !found.has(here.key)) found.set(here.key, number);
    return here?.startsItem === true ? 'last' : 'on';
  };
  if (look(at) !== 'last') for (let up = at - 1; up > at - mostLines; up -= 1) if (look(up) !== 'on') break;
  for (let down = at + 1; down < at + mostLines; down += 1) {
    const line = lines[down];
    const next = line === undefined ? undefined : fieldOn(line);
    if (next?.startsItem === true && next.indent <= indent) break;
    if (look(down) === 'end') break;
  }
  return found;
}

/** The line that a field stands below; undefined at the top. */
function parentOf(lines: readonly string[], at: number, indent: number): number | undefined {
  for (let up = at - 1; up >= 0 && up > at - mostLines; up -= 1) {
    const line = lines[up] ?? '';
    if (isBlank(line)) continue;
    if ((fieldOn(line)?.indent ?? indentOf(line)) < indent) return up;
  }
  return undefined;
}

function valueAt(lines: readonly string[], at: number | undefined): string {
  return at === undefined ? '' : (fieldOn(lines[at] ?? '')?.value ?? '');
}

/** The object whose "metadata" stands on a line. */
function objectOf(
  lines: readonly string[],
  metadata: number,
): { readonly kind: string; readonly namespace: string; readonly name: string } {
  const own = fieldOn(lines[metadata] ?? '');
  const beside = siblings(lines, metadata, own?.indent ?? 0);
  const first = lines.findIndex((line, number) => number > metadata && !isBlank(line));
  const below = siblings(lines, first, fieldOn(lines[first] ?? '')?.indent ?? 0);
  return {
    kind: valueAt(lines, beside.get('kind')),
    namespace: valueAt(lines, below.get('namespace')),
    name: valueAt(lines, below.get('name')),
  };
}

const linesBetweenPauses = 2_048;

/** The fields that stand equally far in, of one object. */
interface Scope {
  readonly indent: number;
  /** The field that was seen last: what stands further in belongs to it. */
  key: string;
  kind: string;
  namespace: string;
  name: string;
  place: ObjectPlace | undefined;
}

/** Where the names of a text's objects stand. */
export interface ObjectPlaces {
  of(object: ObjectName): ObjectPlace | undefined;
}

function placeKey(kind: string, namespace: string, name: string): string {
  return `${kind} ${namespace}/${name}`;
}

/** Takes a field in; the name and namespace below "metadata" are the object's. */
function takeField(scopes: readonly Scope[], line: string, number: number, { key, value }: Field): void {
  const scope = scopes.at(-1);
  const above = scopes.at(-2);
  if (scope === undefined) return;
  scope.key = key;
  if (key === 'kind') scope.kind = value;
  if (above?.key !== 'metadata' || value === '') return;
  if (key === 'namespace') above.namespace = value;
  if (key !== 'name') return;
  const start = line.lastIndexOf(value);
  above.name = value;
  above.place = { line: number, start, end: start + value.length };
}

/** Where the names of all Services, Pods and Nodes stand that a text has on lines of their own; of several of one name the first. Pauses often. */
export function* placesOfObjects(lines: readonly string[]): Steps<ObjectPlaces> {
  const found = new Map<string, ObjectPlace>();
  const scopes: Scope[] = [];
  const close = (indent: number): void => {
    for (let scope = scopes.at(-1); scope !== undefined && scope.indent >= indent; scope = scopes.at(-1)) {
      scopes.pop();
      const { kind, namespace, name, place } = scope;
      const key = placeKey(kind, namespace, name);
      if (place !== undefined && named.has(kind) && !found.has(key)) found.set(key, place);
    }
  };
  for (const [number, line] of lines.entries()) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    if (line.startsWith('---')) close(0);
    if (line.startsWith('---') || isBlank(line)) continue;
    const own = fieldOn(line);
    const indent = own?.indent ?? indentOf(line);
    // A field goes on with the object that it stands in; the first of an item begins one.
    close(own === undefined || own.startsItem ? indent : indent + 1);
    if (own === undefined) continue;
    if (scopes.at(-1)?.indent !== indent) scopes.push({ indent, key: '', kind: '', namespace: '', name: '', place: undefined });
    takeField(scopes, line, number, own);
  }
  close(0);
  return { of: ({ kind, namespace, name }) => found.get(placeKey(kind, namespace, name)) };
}

const named: ReadonlySet<string> = new Set<ObjectName['kind']>(['Service', 'Pod', 'Node']);

/** The Service, Pod or Node that a line belongs to; undefined for none. */
export function objectOnLine(lines: readonly string[], at: number): ObjectName | undefined {
  let number: number | undefined = at;
  let indent = fieldOn(lines[at] ?? '')?.indent ?? indentOf(lines[at] ?? '');
  // A brace at the end of an object stands less far in than its fields, and belongs to it.
  while (number !== undefined) {
    const metadata = siblings(lines, number, indent).get('metadata');
    if (metadata !== undefined) {
      const { kind, namespace, name } = objectOf(lines, metadata);
      if (name !== '' && (kind === 'Service' || kind === 'Pod' || kind === 'Node')) return { kind, namespace, name };
    }
    number = parentOf(lines, number, indent);
    if (number !== undefined) indent = fieldOn(lines[number] ?? '')?.indent ?? indentOf(lines[number] ?? '');
  }
  return undefined;
}
