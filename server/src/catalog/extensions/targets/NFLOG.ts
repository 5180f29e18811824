/** The target NFLOG. Source: iptables-extensions(8) and libxt_NFLOG.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { uint16, uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs, quotedText } from '../support/listed.ts';
import { cutText, numberOf } from '../support/normalized.ts';

/** The legacy back end's room for a prefix, in bytes. */
const longestPrefix = 63;

const normalize: Normalize = (options, { backend }) =>
  options.flatMap((option) => {
    switch (option.name) {
      case '--nflog-group':
      case '--nflog-threshold':
        return numberOf(option) === 0 ? [] : [option];
      // It never did anything, and the nft back end forgets it.
      case '--nflog-range':
        return backend === 'legacy' && numberOf(option) !== 0 ? [option] : [];
      case '--nflog-prefix':
        return [backend === 'legacy' ? cutText(option, longestPrefix) : option];
      default:
        return [option];
    }
  });

export const nflogTarget: ExtensionData = {
  name: 'NFLOG',
  help: 'Hands the packet to a logging program and goes on.',
  options: [
    {
      long: '--nflog-prefix',
      value: { type: 'text', min: 1, max: 127, oneLine: true },
      help: 'A text for the program, up to 63 bytes with the legacy back end, 127 with nft.',
    },
    { long: '--nflog-group', value: uint16, help: 'The netlink group; 0 when not given.' },
    { long: '--nflog-size', value: uint32, excludes: ['--nflog-range'], help: 'How many bytes of the packet to copy.' },
    {
      long: '--nflog-range',
      value: uint32,
      excludes: ['--nflog-size'],
      help: 'The old name of --nflog-size; it never worked.',
    },
    { long: '--nflog-threshold', value: uint16, help: 'How many packets to collect before they are handed over.' },
  ],
  normalize,
  listed: {
    opening: '',
    options: [
      listedAs('--nflog-prefix', `nflog-prefix ${quotedText}`),
      listedAs('--nflog-prefix', `nflog-prefix ${anyWord}`),
      listedAs('--nflog-group', 'nflog-group (\\d+)'),
      listedAs('--nflog-range', 'nflog-range (\\d+)'),
      listedAs('--nflog-size', 'nflog-size (\\d+)'),
      listedAs('--nflog-threshold', 'nflog-threshold (\\d+)'),
    ],
  },
};
