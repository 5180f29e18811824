/** A check of a node with what is known of it. A check a file in `findings/`, all of them in `registry.ts`. */
import type { Steps } from '../base/steps.ts';
import type { Cause } from './diagnosis.ts';
import type { Asked, Journey } from './journey.ts';
import type { Subject } from './subject.ts';

/** A cause with what it does to the packets of the question. */
export interface Found extends Cause {
  /**
   * The journeys of the question's packets that it ends, and how: they explain an outcome. Empty for what is wrong elsewhere on the node, or only
   * touches the question.
   */
  readonly ends: readonly Journey[];
  readonly as: 'lost' | 'refused' | 'unknown';
  /** Whether it is about what was asked, even though the first packet arrives: large packets, some of many. */
  readonly concerns: boolean;
  /** Whether packets are dropped before the rules of FORWARD and INPUT see them, whatever those say. */
  readonly isBeforeRules?: boolean;
  /** Whether it is why rules are older than the cluster, so that it explains what such rules do. */
  readonly explainsOldRules?: boolean;
  /** Whether it only shows that packets are lost, and is no cause where something else explains it. */
  readonly isSymptom?: boolean;
}

export interface Looked {
  readonly found: readonly Found[];
  /** What was looked at and is fine, in sentences. */
  readonly fine: readonly string[];
  /** Journeys of which could not be told whether something ends them; `fine` says what. */
  readonly open?: readonly Journey[];
}

export interface NodeFinding {
  /** Codes of its causes, with one sentence each for the documentation. */
  readonly codes: Readonly<Record<string, string>>;
  /** Looks at a node; `asked` is null without a question. Never throws, pauses in long loops. */
  look(subject: Subject, asked: Asked | null): Steps<Looked>;
}

/** A check that takes no time worth a pause. */
export function atOnce(look: (subject: Subject, asked: Asked | null) => Looked): NodeFinding['look'] {
  return function* (subject, asked) {
    yield;
    return look(subject, asked);
  };
}

export const nothing: Looked = { found: [], fine: [] };

/** A cause that ends journeys of the question's packets where `ends` has some. */
export function foundCause(cause: Cause, more: Partial<Pick<Found, 'ends' | 'as' | 'concerns' | 'isBeforeRules'>> = {}): Found {
  return {
    ...cause,
    ends: more.ends ?? [],
    as: more.as ?? 'lost',
    concerns: more.concerns ?? false,
    isBeforeRules: more.isBeforeRules ?? false,
  };
}

/** The journeys of a question that rules let pass; empty without a question. */
export function accepted(asked: Asked | null): readonly Journey[] {
  return asked?.journeys.filter(({ verdict }) => verdict === 'accept') ?? [];
}

/** Accepted journeys that are forwarded, or sent by this node to others. */
export function leaving(asked: Asked | null): readonly Journey[] {
  return accepted(asked).filter(({ isDelivered }) => !isDelivered);
}
