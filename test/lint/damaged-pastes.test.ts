/** What people and programs do to rules before others see them: no error of iptables', and nothing claimed for what is lost. */
import { describe, expect, it } from 'vitest';
import { rulesIn } from '../support/rules-in.ts';
import { findingsIn, codesAndSeverities as told } from './check-findings.ts';

const web = '-A KUBE-SVC-A -m comment --comment "shop/web:http" -j KUBE-SEP-B';

describe('a note behind a rule', () => {
  it.each(['<-- this one', '# and this', '← here it ends', '// why?', '(mine)', '^^^ look', '=> not hit', '--> here'])(
    '%s is none of its words',
    (note) => {
      expect(rulesIn(`${web} ${note}\n`)).toEqual([web]);
      expect(told(`${web} ${note}\n`)).toEqual([]);
    },
  );

  it('is an error in a file for iptables-restore', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP <-- this one\nCOMMIT\n';
    expect(told(text)).toEqual([['bad-argument', 'error']]);
  });

  it('hides no word that is wrong in front of it', () => {
    expect(told('-A INPUT --dprot 80 -j DROP # mine\n-A INPUT -j DROP\n')).toEqual([['unknown-option', 'error']]);
  });
});

describe('what a page puts around a line', () => {
  const jump = '-A KUBE-SVC-A -m comment --comment "shop/web:http" -j KUBE-SEP-B';
  const escaped = jump.replaceAll('"', '&quot;');

  it.each([
    `${jump}{noformat}`,
    `{code:java}${jump}{code}`,
    `[code]${jump}[/code]`,
    `${jump}<br>`,
    `<p>${escaped}</p>`,
    `{{${jump}}}`,
    `bq. ${jump}`,
    `│ ${jump}       │`,
    `   7   │ ${jump}`,
    `\u200b${jump}`,
    `\\${jump}`,
    escaped.replaceAll('&', '&amp;'),
    jump.replaceAll('"', '&#34;'),
  ])('is no part of it: %s', (text) => {
    expect(rulesIn(`${text}\n`)).toEqual([jump]);
    expect(told(`${text}\n`)).toEqual([]);
  });

  it('comes off in a whole save as well', () => {
    const save = ['*filter', ':INPUT ACCEPT [0:0]', ':KUBE-SVC-A - [0:0]', ':KUBE-SEP-B - [0:0]', jump, 'COMMIT'];
    const plain = save.join('\n');
    for (const text of [
      save.map((line) => `${line}<br>`).join('\n'),
      save.map((line) => `│ ${line.padEnd(90)} │`).join('\n'),
      `<pre><code>${save.join('\n').replaceAll('"', '&quot;')}\n</code></pre>`,
    ]) {
      expect(rulesIn(text)).toEqual(rulesIn(plain));
      expect(told(text).filter(([, severity]) => severity === 'error')).toEqual([]);
    }
  });

  it('is not looked for in the words of a rule', () => {
    const rule = '-A KUBE-SVC-A -m comment --comment "a &amp; b <br> {noformat}" -j KUBE-SEP-B';
    const save = `*filter\n:KUBE-SVC-A - [0:0]\n:KUBE-SEP-B - [0:0]\n${rule}\nCOMMIT\n`;
    expect(rulesIn(save)).toEqual([`filter ${rule}`]);
  });
});

describe('a line in a table that nobody understands', () => {
  it('may have been the rule that leads to a chain', () => {
    const save = '*filter\n:INPUT ACCEPT [0:0]\n:X - [0:0]\n- INPUT -p tcp -j X\n-A X -j DROP\nCOMMIT\n';
    expect(told(save)).toEqual([]);
  });
});

describe('what a pager or an editor writes below a text', () => {
  it.each(['(END)', '--More--', '--More--(23%)', 'lines 1-204/204 (END)', '~', ':', '"rules.txt" 204L, 18231C'])(
    '%s is no line of it',
    (below) => {
      const save = `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n`;
      expect(told(`${save}${below}\n`)).toEqual([]);
      expect(told(`-A INPUT -j ACCEPT\n${below}\n`)).toEqual([]);
    },
  );

  it.each(['.', '⋮', '(60 lines omitted for brevity)'])('%s says that something was left out', (gap) => {
    const save = `*filter\n:INPUT ACCEPT [0:0]\n:X - [0:0]\n-A X -j DROP\n${gap}\nCOMMIT\n`;
    expect(told(save)).toEqual([]);
  });
});

describe('an address with letters in it that look like digits', () => {
  it('is said to be misread, and nothing is claimed of its rule', () => {
    expect(told(`${web}\n-A KUBE-SERVICES -d l0.96.0.1O/32 -p tcp -j KUBE-SVC-A\n${web}\n`)).toEqual([['bad-address', 'info']]);
  });

  it('is a host’s name where its letters look like none', () => {
    const found = findingsIn('-A INPUT -j LOG\n-A INPUT -s 10.o.example.org -j ACCEPT\n-A INPUT -j DROP\n');
    expect(found.map(({ message }) => message).filter((message) => message.includes('look like digits'))).toEqual([]);
  });
});

describe('rows behind a node’s name or in a string', () => {
  const row = 'KUBE-SEP-B  all  --  anywhere             anywhere             /* shop/web:http */';

  it.each([`node-a: ${row}`, `10.5.0.2: ${row}`, `"${row}",`, `[pod/kube-proxy-x2x9z/kube-proxy] ${row}`])('%s', (text) => {
    const listing = `Chain KUBE-SVC-A (1 references)\ntarget     prot opt source               destination\n`;
    expect(rulesIn(`${listing}${text}\n`)).toEqual(rulesIn(`${listing}${row}\n`));
  });
});

describe('a page’s tags around single words', () => {
  it('are no words of the rule', () => {
    const rule = '<span>-A</span> KUBE-SEP-B <span>-s</span> 192.0.2.1/32 <span>-j</span> KUBE-MARK-MASQ';
    const note = '<span># what the source is -&gt; the node</span>';
    expect(rulesIn(`${note}\n${rule}\n`)).toEqual(['-A KUBE-SEP-B -s 192.0.2.1/32 -j KUBE-MARK-MASQ']);
    expect(told(`${note}\n${rule}\n`)).toEqual([]);
  });

  it('may be what a comment says', () => {
    const rule = '-A KUBE-SEP-B -m comment --comment "<b>why</b>" -j KUBE-MARK-MASQ';
    expect(rulesIn(`${rule}\n`)).toEqual([rule]);
  });
});

describe('a save whose blanks, quotes or line ends somebody’s program changed', () => {
  const save = ['*nat', ':PREROUTING ACCEPT [0:0]', ':KUBE-SVC-A - [0:0]', ':KUBE-SEP-B - [0:0]', web, 'COMMIT'];
  const plain = rulesIn(`${save.join('\n')}\n`);

  it('is read from a table of values', () => {
    const text = `${save.map((line) => `"${line.replaceAll('"', '""')}"`).join('\n')}\n`;
    expect(rulesIn(text)).toEqual(plain);
    expect(told(text).filter(([, severity]) => severity === 'error')).toEqual([]);
  });

  it('is read with line ends that were made those of Windows twice', () => {
    const text = `${save.join('\r\r\n')}\r\r\n`;
    expect(rulesIn(text)).toEqual(plain);
    expect(told(text).filter(([, severity]) => severity === 'error')).toEqual([]);
  });

  it('is a block below somebody’s words, which are no mistake in it', () => {
    const text = `node-a:\n${save.map((line) => `    ${line}`).join('\n')}\n`;
    expect(rulesIn(text)).toEqual(plain);
    expect(told(text).filter(([, severity]) => severity === 'error')).toEqual([]);
  });

  it('keeps the conditions of its rules where blanks are thin', () => {
    const rules = ['-P FORWARD ACCEPT', '-A FORWARD -s 10.0.0.0/8 -j RETURN', '-A FORWARD -d 10.0.0.0/8 -j ACCEPT'];
    expect(told(`${rules.map((rule) => rule.replaceAll(' ', '\u2009')).join('\n')}\n`)).toEqual([]);
  });

  it('has no chain to which nothing leads because somebody sorted it', () => {
    const rules = ['a', 'b', 'c'].map((name) => `-A KUBE-SVC-A -m comment --comment "shop/${name}" -j KUBE-SEP-B`);
    const builtin = ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map((name) => `:${name} ACCEPT [0:0]`);
    const chains = [...builtin, ':KUBE-SEP-B - [0:0]', ':KUBE-SVC-A - [0:0]', ':LEFT - [0:0]'];
    const sorted = ['*filter', '*nat', ...rules, ...chains, 'COMMIT', 'COMMIT'];
    expect(told(`${sorted.join('\n')}\n`).map(([code]) => code)).not.toContain('orphaned-chain');
    const unsorted = ['*nat', ...chains, ...rules, 'COMMIT'];
    expect(told(`${unsorted.join('\n')}\n`).map(([code]) => code)).toContain('orphaned-chain');
  });
});

describe('a line that begins with a colon', () => {
  it.each([':+1: same here', ':tada: it works now', ':) thanks', '::1\tlocalhost ip6-localhost', ':-('])(
    '%j is no chain',
    (line) => {
      expect(rulesIn(`${web}\n${line}\n`)).toEqual([web]);
      expect(told(`${line}\n\n${web}\n`)).toEqual([]);
    },
  );
});

describe('a rule that is cut before its code block ends', () => {
  it.each(['-A INPUT -p tcp -m comment --comment', '-A INPUT -m comment --comment "from the', '-A INPUT -m com'])('%j', (cut) => {
    expect(told(`\`\`\`\n${web}\n${cut}\n\`\`\`\nand that is all\n`)).toEqual([['cut-off', 'info']]);
  });

  it('is a mistake elsewhere', () => {
    expect(told(`\`\`\`\n-A INPUT -p tcp -m comment --comment\n${web}\n\`\`\`\n`)).toEqual([['missing-value', 'error']]);
  });
});

describe('rules of one chain without the table that they are of', () => {
  const rules = (end: string): string =>
    ['-A FORWARD -i lo -j ACCEPT', `-A FORWARD ${end}`, '-A FORWARD -s 10.244.0.0/16 -j ACCEPT'].join('\n');

  it('are said to be of no use behind a REJECT, if they are of filter as well', () => {
    const found = findingsIn(`I found this:\n\n${rules('-j REJECT --reject-with icmp-host-prohibited')}\n`);
    expect(found.filter(({ code }) => code === 'unreachable-rule').map(({ severity, message }) => [severity, message])).toEqual([
      [
        'info',
        'No packet reaches this rule, if of table filter as well: the rule in line 4 is for every packet, and ends with REJECT',
      ],
    ]);
  });

  it('may be of two tables, as grep leaves them', () => {
    expect(told(`${rules('-j ACCEPT')}\n`)).toEqual([]);
    expect(told(`-A FORWARD -j REJECT\n-A FORWARD -j MARK --set-xmark 0x1/0x1\n`)).toEqual([]);
    expect(told(`-A FORWARD -j REJECT\n\nand\n\n-A FORWARD -j ACCEPT\n`)).toEqual([]);
  });

  it('are said to come too late where one above drops what they would accept', () => {
    const text = '-A FORWARD -o weave -j DROP\n-A FORWARD -o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n';
    const found = findingsIn(text).map(({ code, severity, message }) => [code, severity, message]);
    expect(found).toEqual([
      [
        'shadowed-rule',
        'info',
        'No packet reaches this rule, if both are of one table: the rule in line 1 takes all that it is for, and ends with DROP',
      ],
    ]);
  });
});

describe('words that only begin like an option', () => {
  it.each([
    '-A means append',
    '-P is the policy',
    '-rw-r--r-- 1 root root 812 Jan  1 10:00 rules.v4',
    '  -o com.docker.network.bridge.name=bridge1 \\',
    '  --subnet 192.0.2.0/24 --gateway 192.0.2.1 bridge1',
    '-p tcp',
  ])('%j is no rule', (line) => {
    const text = `We did this:\n\n${line}\n\n${web}\n`;
    expect(rulesIn(text)).toEqual([web]);
    expect(told(text)).toEqual([]);
  });
});

describe('dashes and quotes that were made nicer', () => {
  it('are those of the rule', () => {
    const nicer = web.replace('--', '—').replaceAll(/"([^"]*)"/g, '“$1”');
    expect(rulesIn(`${nicer}\n–A INPUT –i lo –j ACCEPT\niptables –A INPUT –p tcp ––dport 22 –j ACCEPT\n`)).toEqual([
      web,
      '-A INPUT -i lo -j ACCEPT',
      'filter -A INPUT -p tcp -m tcp --dport 22 -j ACCEPT',
    ]);
  });

  it('stay in a comment that iptables printed', () => {
    const text = '-A INPUT -m comment --comment "pods – “ours” -A" -j ACCEPT';
    expect(rulesIn(`${text}\n`)).toEqual([text]);
  });
});

describe('a mail', () => {
  it('that broke a rule at its blanks within a quote is read to its end', () => {
    const text = `On Thu, somebody wrote:

> -P PREROUTING ACCEPT
> -P INPUT ACCEPT
> -P OUTPUT ACCEPT
> -P POSTROUTING ACCEPT
> -N KUBE-SERVICES
> -A PREROUTING -m comment --comment "kubernetes service portals" -j
> KUBE-SERVICES
> -A OUTPUT -m comment --comment "kubernetes service
> portals" -j KUBE-SERVICES
`;
    const hook = (chain: string): string => `-A ${chain} -m comment --comment "kubernetes service portals" -j KUBE-SERVICES`;
    expect(rulesIn(text)).toEqual([hook('PREROUTING'), hook('OUTPUT')]);
    expect(told(text)).toEqual([]);
  });
});

describe('a rule whose target could not be read', () => {
  it('may lead to any chain', () => {
    const text = (rule: string): string =>
      `*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:MINE - [0:0]\n${rule}\n-A OUTPUT -j KUBE-SERVICES\n-A KUBE-SERVICES -d 10.96.0.1/32 -j RETURN\nCOMMIT\n`;
    expect(told(text('-A PREROUTING -j')).map(([code]) => code)).toEqual(['missing-value']);
    expect(told(text('-A PREROUTING -j ACCEPT')).map(([code]) => code)).toEqual(['services-not-hooked', 'orphaned-chain']);
  });
});

describe('a difference between two listings', () => {
  it('shows what is there by +, and by - what is gone', () => {
    const text = `--- before
+++ after
@@ -1,6 +1,5 @@
-Chain INPUT (policy ACCEPT)
-target     prot opt source               destination
-NETAVARK_INPUT  0    --  0.0.0.0/0            0.0.0.0/0            /* netavark firewall rules */
+# Generated by iptables-save v1.8.10 on Thu Feb 15 10:53:49 2024
+*filter
+:INPUT ACCEPT [0:0]
+-A INPUT -j DROP
+COMMIT
`;
    expect(rulesIn(text)).toEqual(['filter -A INPUT -j DROP']);
    expect(told(text)).toEqual([]);
  });
});

describe('a text of both words and tables', () => {
  const table = `# Generated by iptables-save v1.4.21 on Mon Jan  4 14:55:01 2016
*filter
:INPUT ACCEPT [0:0]
-A INPUT -j DROP
${'-A INPUT -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT\n'.repeat(1)}COMMIT
# Completed on Mon Jan  4 14:55:01 2016
`;
  it('is a paste, and no file with mistakes', () => {
    const text = `This is a dump of the node (slightly shortened by me):\n\n${table}\n1: lo: <LOOPBACK,UP> mtu 65536 state UNKNOWN\n`;
    expect(told(text).map(([code]) => code)).toEqual(['unreachable-rule']);
    expect(told(`{"rules": [\n${table}]}\n`).map(([code]) => code)).toEqual(['unreachable-rule']);
  });

  it('with a rule that lost its dash is a file', () => {
    expect(told(`A INPUT -j DROP\n${table}`).filter(([, severity]) => severity === 'error')).toEqual([['bad-argument', 'error']]);
  });
});

describe('the input that a program loads on top of what is there', () => {
  const input = `Writing following contents to rules file: /tmp/rules.txt
* nat
-N ISTIO_INBOUND
-N ISTIO_REDIRECT
-D PREROUTING -j OLD
-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001
-A OUTPUT -p tcp -j ISTIO_REDIRECT
-A OUTPUT -p tcp -j ISTIO_OUTPUT
COMMIT
`;
  it('lacks nothing that was there before, and may be led to from there', () => {
    expect(told(input)).toEqual([]);
  });

  it('is of the family that its addresses say, where two programs are named above it', () => {
    expect(
      told(`iptables-save\nip6tables-save\n${input.replace('-p tcp -j ISTIO_OUTPUT', '-d 127.0.0.1/32 -j ACCEPT')}`),
    ).toEqual([]);
    const saved = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.1/32 -j DROP\nCOMMIT\n';
    expect(told(`$ ip6tables-save\n${saved}`)).toEqual([['wrong-family', 'error']]);
  });
});

describe('a heading in bold type', () => {
  it('begins its chain', () => {
    const text = `Chain FORWARD (**policy DROP 22 packets, 1848 bytes**)
 pkts bytes target     prot opt in     out     source               destination
    0     0 ACCEPT     all  --  docker0 !docker0  0.0.0.0/0            0.0.0.0/0
`;
    expect(rulesIn(text)).toEqual(['-A FORWARD -i docker0 ! -o docker0 -j ACCEPT']);
  });
});
