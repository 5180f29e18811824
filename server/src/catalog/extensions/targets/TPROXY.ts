/** The target TPROXY. Source: iptables-extensions(8) and libxt_TPROXY.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import { host, mark, port } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, markOption, textOption } from '../support/normalized.ts';

function tproxyMark(option: NormalizedOption | undefined): NormalizedOption {
  const value = option?.value;
  return value?.type === 'mark'
    ? markOption('--tproxy-mark', value.value, value.mask)
    : (option ?? markOption('--tproxy-mark', 0, 0));
}

const normalize: Normalize = (options, { family }) => [
  ...options.filter(({ name }) => name === '--on-port'),
  findOption(options, '--on-ip') ?? textOption('--on-ip', family === 'ipv4' ? '0.0.0.0' : '::'),
  tproxyMark(findOption(options, '--tproxy-mark')),
];

export const tproxyTarget: ExtensionData = {
  name: 'TPROXY',
  tables: ['mangle'],
  hooks: ['PREROUTING'],
  protocols: ['tcp', 'udp'],
  help: 'Hands the packet to a local socket without changing it.',
  options: [
    { long: '--on-port', value: port, mandatory: true, help: 'The port of the socket.' },
    { long: '--on-ip', value: host, help: 'The address of the socket; that of the interface when not given.' },
    { long: '--tproxy-mark', value: mark, help: 'The mark that the packet gets.' },
  ],
  normalize,
  listed: {
    opening: 'TPROXY redirect',
    options: [
      listedAs('--on-ip', '(\\S+)(?=:\\d+)'),
      listedAs('--on-port', ':(\\d+)'),
      listedAs('--tproxy-mark', `mark ${anyWord}`),
    ],
  },
};
