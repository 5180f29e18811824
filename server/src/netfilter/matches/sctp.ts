import { eachOption } from '../match-reader.ts';
import { portOptions } from '../port-predicates.ts';

/** Ports; which chunks a packet has is not known. */
export const sctp = eachOption(portOptions);
