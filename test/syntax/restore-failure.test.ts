import { describe, expect, it } from 'vitest';
import { readRestoreFailure, readRestoreReason } from '../../server/src/syntax/pasted/restore-failure.ts';

/** "LINE: REASON", and what of the text says the line. */
function failure(text: string): readonly string[] | undefined {
  const found = readRestoreFailure(text);
  return found === undefined ? undefined : [`${found.inputLine}: ${found.reason}`, text.slice(found.start, found.end)];
}

describe('the line that iptables-restore refused', () => {
  it.each<readonly [text: string, said: readonly string[]]>([
    ['iptables-restore: line 7 failed', ['7: ', 'restore: line 7 failed']],
    ['ip6tables-restore v1.8.9 (nf_tables): \nError occurred at line: 12', ['12: ', 'Error occurred at line: 12']],
    [
      "iptables-restore v1.8.9 (nf_tables): Couldn't load target `X':No such file\\nError occurred at line: 40\\nTry more",
      ["40: Couldn't load target `X':No such file", 'Error occurred at line: 40'],
    ],
    [
      'iptables-restore v1.8.7 (nf_tables): line 91: RULE_APPEND failed (No such file or directory): rule in chain KUBE-SVC-A',
      ['91: RULE_APPEND failed (No such file or directory): rule in chain KUBE-SVC-A', 'restore v1.8.7 (nf_tables): line 91: '],
    ],
    [
      'E0101 proxier.go:1] "Failed" err="exit status 4: iptables-restore v1.8.7 (nf_tables): line 5: CHAIN_USER_DEL failed (Device busy): chain A" rules=3',
      ['5: CHAIN_USER_DEL failed (Device busy): chain A', 'restore v1.8.7 (nf_tables): line 5: '],
    ],
    ['Failed to execute iptables-restore: exit status 1 (iptables-restore: line 33 failed', ['33: ', 'restore: line 33 failed']],
    [
      'Failed to execute iptables-restore: exit status 2 (unknown option "--x"\\nError occurred at line: 3)',
      ['3: unknown option "--x"', 'Error occurred at line: 3'],
    ],
  ])('%s', (text, said) => {
    expect(failure(text)).toEqual(said);
  });

  it.each([
    'iptables-restore: line was read',
    'iptables-restore v1.8.9: line 7: something else',
    'iptables-save: line 7 failed',
    'Error occurred at lines: 7',
    ':KUBE-SVC - [0:0]',
  ])('is not told of by: %s', (text) => {
    expect(failure(text)).toBeUndefined();
  });
});

describe('the reason that a line states', () => {
  const long = 'x'.repeat(300);

  it.each<readonly [text: string, reason: string | undefined]>([
    ["iptables-restore v1.8.4 (legacy): Couldn't load target `A'", "Couldn't load target `A'"],
    ['iptables-restore v1.8.4 (legacy): unknown option "--x"', 'unknown option "--x"'],
    ['err="iptables-restore v1.8.4 (legacy): host/network `a\' not found" attempt=3', "host/network `a' not found"],
    ['(exit status 2: iptables-restore v1.8.4 (legacy): no command)', 'no command'],
    ['iptables-nft-restore v1.8.9 (nf_tables): rule (A) failed)', 'rule (A) failed)'],
    ['iptables-restore v1.8.4 (legacy): first\nsecond', 'first'],
    [`iptables-restore v1.8.4 (legacy): ${long}`, long.slice(0, 200)],
    ['iptables v1.8.4 (legacy): no chain', undefined],
    ['restored', undefined],
  ])('%s', (text, reason) => {
    expect(readRestoreReason(text)).toBe(reason);
  });
});
