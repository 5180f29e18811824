import { describe, expect, it } from 'vitest';
import { lineEndChanges, type Repair, repairEdits } from '../../server/src/lint/support/repair.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { findingsIn } from './check-findings.ts';

/** A text after a repair's edits, made from the last to the first as an editor would. */
function repaired(text: string, repair: Repair): string {
  const lines = text.split('\n');
  const offsets = lines.map((_, index) => lines.slice(0, index).reduce((sum, line) => sum + line.length + 1, 0));
  let result = text;
  for (const { start, end, text: replacement } of repairEdits(readWholeDocument(text), repair).toReversed()) {
    const from = (offsets[start.line] ?? 0) + start.character;
    const to = (offsets[end.line] ?? 0) + end.character;
    result = result.slice(0, from) + replacement + result.slice(to);
  }
  return result;
}

const dump = `*nat
:PREROUTING ACCEPT [0:0]
:MINE - [0:0]

-A PREROUTING -m comment --comment "kubernetes service portals" -j MINE
COMMIT
`;

describe('a file that a transport damaged', () => {
  it.each([
    ['CR LF', dump.replaceAll('\n', '\r\n'), 'its lines end in CR LF'],
    ['an indent', dump.replace(/^(?=.)/gm, '\t'), 'its lines are indented'],
    ['trailing blanks', dump.replace(/$/gm, '   ').trimEnd().concat('   \n'), 'its lines have blanks at their end'],
    [
      'all three',
      dump.replace(/^(?=.)/gm, '    ').replaceAll('\n', ' \r\n'),
      'CR LF, its lines are indented, its lines have blanks',
    ],
  ])('by %s gets one warning, and a fix that makes it whole', (_, damaged, message) => {
    const findings = findingsIn(damaged);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['transport-damage', 'warning']]);
    expect(findings[0]?.message).toContain(message);
    expect(findings[0]?.fixes().map(({ safety, mendsLineEnds }) => [safety, mendsLineEnds])).toEqual([['unsafe', true]]);
    expect(repaired(damaged, 'transport')).toBe(dump);
  });

  it('by an indent gets one warning, too, where one line alone is refused for it', () => {
    const rules = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((ip) => `  -A INPUT -s ${ip}/32 -j DROP\n`).join('');
    expect(findingsIn(`  *filter\n${rules}COMMIT\n`).map(({ code, severity }) => [code, severity])).toEqual([
      ['transport-damage', 'warning'],
    ]);
  });

  it('by a byte order mark is told so', () => {
    expect(findingsIn(`\ufeff${dump}`).map(({ code, message }) => [code, message])).toEqual([
      ['transport-damage', 'iptables-restore would refuse this file: it begins with a byte order mark'],
    ]);
  });

  it('in one line only gets an error there', () => {
    const one = dump.replace('COMMIT', 'COMMIT ').replace('*nat', ' *nat');
    expect(
      findingsIn(one.replace('MINE - [0:0]\n', 'MINE - [0:0]\r\n')).map(({ code, line, severity }) => [line + 1, code, severity]),
    ).toEqual([
      [1, 'indented', 'error'],
      [3, 'carriage-return', 'error'],
      [6, 'trailing-blanks', 'error'],
    ]);
  });

  it('is left alone where it is somebody’s paste, which nobody restores', () => {
    const paste = `$ iptables-save\n${dump}`.replace(/^(?=.)/gm, '> ');
    expect(findingsIn(paste).map(({ code, severity }) => [code, severity])).toEqual([['not-iptables', 'info']]);
  });
});

describe('line ends', () => {
  it('are made LF on every line that has one', () => {
    const changes = lineEndChanges(readWholeDocument('*nat\r\n\nCOMMIT\r\n'));
    expect(changes).toEqual([
      { start: { line: 0, character: 4 }, end: { line: 1, character: 0 }, text: '\n' },
      { start: { line: 2, character: 6 }, end: { line: 3, character: 0 }, text: '\n' },
    ]);
  });
});

describe('several lines on one', () => {
  const escaped = String.raw`{"log": "*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -m comment --comment \"shop/web:http cluster IP\" -j KUBE-SVC-A\nCOMMIT\n"}`;

  it('are said once, with a fix that puts them apart', () => {
    const findings = findingsIn(`${escaped}\n`);
    expect(findings.map(({ code, severity, fixes }) => [code, severity, fixes()[0]?.title])).toEqual([
      ['joined-lines', 'info', 'Put each line on a line of its own'],
    ]);
    expect(repaired(`${escaped}\n`, 'plain-dump').split('\n')).toContain(
      '-A KUBE-SERVICES -m comment --comment "shop/web:http cluster IP" -j KUBE-SVC-A',
    );
  });

  it('padded by a terminal are put apart without the line numbers, and wrapped names are made whole', () => {
    const padded = `  2 -A KUBE-SERVICES -d 10.0.0.1/32 -j KUBE-      SVC-FKYB3VE56PGE3NL6${' '.repeat(60)}3 -A KUBE-SERVICES -d 10.0.0.2/32 -j KUBE-MARK-MASQ\n`;
    expect(repaired(padded, 'plain-dump')).toBe(
      '  2 -A KUBE-SERVICES -d 10.0.0.1/32 -j KUBE-SVC-FKYB3VE56PGE3NL6\n-A KUBE-SERVICES -d 10.0.0.2/32 -j KUBE-MARK-MASQ\n',
    );
  });

  it('are put apart at single blanks in a paste, and at wide ones behind what iptables would ignore', () => {
    expect(repaired('-A KUBE-SVC-A -j KUBE-SEP-A -A KUBE-SVC-A -j KUBE-SEP-B\n', 'plain-dump')).toBe(
      '-A KUBE-SVC-A -j KUBE-SEP-A\n-A KUBE-SVC-A -j KUBE-SEP-B\n',
    );
    expect(repaired('*nat      :PREROUTING ACCEPT [0:0]      COMMIT\n', 'plain-dump')).toBe(
      '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n',
    );
  });

  it('are one line where iptables-restore would refuse it as one', () => {
    const refused = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT -A INPUT -j DROP\nCOMMIT\n';
    expect(repaired(refused, 'plain-dump')).toBe(refused);
  });

  it('of which the first is none of iptables’ get the one error that iptables-restore had with them', () => {
    const text = `*filter
:INPUT ACCEPT [0:0]
nonsense   -A INPUT -j DROP
-A INPUT -s 10.0.0.1/32 -j ACCEPT
-A INPUT -s 10.0.0.2/32 -j ACCEPT
COMMIT
`;
    expect(findingsIn(text).map(({ line, message }) => [line + 1, message])).toEqual([[3, "Bad argument `nonsense'"]]);
  });

  it('of which the first is a rule are read that far', () => {
    const line = `-A KUBE-SVC-A -j KUBE-SEP-A${' '.repeat(80)}-A KUBE-SVC-A -j KUBE-SEP-B`;
    expect(readWholeDocument(line).lines.at(0)).toMatchObject({ kind: 'rule', name: 'KUBE-SVC-A', target: 'KUBE-SEP-A' });
  });

  it('are no several lines where a comment says "\\n"', () => {
    expect(
      findingsIn(String.raw`*filter
:INPUT ACCEPT [0:0]
-A INPUT -m comment --comment "a\nb -A c   -j d" -j ACCEPT
COMMIT
`),
    ).toEqual([]);
  });
});
