import { eachOption } from '../match-reader.ts';
import { ttlOptions } from './ttl.ts';

/** The hop limit of an IPv6 packet. */
export const hl = eachOption(ttlOptions('hl', 'hop limit'));
