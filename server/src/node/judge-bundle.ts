/** Whether files are a node bundle, and of one node. */

import { counted } from '../base/counted.ts';
import { runToEnd, type Steps } from '../base/steps.ts';
import { bundleSteps } from './bundle.ts';
import type { BundleFile } from './bundle-file.ts';
import type { NodeFacts } from './facts.ts';
import { partKindOf } from './part-kind.ts';

export type BundleAnswer =
  | { readonly ok: true; readonly facts: NodeFacts }
  /** The rest of a sentence that begins with the bundle's name. */
  | { readonly ok: false; readonly message: string };

/** Folders that hold rules of their own: of one node there is one. */
function rulesFolders(files: readonly BundleFile[]): readonly string[] {
  const folders = files
    .filter(({ path }) => /(?:^|\/)ip6?tables-save\.txt$/.test(path))
    .map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1));
  return [...new Set(folders)];
}

/** Whether files are a node's, and not just a folder that dumps lie in: plain names, or rules with something beside them. */
function isBundle(files: readonly BundleFile[], facts: NodeFacts): boolean {
  if (files.some(({ path }) => partKindOf(path, '') === 'rules')) return true;
  const others = [facts.addresses, facts.routes, facts.links, facts.sysctls, facts.conntrack, facts.cluster, facts.proxyLog];
  return facts.rules.length > 0 && others.some((part) => part !== null);
}

const mostNotes = 20;

/** Of a hostile archive every file may be unreadable. */
function firstOf(notes: readonly string[]): readonly string[] {
  const left = notes.length - mostNotes;
  if (left <= 0) return notes;
  return [...notes.slice(0, mostNotes), `${counted(left, 'other part')} could not be read.`];
}

/** What of it was not read, as the reason why there may be no rules. */
function reasonIn([first]: readonly string[]): string {
  return first === undefined ? '' : ` (${first.replace(/\.$/, '')})`;
}

/** What the files came in. */
type BundleShape = 'a directory' | 'an archive' | 'a file';

/**
 * The facts of a bundle's files. Pauses after each.
 * @param what "a directory", "an archive" or "a file", for the message
 * @param notes what could not be read of it
 */
export function* judgeBundleSteps(
  what: BundleShape,
  files: readonly BundleFile[],
  notes: readonly string[],
): Steps<BundleAnswer> {
  const folders = rulesFolders(files);
  if (folders.length > 1) {
    const some = folders.slice(0, 4).map((folder) => (folder === '' ? '.' : folder));
    return { ok: false, message: `holds several bundles (${some.join(', ')}); name one of them` };
  }
  const facts = yield* bundleSteps(files);
  if (!isBundle(files, facts))
    return { ok: false, message: `is ${what} and no node bundle; expected iptables-save.txt in it${reasonIn(notes)}` };
  const unread = firstOf(notes);
  return { ok: true, facts: notes.length === 0 ? facts : { ...facts, notes: [...unread, ...facts.notes], unread } };
}

/** The same as `judgeBundleSteps`, at once. */
export function judgeBundle(what: BundleShape, files: readonly BundleFile[], notes: readonly string[]): BundleAnswer {
  return runToEnd(judgeBundleSteps(what, files, notes));
}
