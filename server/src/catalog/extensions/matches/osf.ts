/** The match osf. Source: iptables-extensions(8) and libxt_osf.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { unquoted } from '../support/normalized.ts';

export const osfMatch: ExtensionData = {
  name: 'osf',
  families: ['ipv4'],
  hooks: ['PREROUTING', 'INPUT', 'FORWARD'],
  protocols: ['tcp'],
  help: 'The operating system of the sender, guessed from its SYN.',
  options: [
    {
      long: '--genre',
      value: { type: 'text', max: 31 },
      negatable: true,
      mandatory: true,
      help: 'The system: `Linux`, `Windows`.',
    },
    {
      long: '--ttl',
      value: { type: 'uint', bits: 32, max: 2 },
      help: '0: compare the TTL exactly, 1: it may be lower, 2: ignore it.',
    },
    {
      long: '--log',
      value: { type: 'uint', bits: 32, max: 2 },
      help: '0: log all matches, 1: only the first, 2: all known ones.',
    },
  ],
  normalize: (options) => options.map(unquoted),
  listed: {
    opening: '',
    options: [listedAs('--genre', `OS fingerprint match ~${anyWord}`)],
  },
};
