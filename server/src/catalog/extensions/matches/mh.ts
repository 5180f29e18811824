/** The match mh. Source: iptables-extensions(8) and libip6t_mh.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';
import { withoutFullRanges } from '../support/normalized.ts';

/** By number, or without -n by name. */
const type = '(?:\\d+|(?:home|careof)-test(?:-init)?|binding-(?:refresh-request|update|acknowledgement|error))';

export const mhMatch: ExtensionData = {
  name: 'mh',
  families: ['ipv6'],
  protocols: ['mobility-header'],
  help: 'The mobility header.',
  options: [{ long: '--mh-type', value: { type: 'mh-type' }, negatable: true, help: 'Its type by name or number, or a range.' }],
  normalize: withoutFullRanges(255),
  listed: {
    opening: 'mh',
    options: [listedAs('--mh-type', `~(${type}(?::${type})?)(?!\\S)`)],
  },
};
