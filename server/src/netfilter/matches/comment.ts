import type { MatchReader } from '../match-reader.ts';

/** A comment matches every packet. */
export const comment: MatchReader = () => [];
