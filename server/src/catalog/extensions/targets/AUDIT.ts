/** The target AUDIT. Source: iptables-extensions(8) and libxt_AUDIT.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const auditTarget: ExtensionData = {
  name: 'AUDIT',
  help: 'Writes an audit record.',
  options: [
    {
      long: '--type',
      value: { type: 'enum', values: ['accept', 'drop', 'reject'], ignoreCase: true },
      mandatory: true,
      help: 'What the record says was done.',
    },
  ],
  listed: {
    opening: '',
    options: [listedAs('--type', 'AUDIT (accept|drop|reject)')],
  },
};
