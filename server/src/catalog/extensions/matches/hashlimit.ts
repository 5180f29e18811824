/** The match hashlimit. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_hashlimit.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const hashlimitMatch: ExtensionData = {
  name: 'hashlimit',
  help: 'A rate for each address, port or network: a token bucket for every key.',
  options: [
    {
      long: '--hashlimit-upto',
      aliases: ['--hashlimit'],
      value: { type: 'hash-rate' },
      negatable: true,
      excludes: ['--hashlimit-above'],
      help: 'Packets within this rate match.',
    },
    {
      long: '--hashlimit-above',
      value: { type: 'hash-rate' },
      negatable: true,
      excludes: ['--hashlimit-upto'],
      help: 'Packets above this rate match.',
    },
    { long: '--hashlimit-burst', value: { type: 'hash-burst' }, help: 'How much may come at once; 5 packets when not given.' },
    { long: '--hashlimit-mode', value: { type: 'hash-mode' }, help: 'What makes the key; one bucket for all when not given.' },
    {
      long: '--hashlimit-name',
      value: { type: 'text', min: 1, max: 255 },
      mandatory: true,
      help: 'The name under /proc/net/ipt_hashlimit.',
    },
    { long: '--hashlimit-htable-size', value: uint32, help: 'Number of buckets of the hash table.' },
    { long: '--hashlimit-htable-max', value: uint32, help: 'Most entries of the hash table.' },
    { long: '--hashlimit-htable-gcinterval', value: uint32, help: 'Milliseconds between clean-ups.' },
    { long: '--hashlimit-htable-expire', value: uint32, help: 'Milliseconds until an idle entry goes.' },
    {
      long: '--hashlimit-srcmask',
      value: { type: 'prefix-length' },
      help: 'Prefix length by which source addresses are grouped.',
    },
    {
      long: '--hashlimit-dstmask',
      value: { type: 'prefix-length' },
      help: 'Prefix length by which destination addresses are grouped.',
    },
    { long: '--hashlimit-rate-match', help: 'Judge the rate as it is, without a bucket.' },
    {
      long: '--hashlimit-rate-interval',
      value: { type: 'rate-interval' },
      help: 'Seconds over which the rate is taken.',
    },
  ],
  listed: {
    opening: 'limit:(?= (?:up to|above))',
    options: [
      listedAs('--hashlimit-upto', `up to ${anyWord}`),
      listedAs('--hashlimit-above', `above ${anyWord}`),
      listedAs('--hashlimit-burst', `burst ${anyWord}`),
      listedAs('--hashlimit-mode', `mode ${anyWord}`, ([mode = '']) => [mode.replaceAll('-', ',')]),
      listedAs('--hashlimit-htable-size', `htable-size ${anyWord}`),
      listedAs('--hashlimit-htable-max', `htable-max ${anyWord}`),
      listedAs('--hashlimit-htable-gcinterval', `htable-gcinterval ${anyWord}`),
      listedAs('--hashlimit-htable-expire', `htable-expire ${anyWord}`),
      listedAs('--hashlimit-srcmask', `srcmask ${anyWord}`),
      listedAs('--hashlimit-dstmask', `dstmask ${anyWord}`),
      listedAs('--hashlimit-rate-match', 'rate-match'),
      listedAs('--hashlimit-rate-interval', `rate-interval ${anyWord}`),
    ],
  },
};
