/**
 * The options that iptables has without any extension, but for its commands (-A, -I ...), which are in syntax/commands.ts: iptables(8), "PARAMETERS" and
 * "OTHER OPTIONS". The order is the one in which iptables-save prints them.
 */
import type { OptionData } from './extension.ts';
import { interfaceName, protocol, text } from './values/value-kinds.ts';

export const coreOptionData = [
  {
    long: '--set-counters',
    short: '-c',
    saved: '-c',
    value: { type: 'counters' },
    help: 'Start the packet and byte counters of the rule at these numbers.',
  },
  {
    long: '--source',
    short: '-s',
    aliases: ['--src'],
    saved: '-s',
    value: { type: 'networks' },
    negatable: true,
    help: 'The packet comes from this address or network. Several with commas between become several rules.',
  },
  {
    long: '--destination',
    short: '-d',
    aliases: ['--dst'],
    saved: '-d',
    value: { type: 'networks' },
    negatable: true,
    help: 'The packet goes to this address or network. Several with commas between become several rules.',
  },
  {
    long: '--in-interface',
    short: '-i',
    saved: '-i',
    value: interfaceName,
    negatable: true,
    help: 'The packet came in through this interface; a trailing + stands for any ending. Not in OUTPUT and POSTROUTING.',
  },
  {
    long: '--out-interface',
    short: '-o',
    saved: '-o',
    value: interfaceName,
    negatable: true,
    help: 'The packet will leave through this interface; a trailing + stands for any ending. Not in INPUT and PREROUTING.',
  },
  {
    long: '--protocol',
    short: '-p',
    saved: '-p',
    value: protocol,
    negatable: true,
    help: 'The packet has this protocol: a name, a number, or all. The options of a match with that name become known.',
  },
  {
    long: '--fragments',
    short: '-f',
    saved: '-f',
    negatable: true,
    families: ['ipv4'],
    help: 'Second and further fragments only; with ! heads of fragmented and whole packets only.',
  },
  {
    long: '--match',
    short: '-m',
    saved: '-m',
    value: { type: 'match-name' },
    repeatable: true,
    help: 'Load a match; the options behind it belong to it.',
  },
  {
    long: '--jump',
    short: '-j',
    saved: '-j',
    value: { type: 'target' },
    help: 'What to do with a packet that matches: ACCEPT, DROP, RETURN, a target, or a chain to go through and come back from.',
  },
  {
    long: '--goto',
    short: '-g',
    saved: '-g',
    value: { type: 'chain' },
    help: 'Go on in this chain; RETURN there returns to whence this chain was called.',
  },
  { long: '--ipv4', short: '-4', saved: '-4', help: 'ip6tables-restore skips the line.' },
  { long: '--ipv6', short: '-6', saved: '-6', help: 'iptables-restore skips the line.' },
  { long: '--verbose', short: '-v', saved: '-v', repeatable: true, help: 'Say more; no effect in a file.' },
  { long: '--table', short: '-t', value: { type: 'table-name' }, help: 'The table; an error in a file, where `*table` says it.' },
  { long: '--numeric', short: '-n', help: 'Addresses and ports as numbers in listings; an error beside a rule.' },
  { long: '--line-numbers', help: 'Number the rules in listings; an error beside a rule.' },
  { long: '--exact', short: '-x', help: 'Exact counters in listings; an error beside a rule.' },
  { long: '--wait', short: '-w', help: 'Wait for the lock; an error in a file.' },
  { long: '--wait-interval', short: '-W', help: 'How often to try for the lock; an error in a file.' },
  { long: '--modprobe', short: '-M', value: text, help: 'The program that loads kernel modules.' },
  { long: '--version', short: '-V', help: 'Print the version and do nothing.' },
  { long: '--help', short: '-h', help: 'Print a summary and do nothing.' },
] as const satisfies readonly OptionData[];

/**
 * Long names of iptables' commands. getopt looks at them too when it decides whether the beginning of an option's name is unique:
 * `--re` may be --replace or --rename-chain.
 */
export const commandNames: readonly string[] = [
  '--append',
  '--delete',
  '--check',
  '--insert',
  '--replace',
  '--list',
  '--list-rules',
  '--flush',
  '--zero',
  '--new-chain',
  '--delete-chain',
  '--rename-chain',
  '--policy',
];
