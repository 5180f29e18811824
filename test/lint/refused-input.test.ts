import { describe, expect, it } from 'vitest';
import { splitJoined } from '../../server/src/syntax/pasted/joined-lines.ts';
import { findingsIn } from './check-findings.ts';

/** [line, message] of each finding about refused input. */
function refusals(text: string): readonly (readonly [number, string])[] {
  return findingsIn(text)
    .filter(({ code }) => code === 'refused-input')
    .map(({ line, message }) => [line + 1, message]);
}

const input = `*nat
:KUBE-SERVICES - [0:0]
-A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
COMMIT
`;

describe('kube-proxy’s log of input that iptables-restore refused', () => {
  it('names the line of the rules that follow, and the reason', () => {
    expect(
      refusals(`E0627 09:28:54.054930       1 proxier.go:1598] Failed to execute iptables-restore: exit status 2 (iptables-restore v1.8.4 (legacy): Couldn't load target \`KUBE-MARK-DROP':No such file or directory

Error occurred at line: 3
Try \`iptables-restore -h' or 'iptables-restore --help' for more information.
)
Rules:
${input}`),
    ).toEqual([
      [
        9,
        "iptables-restore refused this line, line 3 of its input: Couldn't load target `KUBE-MARK-DROP':No such file or directory",
      ],
    ]);
  });

  it.each([
    [
      'klog with fields',
      `E0302 11:06:11.978073       1 proxier.go:1541] "Failed to execute iptables-restore" err="exit status 2 (iptables-restore v1.8.4 (legacy): Couldn't load target \`KUBE-X':No such file or directory\\n\\nError occurred at line: 3\\n)" rules=${JSON.stringify(input)}\n`,
      "iptables-restore refused this line, line 3 of its input: Couldn't load target `KUBE-X':No such file or directory",
    ],
    [
      'logfmt',
      `time="2024-03-02T11:06:11Z" level=error msg="exit status 1 (iptables-restore: line 3 failed)" rules=${JSON.stringify(input)}\n`,
      'iptables-restore refused this line, line 3 of its input',
    ],
    [
      'JSON',
      `${JSON.stringify({ msg: 'refused', err: 'iptables-restore: line 3 failed', input })}\n`,
      'iptables-restore refused this line, line 3 of its input',
    ],
  ])('names the line of the rules on the same line, in %s, and has no error', (_log, text, message) => {
    expect(refusals(text.split('\n').flatMap(splitJoined).join('\n'))).toEqual([[4, message]]);
    const found = findingsIn(text.split('\n').flatMap(splitJoined).join('\n'));
    expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('has the reason that stands closest above it', () => {
    const log = (...lines: readonly string[]): readonly string[] =>
      refusals(`${lines.join('\n')}\n${input}`).map(([, message]) => message);
    const place = 'Error occurred at line: 3';
    const reason = "iptables-restore v1.8.9 (nf_tables): Couldn't load target `KUBE-X':No such file or directory";
    const said =
      "iptables-restore refused this line, line 3 of its input: Couldn't load target `KUBE-X':No such file or directory";
    const unsaid = 'iptables-restore refused this line, line 3 of its input';
    expect(log(reason, '', place)).toEqual([said]);
    expect(log("Bad argument `-x'", reason, place)).toEqual([said]);
    expect(log(reason, '', '', '', place)).toEqual([said]);
    expect(log(reason, '', '', '', '', place)).toEqual([unsaid]);
    expect(log(place, reason)).toEqual([unsaid]);
  });

  it.each([
    [
      "E0303 22:19:54.261094       1 proxier.go:1507] Failed to execute iptables-restore: exit status 2 (iptables-restore v1.8.3 (legacy): invalid mask `112' specified",
      "invalid mask `112' specified",
    ],
    [
      'E0812 07:12:01.111111       1 proxier.go:1402] Failed to execute iptables-restore: exit status 4 (Another app is currently holding the xtables lock; still 4s 0us time ahead)',
      'Another app is currently holding the xtables lock; still 4s 0us time ahead',
    ],
  ])('is told by a log that names no line: %j', (log, reason) => {
    const said = `iptables-restore did not load its input: ${reason}`;
    expect(refusals(`What happened:\n${log}\n${log}\nI restarted it.\n`)).toEqual([[2, said]]);
    // Where the log says the place as well, that is what it means.
    expect(refusals(`${log}\n\n\n\n\n\nError occurred at line: 3\n`).map(([line]) => line)).toEqual([7]);
  });

  it('has the reason in the words of kube-proxy, too', () => {
    const log =
      "Nov 14 11:06:11 node-a kube-proxy[12085]: E1114 11:06:11.955523   12085 proxier.go:1282] Failed to execute iptables-restore: exit status 2 (Bad argument `KUBE-SVC-A'\nNov 14 11:06:11 node-a kube-proxy[12085]: Error occurred at line: 33\n";
    expect(refusals(log)).toEqual([
      [2, "iptables-restore refused line 33 of its input, which the text does not show: Bad argument `KUBE-SVC-A'"],
    ]);
  });

  it('names the line of the rules above', () => {
    expect(
      refusals(`I0627 09:28:54.054930       1 proxier.go:1500] Restoring iptables rules: ${input}E0627 09:28:54.054930       1 proxier.go:1598] Failed to execute iptables-restore: exit status 1 (iptables-restore: line 4 failed
)`),
    ).toEqual([[4, 'the kernel refused the table that ends here, line 4 of its input']]);
  });

  it('says so where the input is not shown', () => {
    expect(
      refusals(
        `${input}E0627 09:28:54.054930 1 proxier.go:1598] Failed to execute iptables-restore: exit status 1 (iptables-restore: line 86 failed\\n)`,
      ),
    ).toEqual([[5, 'iptables-restore refused line 86 of its input, which the text does not show']]);
  });

  it('has the words of the nft back end', () => {
    expect(
      refusals(
        `E0627 09:28:54.054930 1 proxier.go:1598] "Failed to execute iptables-restore" err="exit status 4: iptables-restore v1.8.7 (nf_tables): \\nline 3: RULE_APPEND failed (No such file or directory): rule in chain KUBE-SERVICES\\n"\n${input}`,
      ).length,
    ).toBeLessThanOrEqual(1);
    expect(
      refusals(
        `ip6tables-restore: line 3: RULE_APPEND failed (No such file or directory): rule in chain KUBE-SERVICES\n${input}`,
      ),
    ).toEqual([
      [
        4,
        'iptables-restore refused this line, line 3 of its input: RULE_APPEND failed (No such file or directory): rule in chain KUBE-SERVICES',
      ],
    ]);
  });

  it('is found in the journal, too', () => {
    const journal = `Failed to execute iptables-restore: exit status 2 (iptables-restore: line 3 failed\n)\n${input}`
      .split('\n')
      .map((line) => (line === '' ? '' : `Nov 14 11:06:11 node-a kube-proxy[12085]: ${line}`))
      .join('\n');
    expect(refusals(journal)).toEqual([[5, 'iptables-restore refused this line, line 3 of its input']]);
  });

  it.each(['line 3 failed', 'see line 42 of iptables-restore', 'iptables-restore: line numbers start at 1'])(
    'is not %j',
    (text) => {
      expect(refusals(`${text}\n${input}`)).toEqual([]);
    },
  );
});

describe('what iptables-save printed behind the failure', () => {
  const input = '* nat\n-N PROXY_REDIRECT\n-A PROXY_REDIRECT -p tcp -j REDIRECT --to-port 15001\nCOMMIT\n';
  const saved = '# Generated by iptables-save v1.6.1 on Wed May 27 15:15:35 2020\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';

  it('is not the input: that stands in front', () => {
    const found = findingsIn(`${input}\niptables-restore: line 2 failed\n${saved}`).filter(
      ({ code }) => code === 'refused-input',
    );
    expect(found.map(({ line }) => line)).toEqual([1]);
  });

  it('keeps the quotes of the reason', () => {
    const log = 'exit status 2: iptables-restore v1.8.7 (nf_tables): unknown option "--xor-mark"\nError occurred at line: 2\n';
    expect(findingsIn(`${input}${log}`).map(({ message }) => message)).toContain(
      'iptables-restore refused this line, line 2 of its input: unknown option "--xor-mark"',
    );
  });
});
