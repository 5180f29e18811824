/** The target RATEEST. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_RATEEST.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const rateestTarget: ExtensionData = {
  name: 'RATEEST',
  help: 'Estimates the rate of packets, for the rateest match.',
  options: [
    { long: '--rateest-name', value: { type: 'text', max: 15 }, mandatory: true, help: 'The name of the estimator.' },
    { long: '--rateest-interval', value: { type: 'duration' }, mandatory: true, help: 'How often to measure: `250ms`.' },
    { long: '--rateest-ewmalog', value: { type: 'duration' }, mandatory: true, help: 'Over how long to average: `500ms`.' },
  ],
  listed: {
    opening: '',
    options: [
      listedAs('--rateest-name', `name ${anyWord}`),
      listedAs('--rateest-interval', `interval ${anyWord}`),
      listedAs('--rateest-ewmalog', `ewmalog ${anyWord}`),
    ],
  },
};
