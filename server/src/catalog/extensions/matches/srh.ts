/** The match srh. Source: iptables-extensions(8) and libip6t_srh.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { network, uint8, uint16 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { ordered, replaceText, savedNames } from '../support/normalized.ts';

const listedFields = [
  'next-hdr',
  'hdr-len-eq',
  'hdr-len-gt',
  'hdr-len-lt',
  'segs-left-eq',
  'segs-left-gt',
  'segs-left-lt',
  'last-entry-eq',
  'last-entry-gt',
  'last-entry-lt',
  'tag',
];

const srhFields = ['--srh-hdr-len-', '--srh-segs-left-', '--srh-last-entry-'];

/** Tests of one field share their number: the last one typed counts for all. Addresses always have their prefix length. */
const normalize: Normalize = (options) => {
  const normalized = options.map((option) => {
    const { name, value } = option;
    if (value?.type === 'network' && !value.text.includes('/')) return replaceText(option, `${value.text}/128`);
    const field = srhFields.find((prefix) => name.startsWith(prefix));
    const last = field === undefined ? undefined : options.findLast((other) => other.name.startsWith(field));
    return last === undefined ? option : { ...option, value: last.value };
  });
  return ordered(normalized, savedNames(srhMatch));
};

export const srhMatch: ExtensionData = {
  name: 'srh',
  families: ['ipv6'],
  help: 'The segment routing header.',
  options: [
    { long: '--srh-next-hdr', value: uint8, negatable: true, help: 'The next header.' },
    { long: '--srh-hdr-len-eq', value: uint8, negatable: true, help: 'The header length is this.' },
    { long: '--srh-hdr-len-gt', value: uint8, negatable: true, help: 'The header length is greater.' },
    { long: '--srh-hdr-len-lt', value: uint8, negatable: true, help: 'The header length is less.' },
    { long: '--srh-segs-left-eq', value: uint8, negatable: true, help: 'So many segments are left.' },
    { long: '--srh-segs-left-gt', value: uint8, negatable: true, help: 'More segments are left.' },
    { long: '--srh-segs-left-lt', value: uint8, negatable: true, help: 'Fewer segments are left.' },
    { long: '--srh-last-entry-eq', value: uint8, negatable: true, help: 'The last entry is this.' },
    { long: '--srh-last-entry-gt', value: uint8, negatable: true, help: 'The last entry is greater.' },
    { long: '--srh-last-entry-lt', value: uint8, negatable: true, help: 'The last entry is less.' },
    { long: '--srh-tag', value: uint16, negatable: true, help: 'The tag.' },
    { long: '--srh-psid', value: network, negatable: true, help: 'The previous segment.' },
    { long: '--srh-nsid', value: network, negatable: true, help: 'The next segment.' },
    { long: '--srh-lsid', value: network, negatable: true, help: 'The last segment.' },
  ],
  orderCounts: true,
  normalize,
  listed: {
    opening: 'srh',
    options: [
      ...listedFields.map((name) => listedAs(`--srh-${name}`, `${name}:~${anyWord}`)),
      ...['psid', 'nsid', 'lsid'].map((name) => listedAs(`--srh-${name}`, `${name} ~${anyWord}`)),
    ],
  },
};
