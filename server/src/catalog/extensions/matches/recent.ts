/** The match recent. Source: iptables-extensions(8) of iptables 1.8.9, its libxt_recent.c or kin, and runs of it. */
import type { ExtensionData, Normalize } from '../../extension.ts';
import { host, uint32 } from '../../values/value-kinds.ts';
import { oneOf } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, flagOption, textOption, unquoted, without } from '../support/normalized.ts';

const normalize: Normalize = (options, { family }) => {
  const all = family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const side = findOption(options, '--rdest') ?? flagOption('--rsource');
  return [
    ...without(options, '--name', '--mask', '--rsource', '--rdest'),
    unquoted(findOption(options, '--name') ?? textOption('--name', 'DEFAULT')),
    findOption(options, '--mask') ?? textOption('--mask', all),
    side,
  ];
};

export const recentMatch: ExtensionData = {
  name: 'recent',
  help: 'A list of addresses, seen how often and when.',
  options: [
    { long: '--set', negatable: true, excludes: ['--rcheck', '--update', '--remove'], help: 'Put the address on the list.' },
    { long: '--rcheck', negatable: true, excludes: ['--set', '--update', '--remove'], help: 'The address is on the list.' },
    {
      long: '--update',
      negatable: true,
      excludes: ['--set', '--rcheck', '--remove'],
      help: 'The address is on the list; note that it was seen again.',
    },
    {
      long: '--remove',
      negatable: true,
      excludes: ['--set', '--rcheck', '--update'],
      help: 'The address was on the list and is taken off.',
    },
    { long: '--seconds', value: { type: 'uint', bits: 32, min: 1 }, help: 'It was seen within so many seconds.' },
    { long: '--reap', requires: ['--seconds'], help: 'Drop what is older.' },
    { long: '--hitcount', value: uint32, help: 'It was seen at least so often.' },
    { long: '--rttl', excludes: ['--set', '--remove'], help: 'The TTL is the one that --set saw.' },
    { long: '--name', value: { type: 'text', min: 1, max: 199 }, help: 'The name of the list; DEFAULT when not given.' },
    { long: '--mask', value: host, help: 'The part of the address that counts.' },
    { long: '--rsource', help: 'The source address, the default.' },
    { long: '--rdest', help: 'The destination address.' },
  ],
  check: oneOf(
    "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'",
    '--set',
    '--rcheck',
    '--update',
    '--remove',
  ),
  normalize,
  listed: {
    opening: '(?:!\\s*)?recent:',
    options: [
      listedAs('--set', 'SET'),
      listedAs('--rcheck', 'CHECK'),
      listedAs('--update', 'UPDATE'),
      listedAs('--remove', 'REMOVE'),
      listedAs('--seconds', `seconds: ${anyWord}`),
      listedAs('--reap', 'reap'),
      listedAs('--hitcount', `hit_count: ${anyWord}`),
      listedAs('--rttl', 'TTL-Match'),
      listedAs('--name', `name: ${anyWord}`),
      listedAs('--rsource', 'side: source'),
      listedAs('--rdest', 'side: dest'),
      listedAs('--mask', `mask: ${anyWord}`),
    ],
  },
};
