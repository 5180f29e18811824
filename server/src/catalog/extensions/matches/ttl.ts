/** The match ttl. Source: iptables-extensions(8) and libipt_ttl.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint8 } from '../../values/value-kinds.ts';
import { anyOption } from '../support/given.ts';
import { listedAs, listedNegated } from '../support/listed.ts';

export const ttlMatch: ExtensionData = {
  name: 'ttl',
  families: ['ipv4'],
  help: 'The time to live.',
  options: [
    {
      long: '--ttl-eq',
      aliases: ['--ttl'],
      value: uint8,
      negatable: true,
      excludes: ['--ttl-lt', '--ttl-gt'],
      help: 'It is this.',
    },
    { long: '--ttl-lt', value: uint8, excludes: ['--ttl-gt', '--ttl-eq'], help: 'It is lower than this.' },
    { long: '--ttl-gt', value: uint8, excludes: ['--ttl-lt', '--ttl-eq'], help: 'It is higher than this.' },
  ],
  check: anyOption("TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt"),
  listed: {
    opening: 'TTL match',
    options: [
      listedAs('--ttl-eq', 'TTL == (\\d+)'),
      listedAs('--ttl-lt', 'TTL < (\\d+)'),
      listedAs('--ttl-gt', 'TTL > (\\d+)'),
      listedNegated('--ttl-eq', 'TTL != (\\d+)'),
    ],
  },
};
