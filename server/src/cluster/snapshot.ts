/**
 * A snapshot file, that is what `kubectl get nodes,services,endpointslices,pods -A -o json` (or yaml) prints, as a cluster.
 * Also takes one object, a stream of YAML documents, several JSON values behind each other, a plain JSON list of objects, and the
 * API's own lists ("ServiceList").
 */
import { CORE_SCHEMA, load, YAMLException } from 'js-yaml';
import { type Cluster, createCluster } from './cluster.ts';
import { type Fields, fieldsAt, isFields, textAt } from './fields.ts';
import { parseJsonList } from './json-list.ts';
import { jsonPieces } from './json-values.ts';
import { newestTimeOf } from './newest-time.ts';
import type { ClusterKind, EndpointSliceRecord, NodeRecord, PodRecord, ProxyConfig, ServiceRecord } from './objects.ts';
import { proxyConfigsOf } from './proxy-config.ts';
import { clusterKind, listItems, readObject } from './read-object.ts';

/** Why a text is no snapshot: what is wrong, and what would be right. Lines and columns are 1-based, null where there is no one place. */
export interface SnapshotError {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export type SnapshotResult =
  | { readonly ok: true; readonly cluster: Cluster }
  | { readonly ok: false; readonly error: SnapshotError };

export const snapshotCommand = 'kubectl get nodes,services,endpointslices,pods -A -o json';

const wanted = `Save what "${snapshotCommand}" prints.`;
const itemsBetweenPauses = 400;
const charactersBetweenPauses = 60_000;

interface Gathered {
  readonly services: ServiceRecord[];
  readonly slices: EndpointSliceRecord[];
  readonly pods: PodRecord[];
  readonly nodes: NodeRecord[];
  readonly proxyConfigs: ProxyConfig[];
  readonly kinds: Set<ClusterKind>;
  readonly otherKinds: Set<string>;
  readonly onlyIn: Map<ClusterKind, string>;
  malformed: number;
  objects: number;
  /** The newest time that some object names, in milliseconds since 1970. */
  newest: number;
}

class SnapshotFailure extends Error {
  readonly place: { readonly line: number | null; readonly column: number | null };

  constructor(message: string, line: number | null = null, column: number | null = null) {
    super(message);
    this.place = { line, column };
  }
}

/** 1-based line and column of an offset. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** Names from a file in a message: short, on one line. */
function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}

function gatherObject(into: Gathered, object: unknown, defaultKind: string): void {
  into.objects += 1;
  if (!isFields(object)) {
    into.malformed += 1;
    return;
  }
  into.newest = Math.max(into.newest, newestTimeOf(object));
  const kindText = textAt(object, 'kind') || defaultKind;
  const kind = clusterKind(textAt(object, 'apiVersion'), kindText);
  into.proxyConfigs.push(...proxyConfigsOf(kindText, object));
  if (kind === undefined) {
    into.otherKinds.add(kindText === '' ? 'no kind' : kindText);
    return;
  }
  into.kinds.add(kind);
  const record = readObject(kind, object);
  switch (record?.kind) {
    case 'Service':
      into.services.push(record);
      break;
    case 'EndpointSlice':
      into.slices.push(record);
      break;
    case 'Pod':
      into.pods.push(record);
      break;
    case 'Node':
      into.nodes.push(record);
      break;
    default:
      into.malformed += 1;
  }
}

/** In a list's metadata: kinds of which one namespace alone could be read, each with that namespace. */
export const onlyInKey = 'vscode-iptables/only-in';

function gatherScope(into: Gathered, list: Fields): void {
  const onlyIn = fieldsAt(fieldsAt(list, 'metadata'), onlyInKey);
  for (const kind of ['Service', 'EndpointSlice', 'Pod'] as const) {
    const namespace = textAt(onlyIn, kind);
    if (namespace !== '') into.onlyIn.set(kind, namespace);
  }
}

/** An API server's error, or a kubeconfig, saved by mistake. */
function refuseKnownMistakes(object: Fields): void {
  const kind = textAt(object, 'kind');
  if (kind === 'Status' && textAt(object, 'status') === 'Failure') {
    throw new SnapshotFailure(
      `This is the API server's refusal, not its objects: ${shown(textAt(object, 'message'))}. ${wanted}`,
    );
  }
  if (kind === 'Config' && (Object.hasOwn(object, 'clusters') || Object.hasOwn(object, 'contexts'))) {
    throw new SnapshotFailure(`This is a kubeconfig, which says how to reach a cluster and not what is in it. ${wanted}`);
  }
}

function* gather(into: Gathered, value: unknown): Generator<void, void> {
  if (value === null || value === undefined) return;
  let items: readonly unknown[];
  let itemKind = '';
  if (Array.isArray(value)) {
    items = value;
  } else if (isFields(value)) {
    refuseKnownMistakes(value);
    const list = listItems(value);
    if (list === undefined) {
      gatherObject(into, value, '');
      return;
    }
    ({ items, itemKind } = list);
    gatherScope(into, value);
    into.newest = Math.max(into.newest, newestTimeOf(value));
    const kind = clusterKind('', itemKind);
    if (kind !== undefined) into.kinds.add(kind);
  } else {
    throw new SnapshotFailure(
      `This is no Kubernetes object but ${typeof value === 'string' ? 'plain text' : `a ${typeof value}`}. ${wanted}`,
    );
  }
  for (const [index, item] of items.entries()) {
    gatherObject(into, item, itemKind);
    if (index % itemsBetweenPauses === itemsBetweenPauses - 1) yield;
  }
}

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

function* gatherJson(into: Gathered, text: string): Generator<void, void> {
  let whole = text.length > longText ? yield* parseJsonList(text) : undefined;
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

function parseYaml(chunk: string, firstLine: number): unknown {
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
function* gatherYaml(into: Gathered, { lines, firstLine }: YamlDocument): Generator<void, void> {
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
    for (const item of Array.isArray(items) ? items : [items]) gatherObject(into, item, list.itemKind);
    from = at;
    read += chunk.length;
    if (read > charactersBetweenPauses) {
      read = 0;
      yield;
    }
  }
}

/** What a text is that is neither JSON nor YAML of Kubernetes; undefined where nothing is known. */
function knownText(text: string): string | undefined {
  const head = text.slice(0, 2000).trimStart();
  const line = shown(head.split('\n', 1)[0] ?? '');
  if (head.includes('\0'))
    return `This is a binary file, or text in UTF-16 as PowerShell's ">" writes it; UTF-8 is expected. ${wanted}`;
  if (/^(?:error:|Error from server|Unable to connect|The connection to the server|E\d{4} )/i.test(head)) {
    return `This is an error message of kubectl, not objects: ${line}. ${wanted}`;
  }
  if (/^No resources found/.test(head))
    return `kubectl found nothing: ${line}. Look for the right context, and use -A. ${wanted}`;
  if (/^(?:NAMESPACE|NAME)\s{2,}\S/.test(head)) return `This is kubectl's table; "-o json" or "-o yaml" is needed. ${wanted}`;
  if (/^(?:# Generated by ip|\*(?:nat|filter|mangle|raw|security)\s|:[A-Z])/.test(head)) {
    return `This is an iptables dump, not a cluster snapshot. ${wanted}`;
  }
  if (head.startsWith('<')) return `This is a web page or XML. ${wanted}`;
  return undefined;
}

function plural(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

function warningsOf(gathered: Gathered): readonly string[] {
  const warnings: string[] = [];
  const { kinds, otherKinds } = gathered;
  for (const [kind, namespace] of gathered.onlyIn) warnings.push(`${kind}s of namespace ${shown(namespace)} alone.`);
  if (!kinds.has('EndpointSlice')) {
    const why = otherKinds.has('Endpoints')
      ? 'it has Endpoints instead, which kube-proxy does not read'
      : 'without them endpoint chains are named by comments and addresses alone';
    warnings.push(`The snapshot has no EndpointSlices; ${why}. Add endpointslices to "kubectl get".`);
  }
  if (!kinds.has('Service'))
    warnings.push('The snapshot has no Services: chains are named by comments alone. Add services to "kubectl get".');
  if (!kinds.has('Pod'))
    warnings.push('The snapshot has no Pods: owners and readiness are not known. Add pods to "kubectl get".');
  if (!kinds.has('Node'))
    warnings.push('The snapshot has no Nodes: zones and node addresses are not known. Add nodes to "kubectl get".');
  if (gathered.malformed > 0) {
    warnings.push(`${plural(gathered.malformed, 'object')} of the snapshot without a name or of a wrong shape left out.`);
  }
  return warnings;
}

function emptyMessage(gathered: Gathered): string {
  if (gathered.objects === 0)
    return `This holds no objects: kubectl found none. Look for the right context, and use -A. ${wanted}`;
  if (gathered.malformed > 0) {
    return `None of its ${plural(gathered.malformed, 'object')} is a sound Service, EndpointSlice, Pod or Node: names are missing. ${wanted}`;
  }
  const kinds = [...gathered.otherKinds].slice(0, 5).map(shown).join(', ');
  return `This holds no Service, EndpointSlice, Pod or Node, but ${kinds}. ${wanted}`;
}

/**
 * A text as a cluster, with a pause about every 10 ms. Never throws.
 * @param label the file's name, for answers that say where they come from
 * @param fileChangedAt when its file was last changed, in milliseconds since 1970; 0 where there is no file
 */
export function* snapshotSteps(text: string, label: string, fileChangedAt: number): Generator<void, SnapshotResult> {
  const gathered: Gathered = {
    services: [],
    slices: [],
    pods: [],
    nodes: [],
    proxyConfigs: [],
    kinds: new Set(),
    otherKinds: new Set(),
    onlyIn: new Map(),
    malformed: 0,
    objects: 0,
    newest: 0,
  };
  try {
    const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    const first = /\S/.exec(body)?.[0];
    if (first === undefined) throw new SnapshotFailure(`The file is empty. ${wanted}`);
    if (first === '{' || first === '[') {
      yield* gatherJson(gathered, body);
    } else {
      const known = knownText(body);
      if (known !== undefined) throw new SnapshotFailure(known);
      for (const document of yamlDocuments(body)) yield* gatherYaml(gathered, document);
    }
    const { services, slices, pods, nodes } = gathered;
    if (services.length + slices.length + pods.length + nodes.length === 0) throw new SnapshotFailure(emptyMessage(gathered));
    return {
      ok: true,
      cluster: createCluster({
        ...gathered,
        source: { kind: 'snapshot', label, readAt: gathered.newest, ...(fileChangedAt > 0 ? { fileChangedAt } : {}) },
        warnings: warningsOf(gathered),
      }),
    };
  } catch (error) {
    if (error instanceof SnapshotFailure) return { ok: false, error: { message: error.message, ...error.place } };
    const said = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      error: { message: `This cannot be read as Kubernetes objects: ${shown(said)}. ${wanted}`, line: null, column: null },
    };
  }
}

/** The same without pauses. */
export function readSnapshot(text: string, label: string, fileChangedAt: number): SnapshotResult {
  const steps = snapshotSteps(text, label, fileChangedAt);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
