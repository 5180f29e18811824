import { askedBy } from '../match-reader.ts';

/** Text within the packet. */
export const string = askedBy('--string', '--hex-string');
