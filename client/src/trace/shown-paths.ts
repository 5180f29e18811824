import type { Uri } from 'vscode';
import type { TraceSubject } from './trace-nodes.ts';

/** A rule or policy on a path. */
export interface ShownStep {
  /** 0-based; null for one without. */
  readonly line: number | null;
  /** "KUBE-SERVICES: jump KUBE-SVC-X". */
  readonly words: string;
}

/** What the trace view shows: paths through one dump, and rows about them. Of one version of the dump; `again` is of the one that it is now. */
export interface ShownPaths {
  readonly uri: Uri;
  readonly title: string;
  /** The steps of each path, in the order of the rows. */
  readonly paths: readonly (readonly ShownStep[])[];
  /** The rows below a row, or all on top. */
  rows(below: TraceSubject | undefined): Promise<readonly TraceSubject[]>;
  /** The same of the dump as it is now; the sentence of a refusal where that cannot be done. */
  again(): Promise<ShownPaths | string>;
  text(format: 'text' | 'markdown'): Promise<string>;
}
