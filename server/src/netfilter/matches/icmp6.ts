import { eachOption } from '../match-reader.ts';
import { icmpType } from './icmp.ts';

export const icmp6 = eachOption({ '--icmpv6-type': icmpType });
