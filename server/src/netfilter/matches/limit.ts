import { assumed, type MatchReader } from '../match-reader.ts';

export const withinLimits = 'Rates stay within the limits of -m limit and -m hashlimit.';

const answer = assumed(true, withinLimits);

/** A rate, which one packet alone does not exceed. */
export const limit: MatchReader = () => [() => answer];
