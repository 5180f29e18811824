import type { Hook } from '../../catalog/types.ts';
import type { Chain, Dump, Table } from '../../ruleset/ruleset.ts';
import type { Fact, Knowledge } from '../answer.ts';

export interface EnumerateOptions {
  readonly isLocal?: Knowledge['isLocal'];
  /** The address that REDIRECT gives a packet that came in: the first of the interface. Where it is absent, nobody knows it. */
  readonly redirectAddress?: string;
  /** An answer that is to be taken for every path; undefined to follow both. */
  readonly decide?: (fact: Fact) => boolean | undefined;
  /** Of several dumps in one file. By default the first of the packet's family. */
  readonly dump?: Dump;
  readonly mostOutcomes?: number;
  /**
   * A part of the way: up to the routing decision, behind which the destination is certain (PREROUTING; raw, mangle and nat of OUTPUT), or
   * what comes after it. By default all of it.
   */
  readonly part?: 'before-routing' | 'after-routing';
  /**
   * The chains that a hook is taken to lead to, one after the other, where the dump does not have its base chain at all: an excerpt may leave
   * it out. By default none.
   */
  readonly hooked?: (table: Table, hook: Hook) => readonly Chain[];
}
