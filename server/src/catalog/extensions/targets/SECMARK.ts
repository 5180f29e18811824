/** The target SECMARK. Source: iptables-extensions(8) and libxt_SECMARK.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const secmarkTarget: ExtensionData = {
  name: 'SECMARK',
  tables: ['mangle', 'security'],
  help: 'Sets the security mark of the packet.',
  options: [{ long: '--selctx', value: { type: 'text', max: 255 }, mandatory: true, help: 'The security context.' }],
  listed: { opening: 'SECMARK', options: [listedAs('--selctx', `selctx ${anyWord}`)] },
};
