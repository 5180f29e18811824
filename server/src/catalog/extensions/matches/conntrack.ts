/** The match conntrack. Source: iptables-extensions(8) and libxt_conntrack.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { network, portRange, protocol, uint32Range } from '../../values/value-kinds.ts';
import { conntrackStates, conntrackStatuses } from '../../values/words.ts';
import { anyOption } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { replaceText } from '../support/normalized.ts';

const listedNames = [
  'state',
  'proto',
  'origsrcport',
  'origdstport',
  'replsrcport',
  'repldstport',
  'origsrc',
  'origdst',
  'replsrc',
  'repldst',
];

const normalize: Normalize = (options) =>
  options.map((option) => {
    const value = option.value;
    if (value?.type === 'ports' && value.ranges[0]?.to === 0) return replaceText(option, `${value.ranges[0].from}`);
    if (option.name === '--ctstatus' && value?.type === 'words' && value.words.length > 1) {
      const words = value.words.filter((status) => status !== 'NONE');
      return { ...option, value: { type: 'words', words, text: words.join(',') } };
    }
    return value?.type === 'protocol' ? replaceText(option, `${value.number}`) : option;
  });

export const conntrackMatch: ExtensionData = {
  name: 'conntrack',
  help: 'What connection tracking knows of the packet.',
  options: [
    {
      long: '--ctstate',
      value: { type: 'enum', values: conntrackStates, list: true, ignoreCase: true, beginning: true },
      negatable: true,
      help: 'The connection is in one of these states.',
    },
    { long: '--ctproto', value: protocol, negatable: true, help: 'Its protocol.' },
    { long: '--ctorigsrc', value: network, negatable: true, help: 'Its source before translation.' },
    { long: '--ctorigdst', value: network, negatable: true, help: 'Its destination before translation.' },
    { long: '--ctreplsrc', value: network, negatable: true, help: 'The source of its replies.' },
    { long: '--ctrepldst', value: network, negatable: true, help: 'The destination of its replies.' },
    { long: '--ctorigsrcport', value: portRange, negatable: true, help: 'Its source port before translation.' },
    { long: '--ctorigdstport', value: portRange, negatable: true, help: 'Its destination port before translation.' },
    { long: '--ctreplsrcport', value: portRange, negatable: true, help: 'The source port of its replies.' },
    { long: '--ctrepldstport', value: portRange, negatable: true, help: 'The destination port of its replies.' },
    {
      long: '--ctstatus',
      value: { type: 'enum', values: ['NONE', ...conntrackStatuses], list: true, ignoreCase: true, beginning: true },
      negatable: true,
      help: 'One of these is true of it.',
    },
    { long: '--ctexpire', value: uint32Range, negatable: true, help: 'Seconds until it is forgotten.' },
    {
      long: '--ctdir',
      value: { type: 'enum', values: ['ORIGINAL', 'REPLY'], ignoreCase: true },
      help: 'The packet goes the way of the first one, or the other way.',
    },
  ],
  check: anyOption('conntrack: At least one option is required'),
  normalize,
  listed: {
    opening: '',
    options: [
      ...listedNames.map((name) => listedAs(`--ct${name}`, `~ct${name} ${anyWord}`)),
      listedAs('--ctstatus', `~ctstatus ${anyWord}`),
      listedAs('--ctexpire', `~ctexpire ${anyWord}`),
      listedAs('--ctdir', `~ctdir ${anyWord}`),
    ],
  },
};
