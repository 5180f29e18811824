import { eachOption } from '../match-reader.ts';
import { portOptions } from '../port-predicates.ts';

/** Ports; the type of a packet and its options are not known. */
export const dccp = eachOption(portOptions);
