import { eachOption } from '../match-reader.ts';
import { multiportOptions } from '../port-predicates.ts';

export const multiport = eachOption(multiportOptions);
