/** The match rateest. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_rateest.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { bitRate, uint32 } from '../../values/value-kinds.ts';

export const rateestMatch: ExtensionData = {
  name: 'rateest',
  help: 'A rate that the RATEEST target estimates, compared with another or with a number.',
  options: [
    { long: '--rateest1', aliases: ['--rateest'], value: { type: 'text', max: 15 }, help: 'The first estimator.' },
    { long: '--rateest2', value: { type: 'text', max: 15 }, help: 'The second estimator.' },
    { long: '--rateest-bps1', value: bitRate, valueOptional: true, help: 'Compare bytes a second; the first number.' },
    { long: '--rateest-pps1', value: uint32, valueOptional: true, help: 'Compare packets a second; the first number.' },
    {
      long: '--rateest-bps2',
      aliases: ['--rateest-bps'],
      value: bitRate,
      valueOptional: true,
      help: 'Compare bytes a second; the second number.',
    },
    {
      long: '--rateest-pps2',
      aliases: ['--rateest-pps'],
      value: uint32,
      valueOptional: true,
      help: 'Compare packets a second; the second number.',
    },
    { long: '--rateest-delta', help: 'Compare the difference to the first number.' },
    { long: '--rateest-lt', negatable: true, help: 'The first is lower.' },
    { long: '--rateest-gt', negatable: true, help: 'The first is higher.' },
    { long: '--rateest-eq', negatable: true, help: 'They are equal.' },
  ],
};
