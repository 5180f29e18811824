/** What an answer above a drawing is made of. */

/** Good, to be looked at, wrong, or not known; `plain` says neither. */
export type AnswerTone = 'good' | 'warning' | 'bad' | 'unsure' | 'plain';

/** Some words, and what they are about: a node of the graph, or else a line (1-based) of the dump. Both null: neither. */
export interface AnswerWords {
  readonly text: string;
  readonly node: string | null;
  readonly line: number | null;
  readonly tone: AnswerTone;
}

/** Packets to an entry, or to several that fare alike, from places from which they end alike and are changed alike. */
export interface AnswerRoute {
  /** "NodePort 30080/tcp"; of many the first, and how many more. */
  readonly entries: readonly AnswerWords[];
  /** "a Pod, this node". */
  readonly from: string;
  /** In the order of the rules: "node-a 1 Pod 33.3 %", "DROP". */
  readonly ends: readonly AnswerWords[];
  /** "client's address kept", "source rewritten"; empty where nothing arrives. */
  readonly source: string;
}
