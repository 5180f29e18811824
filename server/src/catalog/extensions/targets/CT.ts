/** The target CT. Source: iptables-extensions(8) and libxt_CT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import { fault } from '../../values/values.ts';
import { givenText, hasGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { numberOf, ordered, savedNames, without } from '../support/normalized.ts';

const zones = ['--zone', '--zone-orig', '--zone-reply'];

/** There is one zone: the last number typed, or the mark if that was ever typed, in the directions that were ever typed. Source: libxt_CT.c, ct_parse_zone_id. */
function zoneOf(options: readonly NormalizedOption[]): NormalizedOption | undefined {
  const typed = options.filter(({ name }) => zones.includes(name));
  const last = typed.findLast(({ value }) => value?.type === 'text') ?? typed.at(-1);
  if (last === undefined || numberOf(last) === 0) return undefined;
  const directions = zones.slice(1).filter((zone) => typed.some(({ name }) => name === zone));
  return { ...last, name: directions.length === 1 ? (directions[0] ?? '--zone') : '--zone' };
}

const normalize: Normalize = (options) => ordered([...without(options, ...zones), zoneOf(options)], savedNames(ctTarget));

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
  kernelCheck: (given) =>
    !hasGiven(given, '--notrack') &&
    (given.protocol === 0 || given.protocolNegated) &&
    ['--helper', '--timeout'].some((long) => (givenText(given, long) ?? '') !== '')
      ? fault('needs-protocol', 'the kernel refuses a helper or timeout of CT without -p')
      : undefined,
  orderCounts: true,
  normalize,
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
