/**
 * A snapshot file, that is what `kubectl get nodes,services,endpointslices,pods -A -o json` (or yaml) prints, as a cluster.
 * Also takes one object, a stream of YAML documents, several JSON values behind each other, a plain JSON list of objects, and the
 * API's own lists ("ServiceList").
 */
import { count } from '../base/counted.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import { type Cluster, createCluster } from './cluster.ts';
import { isTooDense, mostValues } from './dense-text.ts';
import { SnapshotFailure, shown, wanted } from './snapshot-failure.ts';
import { gatherJson } from './snapshot-json.ts';
import { namespacesOf, nothingGathered, withoutFaultyKinds } from './snapshot-objects.ts';
import { emptyMessage, knownText, warningsOf } from './snapshot-words.ts';
import { gatherYaml } from './snapshot-yaml.ts';

/** Why a text is no snapshot: what is wrong, and what would be right. Lines and columns are 1-based, null where there is no one place. */
export interface SnapshotError {
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
}

export type SnapshotResult =
  | { readonly ok: true; readonly cluster: Cluster }
  | { readonly ok: false; readonly error: SnapshotError };

/**
 * A text as a cluster, with a pause about every 10 ms. Never throws.
 * @param label the file's name, for answers that say where they come from
 * @param fileChangedAt when its file was last changed, in milliseconds since 1970; 0 where there is no file
 */
export function* snapshotSteps(text: string, label: string, fileChangedAt: number): Steps<SnapshotResult> {
  const read = nothingGathered();
  try {
    const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    const first = /\S/.exec(body)?.[0];
    if (first === undefined) throw new SnapshotFailure(`The file is empty. ${wanted}`);
    const isJson = first === '{' || first === '[';
    if (yield* isTooDense(body, !isJson)) {
      const most = count(mostValues);
      throw new SnapshotFailure(`This holds more than ${most} lists, objects and lines, as no cluster does. ${wanted}`);
    }
    if (isJson) {
      yield* gatherJson(read, body);
    } else {
      const known = knownText(body);
      if (known !== undefined) throw new SnapshotFailure(known);
      yield* gatherYaml(read, body);
    }
    const gathered = withoutFaultyKinds(read);
    const { services, slices, pods, nodes } = gathered;
    const [unfinished] = gathered.unfinished;
    // What is on the pages to come would be called gone.
    if (unfinished !== undefined)
      throw new SnapshotFailure(
        `This is one page of a ${shown(unfinished)}: its metadata.continue says that more follows. ${wanted}`,
      );
    if (services.length + slices.length + pods.length + nodes.length === 0) throw new SnapshotFailure(emptyMessage(gathered));
    return {
      ok: true,
      cluster: createCluster({
        ...gathered,
        source: { kind: 'snapshot', label, readAt: gathered.newest, ...(fileChangedAt > 0 ? { fileChangedAt } : {}) },
        warnings: warningsOf(gathered),
        namespaces: namespacesOf(gathered),
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
  return runToEnd(snapshotSteps(text, label, fileChangedAt));
}
