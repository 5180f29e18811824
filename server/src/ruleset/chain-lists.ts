import { type NumberLists, noLists } from './number-lists.ts';

/** What the chains of a table say, side by side, by the index of a chain: lines, 0-based; `jumps` has indices of chains. */
export interface ChainLists {
  readonly declarations: NumberLists;
  readonly rules: NumberLists;
  readonly references: NumberLists;
  readonly mentions: NumberLists;
  readonly jumps: NumberLists;
}

/** Those of a table without chains. */
export const noChainLists: ChainLists = {
  declarations: noLists,
  rules: noLists,
  references: noLists,
  mentions: noLists,
  jumps: noLists,
};
