/** What a diagnosis says: the words that all of this room share. */
import type { SafeText } from '../base/safe-text.ts';

/** Where something stands that is seen as a sign. */
export interface Evidence {
  /** As it is called in the bundle, or the dump's name. */
  readonly file: string;
  /** 1-based; for JSON on one line, that line. */
  readonly line: number;
  /** The line, or the part of it that matters. */
  readonly text: string;
}

/** Something that is wrong. */
export interface Cause {
  /** The code of its page: "hairpin-off". */
  readonly code: string;
  /** What is wrong and what that does, in one or two sentences. */
  readonly message: string;
  readonly evidence: readonly Evidence[];
  /** Commands that show it on the node; they read only. */
  readonly confirm: readonly SafeText<'shell'>[];
  /** Commands that mend it. */
  readonly mend: readonly SafeText<'shell'>[];
}

/** What becomes of the packets of a question. */
export type Fate = 'arrives' | 'lost' | 'refused' | 'unknown';

/** What could not be looked at, and how to get it. */
export interface Missing {
  readonly what: string;
  readonly how: string;
}

export interface Diagnosis {
  readonly question: { readonly from: string; readonly to: string; readonly protocol: string } | null;
  /** null without a question. */
  readonly outcome: Fate | null;
  /** The likeliest for the question first. */
  readonly causes: readonly Cause[];
  /** What was looked at and is fine, in sentences; with a question, where its packets go. */
  readonly looked: readonly string[];
  readonly missing: readonly Missing[];
}
