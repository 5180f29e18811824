const noBuiltin =
  'No built-in chain is named and nothing is declared: this is how a part of a dump looks, in which the missing part may declare the chain.';
const withCounters = 'Refused only with -c, which restores counters; without it iptables-restore takes the line, and so do we.';
const otherText =
  'Text that is no line of iptables is said once, as information: people paste dumps with scripts, sets and prose around them.';

/**
 * Cases of the recorded whole files on which we say something else than real iptables, each with the reason. `file-level.test.ts` fails when one
 * of them agrees, so that the list stays true.
 */
export const knownDifferences: ReadonlyMap<string, string> = new Map([
  ['append to undeclared chain', noBuiltin],
  ['error in 2nd table: is the 1st committed?', noBuiltin],
  ['-A=INPUT', noBuiltin],
  ['counters on chain bad, with -c `-c`', withCounters],
  ['counters on chain missing, with -c `-c`', withCounters],
  ['[1:2] before -D with -c `-c`', withCounters],
  [
    '[x:y] -A, without -c',
    'Without -c iptables-restore does not look at the counters; with -c it refuses these. A file with such counters is broken all the same.',
  ],
  [
    'delete existing rule with --noflush `--noflush` (after: `*filter⏎-A INPUT -j ACCEPT⏎COMMIT⏎`)',
    'A file does not say that it is for --noflush, nor what stands in the kernel; the message names --noflush.',
  ],
  [
    'NUL byte in a rule',
    'For iptables a line ends at a NUL byte, in an editor it does not: what stands behind it is shown and checked.',
  ],
  [
    'unknown match',
    'An extension that we do not know is kept and shown, not refused: it may be installed where the dump comes from. It is a warning.',
  ],
  ['shell script', otherText],
  ['nft ruleset', otherText],
  ['ipset save lines', 'Sets beside a dump are read, so that their members can be shown.'],
]);
