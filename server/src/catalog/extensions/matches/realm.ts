/** The match realm. Source: iptables-extensions(8) and libipt_realm.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const realmMatch: ExtensionData = {
  name: 'realm',
  families: ['ipv4'],
  hooks: ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  help: 'The realm that routing gave the packet.',
  options: [
    {
      long: '--realm',
      value: { type: 'realm' },
      negatable: true,
      mandatory: true,
      help: 'By number, with a mask, or by name.',
    },
  ],
  listed: {
    opening: '',
    options: [listedAs('--realm', `~realm ${anyWord}`)],
  },
};
