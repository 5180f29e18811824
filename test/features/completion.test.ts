import { describe, expect, it } from 'vitest';
import { type CompletionItem, InsertTextFormat, MarkupContent, TextEdit } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { type Cluster, emptyCluster } from '../../server/src/cluster/cluster.ts';
import { completion } from '../../server/src/features/completion/completion.ts';
import { clusterWith, service } from '../kube/objects.ts';
import { dumpState } from '../support/dump-state.ts';

interface Asked {
  readonly cluster?: Cluster;
  readonly isAfterBlank?: boolean;
  readonly uri?: string;
}

/** What is offered at the `|` of a dump. */
function itemsAt(dump: string, { cluster = emptyCluster, isAfterBlank = false, uri }: Asked = {}): readonly CompletionItem[] {
  const before = dump.slice(0, dump.indexOf('|')).split('\n');
  const state = dumpState(dump.replace('|', ''), cluster, uri);
  const position = { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
  return runToEnd(completion(state, position, { isAfterBlank, markdown: true })).items;
}

const inOrder = (items: readonly CompletionItem[]): readonly CompletionItem[] =>
  [...items].sort((one, other) => ((one.sortText ?? '') < (other.sortText ?? '') ? -1 : 1));

const offered = (dump: string, asked?: Asked): readonly string[] => inOrder(itemsAt(dump, asked)).map(({ label }) => label);

/** A line in the table filter of an IPv4 dump. */
const inFilter = (line: string): string => `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A INPUT -s 10.0.0.0/8 -i eth0 -p tcp -m tcp --dport 22 -j DOCKER
${line}
COMMIT
`;

/** The text after an item of this label was taken. */
function afterTaking(dump: string, label: string): string {
  const item = itemsAt(dump).find((candidate) => candidate.label === label);
  expect(item?.insertTextFormat ?? InsertTextFormat.PlainText).toBe(InsertTextFormat.PlainText);
  if (item?.textEdit === undefined || !TextEdit.is(item.textEdit)) throw new Error(`${label} is not offered with an edit`);
  const { range, newText } = item.textEdit;
  const lines = dump.replace('|', '').split('\n');
  const line = lines[range.start.line] ?? '';
  return line.slice(0, range.start.character) + newText + line.slice(range.end.character);
}

describe('the beginning of a line', () => {
  it('outside of a table is a table, those that the text lacks first', () => {
    expect(offered('*filter\nCOMMIT\n|')).toEqual(['*nat', '*mangle', '*raw', '*security', '*filter']);
    expect(offered('*|')).toEqual(['filter', 'nat', 'mangle', 'raw', 'security']);
  });

  it('in a table is a command, a chain or its end', () => {
    expect(offered(inFilter('|'))).toEqual(['-A', '-I', '-D', '-R', '-C', '-N', '-F', '-X', '-P', '-Z', '-E', ':', 'COMMIT']);
    expect(offered(inFilter('[0:0] |'))).not.toContain('COMMIT');
  });

  it('is nothing in comments, listings and quotes', () => {
    expect(offered(inFilter('# -A |'))).toEqual([]);
    expect(offered('Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\nACC|')).toEqual([]);
    expect(offered(inFilter('-A INPUT -m comment --comment "a |"'))).toEqual([]);
  });
});

describe('a declaration', () => {
  const dump = '*filter\n:INPUT ACCEPT [0:0]\n:|\n-A INPUT -j LOST\nCOMMIT\n';

  it('is of a built-in chain that is not there, or of one that rules use', () => {
    expect(offered(dump)).toEqual(['FORWARD', 'OUTPUT', 'LOST']);
  });

  it('is written whole', () => {
    expect(afterTaking(dump, 'LOST')).toBe(':LOST - [0:0]');
    expect(afterTaking(dump, 'FORWARD')).toBe(':FORWARD ACCEPT [0:0]');
  });

  it('has the policies of its kind of chain', () => {
    expect(offered('*filter\n:INPUT |\nCOMMIT\n')).toEqual(['ACCEPT', 'DROP']);
    expect(offered('*filter\n:MINE |\nCOMMIT\n')).toEqual(['-']);
    expect(offered(inFilter('-P INPUT |'))).toEqual(['ACCEPT', 'DROP']);
  });
});

describe('a chain', () => {
  it('of a rule is one of the table that stands above', () => {
    const dump = '*filter\n:INPUT ACCEPT [0:0]\n:MINE - [0:0]\n-A |\n:LATER - [0:0]\nCOMMIT\n*nat\n:OTHER - [0:0]\nCOMMIT\n';
    expect(offered(dump)).toEqual(['FORWARD', 'OUTPUT', 'INPUT', 'MINE']);
  });

  it('is known by what an excerpt uses, which need not have all', () => {
    expect(offered('-A KUBE-SERVICES -j KUBE-SVC-WEB\n-A |')).toEqual(expect.arrayContaining(['KUBE-SERVICES', 'KUBE-SVC-WEB']));
  });

  it('to make is one that rules use; to rename or delete one of the user', () => {
    expect(offered('*filter\n-A INPUT -j LOST\n-N |\nCOMMIT\n')).toEqual(['LOST']);
    expect(offered(inFilter('-E |'))).toEqual(['DOCKER', 'DOCKER-USER']);
    expect(offered(inFilter('-P |'))).toEqual(['INPUT', 'FORWARD', 'OUTPUT']);
  });

  it('has its Service beside it, and is found by its name', () => {
    const cluster = clusterWith(service('shop/web'));
    const dump = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-ZZZZZZZZZZZZZZZZ - [0:0]
:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http" -j RETURN
-A PREROUTING -j web|
COMMIT
`;
    const found = itemsAt(dump, { cluster }).filter(({ label }) => label.startsWith('KUBE-'));
    expect(found.map(({ label, detail, filterText }) => [label, detail, filterText])).toEqual([
      ['KUBE-SVC-TG4Y7II5EGIOXNPD', 'shop/web:http', 'web KUBE-SVC-TG4Y7II5EGIOXNPD'],
    ]);
  });
});

describe('a jump', () => {
  it('leads to no built-in chain, and to none that leads back', () => {
    expect(offered(inFilter('-A INPUT -j D|'))).toEqual(expect.arrayContaining(['ACCEPT', 'DROP', 'DOCKER', 'DOCKER-USER']));
    const names = offered(inFilter('-A DOCKER -j |'));
    expect(names).toContain('DOCKER-USER');
    expect(names).not.toContain('DOCKER');
    expect(names).not.toContain('INPUT');
    expect(offered(inFilter('-A DOCKER -g |'))).toEqual(['DOCKER-USER']);
  });

  it('leads to targets of the table and the built-in chain', () => {
    const inNat = (line: string): readonly string[] =>
      offered(
        `*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:MINE - [0:0]\n-A POSTROUTING -j MINE\n${line}\nCOMMIT\n`,
      );
    expect(inNat('-A PREROUTING -j |')).toEqual(expect.arrayContaining(['ACCEPT', 'DNAT', 'REDIRECT', 'MINE']));
    expect(inNat('-A PREROUTING -j |')).not.toEqual(expect.arrayContaining(['DROP']));
    for (const absent of ['SNAT', 'MASQUERADE', 'REJECT', 'TPROXY']) expect(inNat('-A PREROUTING -j |')).not.toContain(absent);
    expect(inNat('-A MINE -j |')).toContain('MASQUERADE');
    expect(inNat('-A MINE -j |')).not.toContain('DNAT');
  });

  it('does not lead to a chain whose targets the kernel refuses there', () => {
    const dump =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:OUT - [0:0]\n-A OUT -j MASQUERADE\n-A PREROUTING -j |\nCOMMIT\n';
    expect(offered(dump)).not.toContain('OUT');
    expect(offered(dump.replace('-A PREROUTING', '-A POSTROUTING'))).toContain('OUT');
  });
});

describe('options', () => {
  it('are those of what is loaded and of iptables itself, once each', () => {
    const names = offered(inFilter('-A INPUT -p tcp -m conntrack --ctstate NEW |'));
    expect(names).toEqual(expect.arrayContaining(['--ctproto', '--dport', '--syn', '-s', '-i', '-m', '-j', '!']));
    for (const absent of ['-p', '--ctstate', '-o', '--icmp-type', '--limit', '-n', '-t']) expect(names).not.toContain(absent);
  });

  it('behind a ! are those that can be negated', () => {
    expect(offered(inFilter('-A INPUT -m conntrack ! |'))).toEqual(expect.arrayContaining(['--ctstate', '-s']));
    expect(offered(inFilter('-A INPUT -m conntrack ! |'))).not.toContain('--ctdir');
    expect(offered(inFilter('-A INPUT -m conntrack ! |'))).not.toContain('-j');
  });

  it('are spelled as they were begun', () => {
    expect(offered(inFilter('-A INPUT --so|'))).toContain('--source');
    expect(offered(inFilter('-A INPUT -p tcp --destination-|'))).toContain('--destination-port');
    expect(offered(inFilter('-A INPUT -p tcp --d|'))).toContain('--dport');
  });

  it('take the place of the one under the cursor, whose value stays', () => {
    expect(afterTaking(inFilter('-A INPUT -p tcp --sp|ort 80 -j DROP'), '--dport')).toBe('-A INPUT -p tcp --dport 80 -j DROP');
  });

  it('are asked for, not shown whenever a blank is typed', () => {
    expect(offered(inFilter('-A INPUT |'), { isAfterBlank: true })).toEqual([]);
    expect(offered(inFilter('-A INPUT -j |'), { isAfterBlank: true })).toContain('ACCEPT');
  });

  it('say what they are', () => {
    const item = itemsAt(inFilter('-A INPUT -m conntrack |')).find(({ label }) => label === '--ctstate');
    expect(item?.detail).toBe('conntrack match: The connection is in one of these states.');
    expect(MarkupContent.is(item?.documentation) && item.documentation.value).toContain(
      'https://man7.org/linux/man-pages/man8/iptables-extensions.8.html',
    );
  });
});

describe('matches', () => {
  it('are those of the family, the protocol and the table', () => {
    const names = offered(inFilter('-A INPUT -p tcp -m |'));
    expect(names).toEqual(expect.arrayContaining(['conntrack', 'multiport', 'tcp', 'comment']));
    for (const absent of ['udp', 'icmp', 'icmp6', 'hl', 'rpfilter']) expect(names).not.toContain(absent);
    expect(offered(inFilter('-A INPUT -m |'), { uri: 'file:///rules.v6' })).toEqual(expect.arrayContaining(['hl', 'icmp6']));
  });
});

describe('values', () => {
  it('are the words that iptables knows, in a list those that are not there yet', () => {
    expect(offered(inFilter('-A INPUT -m conntrack --ctstate |'))).toEqual([
      'INVALID',
      'NEW',
      'RELATED',
      'ESTABLISHED',
      'UNTRACKED',
      'SNAT',
      'DNAT',
    ]);
    expect(offered(inFilter('-A INPUT -m conntrack --ctstate NEW,| -j DROP'))).not.toContain('NEW');
    expect(afterTaking(inFilter('-A INPUT -m conntrack --ctstate NEW,EST|,RELATED -j DROP'), 'ESTABLISHED')).toBe(
      '-A INPUT -m conntrack --ctstate NEW,ESTABLISHED,RELATED -j DROP',
    );
    expect(offered(inFilter('-A INPUT -p tcp --tcp-flags SYN,ACK |'))).toEqual([
      'FIN',
      'SYN',
      'RST',
      'PSH',
      'ACK',
      'URG',
      'ALL',
      'NONE',
    ]);
  });

  it('are those that fit the rest of the rule', () => {
    expect(offered(inFilter('-A INPUT -p udp -j REJECT --reject-with |'))).not.toContain('tcp-reset');
    expect(offered(inFilter('-A INPUT -p tcp -j REJECT --reject-with |'))).toContain('tcp-reset');
    expect(offered(inFilter('-A INPUT -m tcp --dport 80 -p |'))).toEqual(['tcp']);
  });

  it('of addresses, interfaces and ports are those of rules nearby', () => {
    expect(offered(inFilter('-A INPUT -d |'))).toEqual(['10.0.0.0/8']);
    expect(offered(inFilter('-A INPUT -i |'))).toEqual(['eth0']);
    expect(offered(inFilter('-A INPUT -p tcp --dport |'))).toEqual(['22']);
    expect(offered(inFilter('-A INPUT -p tcp --dport htt|'))).toEqual(['22', 'http', 'http-alt', 'https']);
    expect(offered(inFilter('-A OUTPUT -i |'))).toEqual([]);
  });

  it('of addresses are clusterIPs too, by the name of the Service', () => {
    const cluster = clusterWith(service('shop/web', { ip: '10.96.20.10' }));
    const [item] = itemsAt(inFilter('-A INPUT -d web|'), { cluster });
    expect(item).toMatchObject({ label: '10.96.20.10/32', detail: 'clusterIP of shop/web' });
    expect(offered(inFilter('-A INPUT -d 10.96|'), { cluster })).toContain('10.96.20.10/32');
  });

  it('of sets are those that the text declares or names', () => {
    const dump =
      'create blocked hash:ip family inet\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m set --match-set seen src -j DROP\n-A INPUT -m set --match-set |\nCOMMIT\n';
    expect(offered(dump)).toEqual(['blocked', 'seen']);
    expect(offered(dump.replace('|', 'blocked |'))).toEqual(['src', 'dst']);
  });

  it('of rates get their unit', () => {
    expect(offered(inFilter('-A INPUT -m limit --limit 5|'))).toEqual(['5/second', '5/minute', '5/hour', '5/day']);
  });
});

describe('hostile names', () => {
  it('are shown with what cannot be seen by its number, and written as they are', () => {
    const dump = '*filter\n:INPUT ACCEPT [0:0]\n:EVIL\u202e - [0:0]\n-A INPUT -j EVIL|\nCOMMIT\n';
    const item = itemsAt(dump).find(({ label }) => label.startsWith('EVIL'));
    expect(item?.label).not.toContain('\u202e');
    expect(item?.textEdit?.newText).toBe('EVIL\u202e');
  });
});

describe('a value behind `=`', () => {
  it('is completed as behind a blank, which it gets where old versions of iptables need one', () => {
    expect(afterTaking(inFilter('-A INPUT --jump=DO|'), 'DOCKER-USER')).toBe('-A INPUT --jump DOCKER-USER');
    expect(afterTaking(inFilter('-A INPUT --protocol=t| -j DOCKER'), 'tcp')).toBe('-A INPUT --protocol tcp -j DOCKER');
    expect(afterTaking(inFilter('-A INPUT -m conntrack --ctstate=NEW,|'), 'ESTABLISHED')).toBe(
      '-A INPUT -m conntrack --ctstate=NEW,ESTABLISHED',
    );
    expect(offered(inFilter('-A INPUT --protocol=|'))).toEqual(offered(inFilter('-A INPUT --protocol |')));
  });

  it('is nothing where the option takes none', () => {
    expect(offered(inFilter('-A INPUT -p tcp -m tcp --syn=|'))).toEqual([]);
    expect(offered(inFilter('-A INPUT -m comment --comment "--jump=|"'))).toEqual([]);
  });
});

describe('a value in quotes', () => {
  it.each([
    ['-A INPUT -j "DO|"', 'DOCKER-USER', '-A INPUT -j "DOCKER-USER"'],
    ['-A INPUT -j "DO|', 'DOCKER-USER', '-A INPUT -j "DOCKER-USER"'],
    ['-A INPUT --jump="DO|"', 'DOCKER-USER', '-A INPUT --jump "DOCKER-USER"'],
    ['-A "FOR|" -j DOCKER', 'FORWARD', '-A "FORWARD" -j DOCKER'],
    ['-A INPUT -m "conn|" --ctstate NEW', 'conntrack', '-A INPUT -m "conntrack" --ctstate NEW'],
    ['-A INPUT -m comment --comment "a note" -j "DO|"', 'DOCKER', '-A INPUT -m comment --comment "a note" -j "DOCKER"'],
    ['-A INPUT -m conntrack --ctstate "NEW,|"', 'RELATED', '-A INPUT -m conntrack --ctstate "NEW,RELATED"'],
  ])('%s', (line, label, expected) => {
    expect(afterTaking(inFilter(line), label)).toBe(expected);
  });

  it('is none between two others, and no word of several', () => {
    expect(offered(inFilter('-A INPUT -m comment --comment "a" -j| "b"'))).not.toContain('DOCKER');
    expect(offered(inFilter('-A INPUT -m comment --comment "see -j |"'))).toEqual([]);
    expect(offered(inFilter('-A INPUT -m comment --comment "see|'))).toEqual([]);
    expect(offered(inFilter('-A INPUT -j "DO|x" --to'))).toContain('DOCKER');
  });
});

describe('a value in one with the letter of its option', () => {
  it.each([
    ['-A INPUT -jDO|', 'DOCKER-USER', '-A INPUT -j DOCKER-USER'],
    ['-A INPUT -ptc| -j DOCKER', 'tcp', '-A INPUT -p tcp -j DOCKER'],
    ['-A INPUT -ieth| -j DOCKER', 'eth0', '-A INPUT -i eth0 -j DOCKER'],
    ['-A INPUT -s10.| -j DOCKER', '10.0.0.0/8', '-A INPUT -s 10.0.0.0/8 -j DOCKER'],
    // Every version of iptables takes those apart.
    ['-A INPUT -mconn| --ctstate NEW', 'conntrack', '-A INPUT -mconntrack --ctstate NEW'],
    ['-AINP| -j DOCKER', 'INPUT', '-AINPUT -j DOCKER'],
  ])('%s', (line, label, expected) => {
    expect(afterTaking(inFilter(line), label)).toBe(expected);
  });

  it('is found by what is typed, with its letter', () => {
    const items = itemsAt(inFilter('-A INPUT -jDO|'));
    expect(items.find(({ label }) => label === 'DOCKER')?.filterText).toBe('-jDOCKER');
  });

  it('is an option instead where no value begins so', () => {
    expect(afterTaking(inFilter('-A INPUT -p tcp -dport|'), '--dport')).toBe('-A INPUT -p tcp --dport');
  });
});
