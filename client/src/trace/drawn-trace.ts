import type { Uri } from 'vscode';
import type { ShownStep } from './shown-paths.ts';

/** The path of the packet that is looked at, for the drawings of its dump. */
export interface DrawnTrace {
  readonly uri: Uri;
  /** "tcp 10.244.0.9 -> 10.96.0.10:53, NEW, first met in PREROUTING". */
  readonly title: string;
  readonly steps: readonly ShownStep[];
  /** The step that was gone to last, 0-based; -1 for none. */
  readonly current: number;
}
