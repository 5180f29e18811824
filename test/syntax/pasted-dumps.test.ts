import { describe, expect, it } from 'vitest';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { fixtureText } from '../support/fixtures.ts';
import { rulesIn } from '../support/rules-in.ts';

// What each paste says, as somebody reads it who knows iptables.
describe('a dump that', () => {
  it.each([
    [
      'without -v shows no interfaces: they are said to be unknown',
      'listing-without-v.iptables',
      [
        '-A INPUT -j ACCEPT (interfaces not shown)',
        '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT (interfaces not shown)',
        '-A INPUT -p tcp -m tcp --dport 8080 -j DROP (interfaces not shown)',
        '-A FORWARD -m comment --comment "allow outbound traffic from pods" -j ACCEPT (interfaces not shown)',
        '-A FORWARD -m comment --comment "allow inbound traffic to pods" -j ACCEPT (interfaces not shown)',
      ],
    ],
    [
      'without -n names ports',
      'listing-port-names.iptables',
      [
        '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES (interfaces not shown)',
        '-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES (interfaces not shown)',
        '-A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G (interfaces not shown)',
        '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU (interfaces not shown)',
        '-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http -> 10.244.1.7:8080" -j KUBE-SEP-IAZPHGLZVO2SWOVD (interfaces not shown)',
        '-A KUBE-SEP-IAZPHGLZVO2SWOVD -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.1.7:8080 (interfaces not shown)',
      ],
    ],
    [
      'without -n names TCP flags',
      'listing-tcp-flags-by-name.iptables',
      [
        '-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j DROP (interfaces not shown)',
        '-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset (interfaces not shown)',
        '-A INPUT -p tcp -m multiport --dports 22,53 -j ACCEPT (interfaces not shown)',
        '-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu (interfaces not shown)',
      ],
    ],
    [
      'of iptables 1.4.12 to 1.4.20 glues flags to what stands in front',
      'listing-old-tcp-flags.iptables',
      [
        '-A INPUT -p tcp -m tcp --dport 22 --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j ACCEPT',
        '-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,PSH,URG -j DROP',
        '-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT',
      ],
    ],
    [
      'shows NOTRACK as a CT',
      'listing-notrack.iptables',
      [
        '-A PREROUTING -d 10.96.0.10/32 -p udp -m udp --dport 53 -j NOTRACK',
        '-A PREROUTING -d 10.96.0.10/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.244.0.3:53',
      ],
    ],
    [
      'holds commands, which are rules of their tables',
      'commands.iptables',
      [
        'nat -A PREROUTING -d 10.96.3.45/32 -p udp -m udp --dport 53 -j DNAT --to-destination 169.254.20.10:53',
        '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU',
      ],
    ],
    [
      'has a log in front of each line',
      'log-prefix.iptables',
      [
        'nat -A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G',
        'nat -A KUBE-SVC-LOLE4ISW44XBNF3G -s -j -m comment --comment "shop/web:http" KUBE-SEP-IAZPHGLZVO2SWOVD (not understood: KUBE-SEP-IAZPHGLZVO2SWOVD)',
      ],
    ],
    [
      'has a fence glued to a header',
      'header-glued.iptables',
      ['-A INPUT -j ts-input (interfaces not shown)', '-A ts-input -s 100.64.0.0/10 -j DROP (interfaces not shown)'],
    ],
    [
      'was wrapped by a terminal',
      'wrapped-listing.iptables',
      [
        '-A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G',
        '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y',
        '-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http -> 10.244.1.7:8080" -j KUBE-SEP-IAZPHGLZVO2SWOVD',
      ],
    ],
    [
      'is what grep left of a listing: no row has a chain',
      'grep-rows.iptables',
      [
        'nat -A  -s 10.244.1.7/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ (interfaces not shown; chain not shown)',
        'nat -A  -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.1.7:8080 (interfaces not shown; chain not shown)',
        'nat -A  -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G (interfaces not shown; chain not shown)',
        'nat -A  -m comment --comment "shop/web:http -> 10.244.1.7:8080" -j KUBE-SEP-IAZPHGLZVO2SWOVD (interfaces not shown; chain not shown)',
      ],
    ],
    [
      'has sentences with options in them',
      'prose-with-options.iptables',
      ['-A INPUT -s 192.0.2.0/24 -j DROP (interfaces not shown)'],
    ],
  ])('%s', (_kind, name, rules) => {
    expect(rulesIn(fixtureText(`pasted/${name}`))).toEqual(rules);
  });
});

/** The kinds of a text's lines; what a foreign one is. */
function kindsOf(text: string): readonly string[] {
  return readWholeDocument(text, 'rules.v4')
    .lines.slice()
    .map((line) => {
      const statement = statementOf(line);
      return statement.kind === 'foreign' ? statement.what : statement.kind;
    });
}

const rule = '-A KUBE-SVC-A -m comment --comment "shop/web:http" -j KUBE-SEP-B';
const read = '-A KUBE-SVC-A -m comment --comment "shop/web:http" -j KUBE-SEP-B';

describe('a line of iptables in', () => {
  it.each([
    ['the journal', `Nov 14 11:06:11 node-a kube-proxy[12085]: ${rule}`],
    ['the journal with whole dates', `2023-11-14T11:06:11+0100 node-a kube-proxy[12085]: ${rule}`],
    ['kubectl logs --timestamps', `2023-05-01T12:00:00.123456789Z ${rule}`],
    ['kubectl logs --prefix', `[pod/kube-proxy-x2x9z/kube-proxy] ${rule}`],
    ['a container’s log', `2023-05-01T12:00:00.123456789Z stdout F ${rule}`],
    ['docker compose', `kube-proxy-1  | ${rule}`],
    ['klog', `I0404 12:00:00.123456       1 proxier.go:1234] ${rule}`],
    ['klog in the journal', `Nov 14 11:06:11 node-a kube-proxy[1]: I1114 11:06:11.978073   12085 proxier.go:1282] ${rule}`],
    ['somebody’s words', `the rule on node-b: ${rule}`],
    ['a log in JSON', `{"log":${JSON.stringify(`${rule}\n`)},"stream":"stderr","time":"2023-05-01T12:00:00Z"}`],
    ['logfmt', `time="2023-05-01T12:00:00Z" level=info msg=${JSON.stringify(rule)}`],
    ['a JSON string', `"${JSON.stringify(`${rule}\n`).slice(1, -1)}",`],
    ['a JSON string without its ends', JSON.stringify(rule).slice(1, -1)],
    ['colours', rule.replace('KUBE-SVC-A', '\u001b[01;31m\u001b[KKUBE-SVC-A\u001b[m\u001b[K')],
    ['colours that lost their escapes', rule.replace('KUBE-SVC-A', '[01;31m[KKUBE-SVC-A[m[K')],
    ['HTML', rule.replaceAll('"', '&quot;')],
    ['blanks that do not break', rule.replaceAll(' ', '\u00a0')],
    ['backticks', `\`${rule}\``],
    ['a fence that closes behind it', `${rule}\`\`\``],
    ['tags', `<pre><code>${rule}</code></pre>`],
    ['a quote of a log', `> 2023-05-01T12:00:00Z ${rule}`],
  ])('%s is read', (_where, text) => {
    expect(rulesIn(text)).toEqual([read]);
  });

  it('a table that the text opens is read as iptables-restore reads it', () => {
    const { lines } = readWholeDocument(
      `*nat\nNov 14 11:06:11 node-a kube-proxy[1]: ${rule}\nsudo iptables -A INPUT -j DROP\n${rule}\u00a0\nCOMMIT\n`,
    );
    const errors = lines.slice().map(({ problems }) => problems.filter(({ severity }) => severity === 'error').length);
    expect(errors).toEqual([0, 1, 1, 1, 0, 0]);
  });

  it('a log with times keeps the colon in front of a chain', () => {
    const text = ['*nat', ':KUBE-SERVICES - [0:0]', rule, 'COMMIT']
      .map((line) => `2023-05-01T12:00:00.123456789Z ${line}\n`)
      .join('');
    expect(kindsOf(text.trimEnd())).toEqual(['table', 'chain', 'rule', 'commit']);
  });

  it('a difference is what is there behind it', () => {
    const text = `--- before\t2024-03-02 11:06:11
+++ after\t2024-03-02 11:08:11
@@ -10,4 +10,4 @@
 :KUBE-SVC-A - [0:0]
 ${rule}
-${rule}
-:KUBE-SVC-C - [0:0]
+:KUBE-SVC-D - [0:0]
+${rule}
+[1:60] ${rule}
 COMMIT
`;
    const kinds = ['other', 'other', 'other', 'chain', 'rule', 'text', 'other', 'chain', 'rule', 'rule', 'commit'];
    expect(kindsOf(text.trimEnd())).toEqual(kinds);
    expect(rulesIn(text)).toEqual([read, read, read]);
  });

  it('a log that says something else is a log’s', () => {
    expect(kindsOf('E1114 11:06:11.978073   12085 proxier.go:1282] Failed to execute iptables-restore: exit status 2')).toEqual([
      'log',
    ]);
  });
});

describe('a command', () => {
  it.each([
    ['iptables -A INPUT -j DROP', 'filter -A INPUT -j DROP'],
    ['sudo iptables -t nat -A PREROUTING -p tcp --dport 80 -j X', 'nat -A PREROUTING -p tcp -m tcp --dport 80 -j X'],
    ['$ sudo -n /usr/sbin/iptables-legacy -w 5 -W 100 -t raw -I OUTPUT 1 -j NOTRACK', 'raw -A OUTPUT -j NOTRACK'],
    ['root@node:~# iptables --table=mangle -A FORWARD -j DROP', 'mangle -A FORWARD -j DROP'],
    ['+ iptables -tnat -A POSTROUTING -j MASQUERADE', 'nat -A POSTROUTING -j MASQUERADE'],
    ["iptables -A X -m comment --comment 'a b' -j Y # why", 'filter -A X -m comment --comment "a b" -j Y'],
    ['iptables -A X \\! -s 10.0.0.0/8 -j Y; echo done', 'filter -A X ! -s 10.0.0.0/8 -j Y'],
    ['iptables -C X -j Y 2>/dev/null || iptables -A X -j Y', 'filter -A X -j Y'],
    ['kubectl -n kube-system exec ds/kube-proxy -- iptables -t nat -D X -j Y', 'nat -A X -j Y'],
    ['if iptables -A X -j Y; then echo yes; fi', 'filter -A X -j Y'],
    ['$IPT -A X -j Y', 'filter -A X -j Y'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's variable.
    ['${IPTABLES} -A X -j Y', 'filter -A X -j Y'],
    ['iptables -A X -i $WAN -j Y', 'filter -A X -j Y --in-interface $WAN (not understood: --in-interface)'],
    ['iptables -A X -s "$NET" -j Y', 'filter -A X -j Y --source "$NET" (not understood: --source)'],
    ['iptables -t nat -A X -p tcp \\\n  --dport 80 \\\n  -j Y', 'nat -A X -p tcp -m tcp --dport 80 -j Y'],
  ])('%s is the rule that it makes', (text, expected) => {
    expect(rulesIn(text)).toEqual([expected]);
  });

  it('of the other program is of the other family', () => {
    const [line] = readWholeDocument('ip6tables -A INPUT -s fd00::/8 -j DROP').lines;
    expect(line?.context).toMatchObject({ family: 'ipv6', table: 'filter' });
    expect(line?.problems).toEqual([]);
  });

  it.each([
    'iptables -A adds a rule',
    'use iptables -A INPUT -j DROP',
    'apt install iptables',
    'iptables -L -n -v',
    'iptables-save -t nat',
    'The rule -A INPUT is missing',
  ])('is not what %j is', (text) => {
    expect(rulesIn(text)).toEqual([]);
  });

  it('says nothing of the lines below it', () => {
    const { lines } = readWholeDocument(`iptables -t nat -A X -j Y\n${rule}\n`);
    expect(lines.slice().map(({ context }) => context.table)).toEqual(['nat', undefined, undefined]);
  });
});

describe('a header with something glued to it', () => {
  it.each([
    'root@node:~# iptables -t nat -L -nChain PREROUTING (policy ACCEPT)',
    'Chain PREROUTING (policy ACCEPT)target     prot opt source               destination',
    '```Chain PREROUTING (policy ACCEPT)',
    'output: Chain PREROUTING (policy ACCEPT 0 packets, 0 bytes)',
    '> `Chain PREROUTING (policy ACCEPT)`',
  ])('%j begins a chain', (text) => {
    expect(rulesIn(`${text}\nX          all  --  0.0.0.0/0            10.0.0.1\n`)).toEqual([
      '-A PREROUTING -d 10.0.0.1/32 -j X (interfaces not shown)',
    ]);
  });
});

describe('a row', () => {
  it('below a header that cannot be read is of no chain', () => {
    const text = `Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
Chain FORWARD (pol
DROP       all  --  10.0.0.0/8           0.0.0.0/0
`;
    expect(rulesIn(text)).toEqual([
      '-A INPUT -j ACCEPT (interfaces not shown)',
      '-A  -s 10.0.0.0/8 -j DROP (interfaces not shown; chain not shown)',
    ]);
  });

  it.each(['all -- in all', 'a tcp -- b c', 'the target prot opt -- source'])('is not what %j is', (text) => {
    expect(rulesIn(text)).toEqual([]);
  });
});

describe('whatever is nested in itself', () => {
  it.each(['[a] ', '> ', '2023-05-01T12:00:00Z ', '{"log":"', '<pre>', '`', '**', 'note: ', '$ ', '+ '])(
    '%j is read',
    (piece) => {
      expect(() => readWholeDocument(`${piece.repeat(20_000)}${rule}`)).not.toThrow();
    },
  );
});

describe('rules that a mail program broke at their blanks', () => {
  const dns =
    '-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU';

  it('are whole', () => {
    expect(
      rulesIn(`-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment
"kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j
KUBE-SVC-TCOU7JCQXEZGVUNU
-A INPUT -p tcp
  -m tcp --dport 22
  -j ACCEPT
`),
    ).toEqual([dns, '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT']);
  });

  it('are errors in a table that the text opens, as they are for iptables-restore', () => {
    const { lines } = readWholeDocument('*filter\n-A INPUT -p tcp\n-j ACCEPT\nCOMMIT\n', 'rules.v4');
    expect(lines.slice().map(({ problems }) => problems.map(({ message }) => message))).toEqual([
      [],
      [],
      ['no command specified'],
      [],
      [],
    ]);
  });
});

describe('a rule whose end was left out', () => {
  it.each([
    [
      '-A X -d 10.96.0.1/32 ! -s 10.244.0.0/16 -p tcp -m comm...',
      '-A X ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp --match comm... (not understood: --match)',
    ],
    ['-A X -p tcp -j KUBE-SVC-LO…', '-A X -p tcp --jump KUBE-SVC-LO… (not understood: --jump)'],
    ['-A X -p tcp --dport 80 -m stat...', '-A X -p tcp -m tcp --dport 80 --match stat... (not understood: --match)'],
  ])('%s is unsure, and no error', (text, rule) => {
    expect(rulesIn(text)).toEqual([rule]);
    expect(readWholeDocument(text, 'rules.v4').lines.at(0)).toMatchObject({ problems: [], isUnsure: true });
  });
});

describe('a list in a program or in Markdown', () => {
  it.each(["  '-A X -j Y',", '"-A X -j Y",', '"-A X -j Y\\n",', '- -A X -j Y', '| INPUT | -A X -j Y |', '1. -A X -j Y'])(
    '%s holds a rule',
    (text) => {
      expect(rulesIn(text)).toEqual(['-A X -j Y']);
    },
  );
});

describe('a listing that somebody made a table of Markdown of', () => {
  const table = `Chain INPUT (policy DROP)

| pkts | bytes | target | prot | opt | in | out | source | destination | |
|------|-------|--------|------|-----|----|-----|--------|-------------|---|
| 12 | 720 | ACCEPT | tcp | -- | lo | * | 0.0.0.0/0 | 0.0.0.0/0 | tcp dpt:22 |
| 3 | 180 | DROP | tcp | -- | * | * | 0.0.0.0/0 | 10.0.0.1 | tcp dpt:8080 |
`;

  it('has the rules of the listing', () => {
    const listing = table
      .replace(/^\|-.*\n/m, '')
      .replace(/^\| ?/gm, '')
      .replace(/\|/g, ' ');
    expect(rulesIn(table)).toEqual(rulesIn(listing));
    expect(rulesIn(table)).toHaveLength(2);
  });

  it('has its words where they stand', () => {
    const { lines } = readWholeDocument(table);
    const line = lines.at(5);
    const statement = line === undefined ? undefined : statementOf(line);
    const target = statement?.kind === 'rule' ? statement.target : undefined;
    expect([target?.text, lines.at(5)?.text.slice(target?.start, target?.end)]).toEqual(['DROP', 'DROP']);
  });

  it('is none where the cells are no columns', () => {
    expect(
      readWholeDocument('| Chain | pkts | Rule | note |\n|---|---|---|---|\n')
        .lines.slice()
        .map(({ kind }) => kind),
    ).toEqual(['foreign', 'foreign', 'blank']);
  });
});
