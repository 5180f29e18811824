import { eachOption } from '../match-reader.ts';
import { portOptions } from '../port-predicates.ts';

export const udp = eachOption(portOptions);
