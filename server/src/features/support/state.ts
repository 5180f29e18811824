import type { Position, Range } from 'vscode-languageserver-types';
import type { Cluster } from '../../cluster/cluster.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import type { Resolution } from '../../kube/identity/chain-identity.ts';
import type { Place } from '../../lint/support/finding.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { SourceDocument } from '../../syntax/document.ts';

/** One version of an open dump, and everything known about it. Immutable; features are functions over it. */
export interface DumpState {
  readonly uri: string;
  readonly version: number;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
  /** The one that was chosen for the dump, and that drift compares it with. Names come from `resolution().cluster`: a dump may be of another one. */
  readonly cluster: Cluster;
  /** Asks for a Pod that is not in `cluster`, as a live cluster's Pods are not; undefined where there is none to be had. */
  readonly podDetails?: (namespace: string, name: string) => Promise<PodRecord | undefined>;
  /** Names for its chains; made when first asked for. */
  readonly resolution: () => Resolution;
  /** Whether it is some lines of a dump whose others are not read yet. */
  readonly isPart?: boolean;
}

/** The LSP range of a place: 0-based line and UTF-16 offsets in both. */
export function rangeOf(place: Place): Range {
  return { start: { line: place.line, character: place.start }, end: { line: place.line, character: place.end } };
}

/** Whether a position lies in a place or at its end, as a cursor behind a word is still on it. */
export function touches(place: Place, position: Position): boolean {
  return place.line === position.line && position.character >= place.start && position.character <= place.end;
}
