/** The match helper. Source: iptables-extensions(8) and libxt_helper.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs, quotedText } from '../support/listed.ts';

export const helperMatch: ExtensionData = {
  name: 'helper',
  help: 'Packets of a connection that a conntrack helper expects.',
  options: [
    {
      long: '--helper',
      value: { type: 'text', max: 29 },
      negatable: true,
      mandatory: true,
      help: 'The helper: `ftp`, `ftp-2121`.',
    },
  ],
  listed: {
    opening: 'helper match',
    options: [listedAs('--helper', `~${quotedText}`)],
  },
};
