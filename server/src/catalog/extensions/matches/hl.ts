/** The match hl. Source: iptables-extensions(8) and libip6t_hl.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint8 } from '../../values/value-kinds.ts';
import { anyOption } from '../support/given.ts';
import { listedAs, listedNegated } from '../support/listed.ts';

export const hlMatch: ExtensionData = {
  name: 'hl',
  families: ['ipv6'],
  help: 'The hop limit.',
  options: [
    { long: '--hl-lt', value: uint8, excludes: ['--hl-gt', '--hl-eq'], help: 'It is lower than this.' },
    { long: '--hl-gt', value: uint8, excludes: ['--hl-lt', '--hl-eq'], help: 'It is higher than this.' },
    {
      long: '--hl-eq',
      aliases: ['--hl'],
      value: uint8,
      negatable: true,
      excludes: ['--hl-lt', '--hl-gt'],
      help: 'It is this.',
    },
  ],
  check: anyOption("HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'"),
  listed: {
    opening: 'HL match',
    options: [
      listedAs('--hl-eq', 'HL == (\\d+)'),
      listedAs('--hl-lt', 'HL < (\\d+)'),
      listedAs('--hl-gt', 'HL > (\\d+)'),
      listedNegated('--hl-eq', 'HL != (\\d+)'),
    ],
  },
};
