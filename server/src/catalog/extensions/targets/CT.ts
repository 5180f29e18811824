/** The target CT. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_CT.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { numberOf } from '../support/normalized.ts';

export const ctTarget: ExtensionData = {
  name: 'CT',
  tables: ['raw'],
  help: 'Settings of connection tracking for the packet’s connection.',
  options: [
    { long: '--notrack', help: 'Do not track it.' },
    { long: '--helper', value: { type: 'text', max: 15 }, help: 'Use this helper.' },
    { long: '--timeout', value: { type: 'text', max: 31 }, help: 'Use this timeout policy.' },
    {
      long: '--ctevents',
      value: {
        type: 'enum',
        values: ['new', 'related', 'destroy', 'reply', 'assured', 'protoinfo', 'helper', 'mark', 'natseqinfo', 'secmark'],
        list: true,
      },
      help: 'Report these events only.',
    },
    {
      long: '--expevents',
      value: { type: 'enum', values: ['new'], list: true },
      help: 'Report these events of expectations only.',
    },
    { long: '--zone-orig', value: { type: 'zone' }, help: 'The zone in the original direction only.' },
    { long: '--zone-reply', value: { type: 'zone' }, help: 'The zone in the reply direction only.' },
    { long: '--zone', value: { type: 'zone' }, help: 'The zone: a number, or the mark of the packet.' },
  ],
  normalize: (options) => options.filter((option) => !option.name.startsWith('--zone') || numberOf(option) !== 0),
  listed: {
    opening: '',
    options: [
      // The alias: the target's column says CT all the same.
      { long: '', pattern: 'NOTRACK', target: 'NOTRACK' },
      // "zone" had no blank in front of it before iptables 1.4.20.
      listedAs('', 'CT(?:(?=zone)|(?![\\w-]))'),
      listedAs('--notrack', 'notrack'),
      listedAs('--helper', `helper ((?:(?!zone \\d)\\S)+)`),
      listedAs('--timeout', `timeout ((?:(?!zone \\d)\\S)+)`),
      listedAs('--ctevents', `ctevents ${anyWord}`),
      listedAs('--expevents', `expevents ${anyWord}`),
      listedAs('--zone-orig', `zone-orig ${anyWord}`),
      listedAs('--zone-reply', `zone-reply ${anyWord}`),
      listedAs('--zone', `zone ${anyWord}`),
    ],
  },
};
