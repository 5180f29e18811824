/** The match owner. Source: iptables-extensions(8) and libxt_owner.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions } from '../../extension.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, hasGiven, missingOption, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';

function check(given: GivenOptions): ValueFault | undefined {
  for (const { name } of given.all) {
    if (name === '--gid-owner') break;
    if (name === '--suppl-groups')
      return missingOption('owner: Bad value for "--suppl-groups" option: "you need to use --gid-owner first"');
  }
  return hasGiven(given, '--uid-owner') || hasGiven(given, '--gid-owner') || hasGiven(given, '--socket-exists')
    ? undefined
    : missingOption('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required');
}

/** Source: xt_owner.c, owner_check. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  for (const long of ['--uid-owner', '--gid-owner']) {
    const value = readGiven(given, findGiven(given, long));
    if (value?.type === 'range' && value.range.from > value.range.to)
      return fault('reversed-range', `the kernel refuses the range ${value.text}: it ends before it begins`);
  }
  return undefined;
}

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
  check,
  kernelCheck,
  listed: {
    opening: '',
    options: [
      listedAs('--uid-owner', `~(?:owner|OWNER) UID match ${anyWord}`),
      listedAs('--gid-owner', `~(?:owner|OWNER) GID match ${anyWord}`),
      listedAs('--socket-exists', '~owner socket exists'),
      listedAs('--suppl-groups', 'incl\\. suppl\\. groups'),
    ],
  },
};
