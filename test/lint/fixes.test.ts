import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import type { Change } from '../../server/src/lint/mending/change.ts';
import { mend } from '../../server/src/lint/mending/mend.ts';
import { lastDeclaration } from '../../server/src/lint/mending/mendable.ts';
import { changedLines, textOf, unmendedLines, withOwnLineEnds } from '../../server/src/lint/mending/mended-text.ts';
import { finding } from '../../server/src/lint/support/finding.ts';
import type { Severities } from '../../server/src/lint/support/judge.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { dump, findingsIn } from './check-findings.ts';

/** The fixes of the first finding with a code, by title, each with the text that it makes. */
function mended(text: string, code: string): Readonly<Record<string, string>> {
  const document = readWholeDocument(text, 'node.iptables');
  const input = { document, ruleset: buildWholeRuleset(document) };
  const found = runToEnd(allFindings(input, ownSeverities, undefined)).findings.find((each) => each.code === code);
  if (found === undefined) throw new Error(`no ${code}`);
  return Object.fromEntries(
    found.fixes().map((fix) => {
      const changes = withOwnLineEnds(document, fix.changes());
      return [fix.title, runToEnd(textOf(runToEnd(changedLines(runToEnd(unmendedLines(text)), changes))))];
    }),
  );
}

describe('what lets packets go before KUBE-POSTROUTING', () => {
  const before = dump(`
    *nat
    :POSTROUTING ACCEPT [0:0]
    :KUBE-POSTROUTING - [0:0]
    -A POSTROUTING -o docker0 -j MASQUERADE
    -A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN
    -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
    -A KUBE-POSTROUTING -j MASQUERADE
    COMMIT
  `);

  it('stands behind the jump there afterwards, and what was above it stays above', () => {
    expect(mended(before, 'accepted-before-masquerading')).toEqual({
      'Put the jump to KUBE-POSTROUTING above this rule': dump(`
        *nat
        :POSTROUTING ACCEPT [0:0]
        :KUBE-POSTROUTING - [0:0]
        -A POSTROUTING -o docker0 -j MASQUERADE
        -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
        -A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN
        -A KUBE-POSTROUTING -j MASQUERADE
        COMMIT
      `),
    });
  });
});

describe('a mark that is not cleared before masquerading', () => {
  const postrouting = (...more: readonly string[]): string => `*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
${more.join('')}COMMIT
`;

  it('is cleared as kube-proxy does since 1.19', () => {
    expect(Object.values(mended(postrouting(), 'mark-not-cleared'))).toEqual([
      `*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE
COMMIT
`,
    ]);
  });

  it('is left to somebody who knows, where more rules follow', () => {
    expect(mended(postrouting('-A KUBE-POSTROUTING -s 10.0.0.0/8 -j RETURN\n'), 'mark-not-cleared')).toEqual({});
  });
});

describe('rules below COMMIT', () => {
  const outside = (declared: string, rules: string): string => `*filter
:INPUT ACCEPT [0:0]
${declared}-A INPUT -i lo -j ACCEPT
COMMIT
${rules}`;

  it('go to the end of the table above, where it has their chains', () => {
    expect(mended(outside(':OPS - [0:0]\n-A INPUT -j OPS\n', '-A OPS -s 10.0.0.1/32 -j ACCEPT\n'), 'outside-table')).toEqual({
      'Move it into *filter above': `*filter
:INPUT ACCEPT [0:0]
:OPS - [0:0]
-A INPUT -j OPS
-A INPUT -i lo -j ACCEPT
-A OPS -s 10.0.0.1/32 -j ACCEPT
COMMIT
`,
    });
  });

  it('come with the declarations that stand beside them', () => {
    expect(mended(outside('', ':OPS - [0:0]\n-A INPUT -j OPS\n-A OPS -j DROP\n'), 'outside-table')).toEqual({
      'Move these 3 lines into *filter above': `*filter
:INPUT ACCEPT [0:0]
:OPS - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -j OPS
-A OPS -j DROP
COMMIT
`,
    });
  });

  it('stay where they are if nobody declares their chain', () => {
    expect(mended(outside('', '-A OPS -s 10.0.0.1/32 -j ACCEPT\n'), 'outside-table')).toEqual({});
    expect(mended(outside('', '-A INPUT -j OPS\n'), 'outside-table')).toEqual({});
  });
});

describe('options that do not go together', () => {
  const rule = (text: string): string => `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${text}\nCOMMIT\n`;
  const fixesFor = (text: string, code: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(mended(rule(text), code)).map(([title, after]) => [
        title,
        after.split('\n')[2]?.slice('-A INPUT '.length) ?? '',
      ]),
    );

  it.each([
    [
      'the one protocol that a match is for',
      '! -s 10.0.0.1 -m udp --dport 53 -j DROP',
      'needs-protocol',
      {
        'Put -p udp before it': '-p udp ! -s 10.0.0.1 -m udp --dport 53 -j DROP',
      },
    ],
    [
      'each protocol that has ports',
      '-m multiport --dports 80,443 -j DROP',
      'needs-protocol',
      {
        'Put -p tcp before it': '-p tcp -m multiport --dports 80,443 -j DROP',
        'Put -p udp before it': '-p udp -m multiport --dports 80,443 -j DROP',
        'Put -p sctp before it': '-p sctp -m multiport --dports 80,443 -j DROP',
        'Put -p dccp before it': '-p dccp -m multiport --dports 80,443 -j DROP',
        'Put -p udplite before it': '-p udplite -m multiport --dports 80,443 -j DROP',
      },
    ],
    ['no second protocol', '-p icmp -m multiport --dports 80,443 -j DROP', 'needs-protocol', {}],
    [
      'one of two options',
      '-p tcp -m tcp --syn ! --tcp-flags SYN,ACK SYN -j DROP',
      'excluded-option',
      {
        'Remove --syn': '-p tcp -m tcp ! --tcp-flags SYN,ACK SYN -j DROP',
        'Remove ! --tcp-flags SYN,ACK SYN': '-p tcp -m tcp --syn -j DROP',
      },
    ],
    [
      'what the kernel does not take beside another',
      '-m recent --set --seconds 5 --name a',
      'excluded-option',
      {
        'Remove --seconds 5': '-m recent --set --name a',
      },
    ],
    [
      'one of two values, also at the end',
      '-s 10.0.0.1 -j DROP -s 10.0.0.2',
      'repeated-option',
      {
        'Remove -s 10.0.0.1': '-j DROP -s 10.0.0.2',
        'Remove -s 10.0.0.2': '-s 10.0.0.1 -j DROP',
      },
    ],
  ])('%s', (_, text, code, expected) => {
    expect(fixesFor(text, code)).toEqual(expected);
  });
});

describe('a host port that two Pods have', () => {
  it('is freed by removing either of the two rules', () => {
    const rule = (port: number, name: string): string =>
      `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cni\\" id: \\"${name}\\"" -m multiport --dports ${port} -j CNI-DN-${name}\n`;
    const text = (...rules: readonly string[]): string =>
      `*nat\n:PREROUTING ACCEPT [0:0]\n:CNI-DN-aaaa - [0:0]\n:CNI-DN-bbbb - [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n-A PREROUTING -j CNI-HOSTPORT-DNAT\n${rules.join('')}COMMIT\n`;
    expect(mended(text(rule(80, 'aaaa'), rule(80, 'bbbb')), 'host-port-used-twice')).toEqual({
      'Remove the rule that takes the traffic (line 7)': text(rule(80, 'bbbb')),
      'Remove this rule': text(rule(80, 'aaaa')),
    });
  });
});

describe('where a table declares its chains', () => {
  it('is behind the last declaration above its rules, else behind its name', () => {
    const text = `*filter
:INPUT ACCEPT [0:0]
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:MINE - [0:0]
-A PREROUTING -j MINE
:LATE - [0:0]
COMMIT
*raw
COMMIT
`;
    const ruleset = buildWholeRuleset(readWholeDocument(text));
    expect(ruleset.tables.map((table) => [table.name, lastDeclaration(ruleset, table)])).toEqual([
      ['filter', 1],
      ['nat', 5],
      ['raw', 9],
    ]);
  });
});

describe('fixes of one round', () => {
  const place = (line: number, character: number) => ({ line, character });

  /** The text after mending with a fix for each change, and how many of them each round made. */
  function mendedBy(text: string, ...changes: readonly Change[]): readonly [string, number] {
    let isFirst = true;
    const { text: after, made } = runToEnd(
      mend({
        text,
        fileName: '',
        unsafe: false,
        // What is found is found once: a second round has nothing to do.
        *find() {
          yield;
          const found = isFirst ? changes : [];
          isFirst = false;
          return found.map((change) =>
            finding({ line: change.start.line, start: 0, end: 0 }, 'a-code', 'warning', 'Something', {
              fixes: () => [{ title: 'Mend it', safety: 'safe', changes: () => [change] }],
            }),
          );
        },
      }),
    );
    return [after, made.length];
  }

  it('do not change the last line of what another one removes', () => {
    const removes = { start: place(0, 2), end: place(2, 1), text: '' };
    expect(mendedBy('aaaa\nbbbb\ncccc\n', removes, { start: place(2, 0), end: place(2, 3), text: 'x' })).toEqual(['aaccc\n', 1]);
    expect(mendedBy('aaaa\nbbbb\ncccc\n', { start: place(2, 0), end: place(2, 3), text: 'x' }, removes)).toEqual([
      'aaaa\nbbbb\nxc\n',
      1,
    ]);
    expect(mendedBy('aaaa\nbbbb\ncccc\n', removes, { start: place(2, 2), end: place(2, 3), text: 'x' })).toEqual(['aacxc\n', 2]);
  });
});

describe('a node whose Services are elsewhere', () => {
  const text = (canary: string): string =>
    `*mangle\n:PREROUTING ACCEPT [0:0]\n${canary}COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n`;
  const all = (severities: Severities) => {
    const document = readWholeDocument(text(':KUBE-KUBELET-CANARY - [0:0]\n'), 'node.iptables');
    const input = { document, ruleset: buildWholeRuleset(document) };
    const cluster = clusterFrom(fixturePath('sample/cluster.json'));
    return runToEnd(allFindings(input, severities, { cluster, options: {} }));
  };

  it('is told by what kubelet leaves, and is none of Kubernetes’ without it', () => {
    expect(findingsIn(text(':KUBE-KUBELET-CANARY - [0:0]\n')).map(({ code }) => code)).toEqual(['service-proxy']);
    expect(findingsIn(text(''))).toEqual([]);
  });

  it('is said to be so where a finding says why', () => {
    expect(all(ownSeverities).isElsewhere).toBe(true);
    const silent = new Map(['service-proxy', 'nat-flushed', 'not-compared'].map((code) => [code, 'off' as const]));
    expect(all(silent).isElsewhere).toBe(false);
  });
});
