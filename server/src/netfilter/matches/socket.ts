import { askedBy } from '../match-reader.ts';

/** Whether a socket of this node waits for the packet. */
export const socket = askedBy();
