/** The target LOG. Source: iptables-extensions(8) and libxt_LOG.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs, listedFlags, quotedText } from '../support/listed.ts';
import { numberOf } from '../support/normalized.ts';

/** "LOG flags 3" is a set of options, one for each bit. */
const flagOptions = ['--log-tcp-sequence', '--log-tcp-options', '--log-ip-options', '--log-uid', undefined, '--log-macdecode'];

function isUsualLevel(level: string): boolean {
  return level === '4' || level === 'warn' || level === 'warning';
}

export const logTarget: ExtensionData = {
  name: 'LOG',
  help: 'Writes the packet to the kernel’s log and goes on.',
  options: [
    { long: '--log-prefix', value: { type: 'text', min: 1, max: 29, oneLine: true }, help: 'A text before it, up to 29 bytes.' },
    { long: '--log-level', value: { type: 'log-level' }, help: 'The level by name or number; 4, warning, when not given.' },
    { long: '--log-tcp-sequence', help: 'With TCP sequence numbers.' },
    { long: '--log-tcp-options', help: 'With the options of the TCP header.' },
    { long: '--log-ip-options', help: 'With the options of the IP header.' },
    { long: '--log-uid', help: 'With the user that sent it.' },
    { long: '--log-macdecode', help: 'With decoded MAC addresses.' },
  ],
  normalize: (options) => options.filter((option) => option.name !== '--log-level' || numberOf(option) !== 4),
  listed: {
    opening: 'LOG',
    options: [
      listedFlags('flags (\\d+)', flagOptions),
      listedAs('--log-level', `level ${anyWord}`, ([level = '']) => (isUsualLevel(level) ? undefined : [level])),
      // Without -n.
      ...['tcp-sequence', 'tcp-options', 'ip-options', 'uid', 'macdecode'].map((name) => listedAs(`--log-${name}`, name)),
      listedAs('--log-prefix', `prefix ${quotedText}`),
      // Before iptables 1.4.4.
      listedAs('--log-prefix', "prefix `([^']*)'"),
    ],
  },
};
