/** The target REJECT. Source: iptables-extensions(8) and libipt_REJECT.c and libip6t_REJECT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { fault } from '../../values/values.ts';
import { givenText } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

const normalize: Normalize = (options, { family }) => {
  const answer = family === 'ipv4' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable';
  return options.length > 0
    ? options
    : [{ name: '--reject-with', negated: false, value: { type: 'words', words: [answer], text: answer } }];
};

export const rejectTarget: ExtensionData = {
  name: 'REJECT',
  tables: ['filter'],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT'],
  help: 'Drops the packet and tells the sender.',
  options: [
    {
      long: '--reject-with',
      value: { type: 'reject-type' },
      help: 'The answer: an ICMP error by name, or tcp-reset.',
    },
  ],
  kernelCheck: (given) =>
    /^tcp/i.test(givenText(given, '--reject-with') ?? '') && (given.protocol !== 6 || given.protocolNegated)
      ? fault('needs-protocol', 'the kernel refuses REJECT with tcp-reset without -p tcp')
      : undefined,
  normalize,
  listed: {
    opening: '',
    options: [listedAs('--reject-with', `reject-with ${anyWord}`)],
  },
};
