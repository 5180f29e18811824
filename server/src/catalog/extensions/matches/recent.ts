/** The match recent. Source: iptables-extensions(8) and libxt_recent.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize } from '../../extension.ts';
import { host, uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenNumber, givenText, hasGiven, oneOf } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, flagOption, numberOf, textOption, unquoted, without } from '../support/normalized.ts';

const normalize: Normalize = (options, { family }) => {
  const all = family === 'ipv4' ? '255.255.255.255' : 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff';
  const side = findOption(options, '--rdest') ?? flagOption('--rsource');
  return [
    ...without(options, '--name', '--mask', '--rsource', '--rdest').filter(
      (option) => option.name !== '--hitcount' || numberOf(option) !== 0,
    ),
    unquoted(findOption(options, '--name') ?? textOption('--name', 'DEFAULT')),
    findOption(options, '--mask') ?? textOption('--mask', all),
    side,
  ];
};

/** How many times of one address the kernel remembers at the most. */
const mostHits = 65_535;

/** Source: xt_recent.c, recent_mt_check. */
function kernelCheck(given: GivenOptions): ValueFault | undefined {
  const operation = hasGiven(given, '--set') ? '--set' : hasGiven(given, '--remove') ? '--remove' : undefined;
  const seconds = givenNumber(given, '--seconds');
  const hits = givenNumber(given, '--hitcount') ?? 0;
  if (operation !== undefined && (seconds !== undefined || hits > 0 || hasGiven(given, '--reap')))
    return fault('excluded-option', `the kernel refuses --seconds, --hitcount and --reap beside ${operation}`);
  if (hits > mostHits) return fault('bad-number', `the kernel remembers ${mostHits} hits at the most`);
  const name = givenText(given, '--name') ?? 'DEFAULT';
  return name === '.' || name === '..' || name.includes('/')
    ? fault('bad-name', `the kernel takes no list named ${name}: it would be a file of that name`)
    : undefined;
}

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
  kernelCheck,
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
