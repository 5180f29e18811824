import { type MatchReader, unknownMatch } from '../match-reader.ts';

/** When the packet comes. All options together are one question: whether now is such a time. */
export const time: MatchReader = (match) => [unknownMatch(match)];
