/** The match owner. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_owner.c or kin, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const ownerMatch: ExtensionData = {
  name: 'owner',
  hooks: ['OUTPUT', 'POSTROUTING'],
  help: 'Who made a packet that this machine sends.',
  options: [
    { long: '--socket-exists', negatable: true, help: 'It comes from a socket.' },
    {
      long: '--uid-owner',
      value: { type: 'account', of: 'user' },
      negatable: true,
      help: 'The user, or a range of user numbers.',
    },
    {
      long: '--gid-owner',
      value: { type: 'account', of: 'group' },
      negatable: true,
      help: 'The group, or a range of group numbers.',
    },
    { long: '--suppl-groups', help: 'Supplementary groups count for --gid-owner too.' },
  ],
  listed: {
    opening: '',
    options: [
      listedAs('--uid-owner', `~owner UID match ${anyWord}`),
      listedAs('--gid-owner', `~owner GID match ${anyWord}`),
      listedAs('--socket-exists', '~owner socket exists'),
      listedAs('--suppl-groups', 'incl\\. suppl\\. groups'),
    ],
  },
};
