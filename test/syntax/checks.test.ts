import { describe, expect, it } from 'vitest';
import type { Family, TableName } from '../../server/src/catalog/types.ts';
import { lineContext } from '../../server/src/syntax/line.ts';
import { createStatementReader } from '../../server/src/syntax/parser.ts';
import type { Problem } from '../../server/src/syntax/statement.ts';

const reader = createStatementReader(true);

interface Place {
  readonly family?: Family;
  readonly backend?: 'nft' | 'legacy';
  readonly table?: TableName;
}

function problemsOf(line: string, { family = 'ipv4', backend, table = 'filter' }: Place = {}): readonly Problem[] {
  return reader.read(line, lineContext(family, backend, table)).problems;
}

/** The line with each problem below it: where it is underlined, its code and its words. `~` underlines what is no error. */
function drawn(line: string, place?: Place): string {
  const below = [...problemsOf(line, place)]
    .sort((one, other) => one.start - other.start)
    .map(({ start, end, severity, code, message }) => {
      const mark = (severity === 'error' ? '^' : '~').repeat(Math.max(end - start, 1));
      return `${' '.repeat(start)}${mark} ${code}: ${message}`;
    });
  return [line, ...below].join('\n');
}

/** A line and its problems, as `drawn` draws them, are written down as one text. */
function check(expected: string, place?: Place): void {
  const text = expected.replace(/^\n/, '').trimEnd();
  expect(drawn(text.split('\n', 1)[0] ?? '', place)).toBe(text);
}

/** The line after its one quick fix. */
function fixed(line: string, place?: Place): string {
  const found = problemsOf(line, place).find(({ fix }) => fix !== undefined);
  return found?.fix === undefined ? line : line.slice(0, found.start) + found.fix.text + line.slice(found.end);
}

describe('options', () => {
  it('that nobody has are unknown', () => {
    check(`
-A INPUT --dprot 80 -j ACCEPT
         ^^^^^^^ unknown-option: unknown option "--dprot"`);
  });

  it('of a match that is not loaded are unknown, and the line says what to load', () => {
    check(`
-A INPUT --ctstate NEW -j ACCEPT
         ^^^^^^^^^ option-not-loaded: unknown option "--ctstate": it is known only behind -m conntrack`);
    expect(fixed('-A INPUT --ctstate NEW -j ACCEPT')).toBe('-A INPUT -m conntrack --ctstate NEW -j ACCEPT');
    check('-A INPUT -m conntrack --ctstate NEW -j ACCEPT');
  });

  it('of a protocol stand behind it', () => {
    check(`
-A INPUT --dport 80 -p tcp -j ACCEPT
         ^^^^^^^ option-not-loaded: unknown option "--dport": it is known only behind -m dccp, -m sctp, -m tcp, -m udp`);
    check('-A INPUT -p tcp --dport 80 -j ACCEPT');
    check('-A INPUT -m tcp --dport 80 -p tcp -j ACCEPT');
  });

  it('want their values', () => {
    check(`
-A INPUT -p tcp --dport
                ^^^^^^^ missing-value: option "--dport" requires an argument`);
    check(`
-A INPUT -p tcp --tcp-flags SYN -j DROP
                ^^^^^^^^^^^ missing-value: --tcp-flags requires two args.`);
  });

  it('take no more than their values', () => {
    check(`
-A INPUT -p tcp --syn 5 -j ACCEPT
                      ^ bad-argument: Bad argument \`5'`);
    check(`
-A FORWARD -p tcp -m tcp --syn=5 -j ACCEPT
                               ^ superfluous-value: unknown option "--syn=5"`);
  });

  it('are given once', () => {
    check(`
-A INPUT -s 10.0.0.1 -s 10.0.0.2 -j DROP
                     ^^ repeated-option: multiple -s flags not allowed`);
    check(`
-A INPUT -j ACCEPT -g LIMITS
                   ^^ repeated-option: multiple -j flags not allowed`);
    check(`
-A INPUT -m comment --comment a --comment b
                                ^^^^^^^^^ repeated-option: comment: option "--comment" can only be used once.`);
    check('-A INPUT -m recent --set -m recent --update');
  });

  it('that exclude each other do not stand together', () => {
    check(`
-A INPUT -m recent --set --rcheck
                         ^^^^^^^^ excluded-option: recent: option "--set" cannot be used together with "--rcheck".`);
  });

  it('that are needed must be there', () => {
    check(`
-A INPUT -m comment -j ACCEPT
            ^^^^^^^ missing-option: comment: option "--comment" must be specified`);
    check(`
-A INPUT -m statistic --mode nth --every 2
                                 ^^^^^^^ missing-option: statistic: option "--every" also requires "--packet".`);
    check(
      `
-A PREROUTING -p tcp -j DNAT
                        ^^^^ missing-option: DNAT: option "--to-destination" must be specified`,
      { table: 'nat' },
    );
  });

  it('for listings and for the command line are refused in a file', () => {
    check(`
-A INPUT -n -j ACCEPT
         ^^ superfluous-option: Illegal option \`-n' with this command`);
    check(`
-A INPUT -t nat -j ACCEPT
         ^^ not-in-a-file: The -t option cannot be used in iptables-restore.`);
  });
});

describe('a rule that is deleted by its number', () => {
  it('has nothing beside it that iptables would look for', () => {
    check('-D INPUT 1');
    check('-D INPUT 1 -m comment --comment x');
    check(`
-D INPUT 1 -p tcp
           ^^ superfluous-option: Illegal option \`-p' with this command`);
  });
});

describe('a mark', () => {
  it('is a number, in hexadecimal too', () => {
    check('-A INPUT -m mark --mark 0x4f00/0x4f00 -j DROP');
    check(`
-A INPUT -m mark --mark 0x4g -j DROP
                        ^^^^ bad-number: mark: trailing garbage after value for option "--mark".`);
  });
});

describe('an address', () => {
  it('has a prefix length as a network, and a port as what a packet is sent to', () => {
    check('-A INPUT -s 10.0.0.0/8 -d 10.1.2.3 -j ACCEPT');
    check('-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80', { table: 'nat' });
    check(`
-A INPUT -s 10.0.0.1:80 -j ACCEPT
            ^^^^^^^^^^^ bad-address: host/network \`10.0.0.1:80' not found`);
    check(
      `
-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1/8
                                              ^^^^^^^^^^ bad-address: Bad IP address "10.0.0.1/8"`,
      { table: 'nat' },
    );
  });
});

describe('negation', () => {
  it('stands before an option that takes it', () => {
    check('-A INPUT ! -s 10.0.0.0/8 -p tcp ! --dport 22 -j DROP');
    check(`
-A INPUT ! -j DROP
         ^^^^ negation: cannot have ! before -j`);
    check(`
-A INPUT -m limit ! --limit 5/sec
                  ^^^^^^^^^ negation: limit: option "--limit" cannot be inverted.`);
  });

  it('of a family is taken, and changes nothing', () => {
    check('-A INPUT ! -4 -j DROP');
    check('-A INPUT ! --ipv6 -j DROP', { family: 'ipv6' });
  });

  it('is not for lists, nor for nothing', () => {
    check(`
-A INPUT ! -s 10.0.0.1,10.0.0.2 -j DROP
         ^^^^ negated-list: ! not allowed with multiple source or destination IP addresses`);
    check(`
-A INPUT -j DROP !
                 ^ negation-without-option: nothing appropriate following !`);
    check(`
-A INPUT ! ! -s 10.0.0.1
           ^ double-negation: multiple consecutive ! not allowed`);
  });

  it('of every protocol never matches', () => {
    check(`
-A INPUT ! -p all -j DROP
         ^^^^^^^^ never-matches: rule would never match protocol`);
  });
});

describe('values', () => {
  it.each([
    ['-s 10.0.0.256', 'bad-address', "host/network `10.0.0.256' not found"],
    ['-s 10.0.0.0/33', 'bad-mask', "invalid mask `33' specified"],
    ['-s fd00::1', 'wrong-family', "host/network `fd00::1' not found"],
    ['-i averyveryverylongname', 'bad-interface', "interface name `averyveryverylongname' must be shorter than IFNAMSIZ (15)"],
    ['-p foo', 'bad-protocol', 'unknown protocol "foo" specified'],
    ['-p tcp --dport 65536', 'bad-port', "invalid port/service `65536' specified"],
    ['-p tcp --dport 080', 'bad-port', "invalid port/service `080' specified"],
    ['-p tcp --dport 90:80', 'reversed-range', 'invalid portrange (min > max)'],
    ['-p tcp -m multiport --dports 80:80', 'bad-range', 'invalid portrange specified'],
    ['-m mark --mark 0x1/', 'bad-number', 'mark: bad integer value for option "--mark", or out of range.'],
    ['-m conntrack --ctstate NEWER', 'bad-name', 'Bad ctstate "NEWER"'],
    ['-m limit --limit 10001/sec', 'bad-rate', 'Rate too fast "10001/sec"'],
    [
      '-m length --length 1:70000',
      'bad-number',
      'length: bad value for option "--length" near "70000", or out of range (0-65535).',
    ],
    ['-m mac --mac-source 00:11:22', 'bad-mac', 'Invalid MAC address specified.'],
    [
      '-m statistic --mode random --probability 1.5',
      'bad-number',
      'statistic: bad value for option "--probability", or out of range (0-1).',
    ],
    ['-p icmp --icmp-type echo', 'bad-name', "Ambiguous ICMP type `echo': `echo-reply' or `echo-request'?"],
    [
      '-m time --timestart 24:00',
      'bad-time',
      'invalid time "24:00" specified, should be hh:mm[:ss] format and within the boundaries',
    ],
    ['-j REJECT --reject-with nothing', 'bad-name', 'unknown reject type "nothing"'],
    ['-j LOG --log-level loud', 'bad-name', 'log level "loud" unknown'],
  ])('%s is refused at its last word', (words, code, message) => {
    const line = `-A FORWARD ${words}`;
    expect(problemsOf(line).map((problem) => [line.slice(problem.start, problem.end), problem.code, problem.message])).toEqual([
      [words.split(' ').at(-1), code, message],
    ]);
  });

  it.each([
    '-s 10/8',
    '-s 192.168',
    '-s 16909060',
    '-s 010.0.0.1',
    '-s 10.0.0.1/255.0.255.0',
    '-p TCP --dport 0x50',
    '-p tcp --dport http',
    '-p udp --dport :53',
    '-m mark --mark 010/0xff',
    '-m conntrack --ctstate new,RELATED',
    '-m statistic --mode random --probability .5',
    '-m limit --limit 3',
    '-m time --weekdays Mon,2,Su',
    '-j REJECT --reject-with port-unreach',
  ])('%s is right', (words) => {
    expect(problemsOf(`-A FORWARD ${words}`)).toEqual([]);
  });

  it('that will never match are told', () => {
    check(`
-A INPUT -m iprange --src-range 10.0.0.9-10.0.0.1
                                ~~~~~~~~~~~~~~~~~ reversed-range: the range 10.0.0.9-10.0.0.1 is reversed and will never match`);
  });

  it('that are cut off are told', () => {
    check(`
-A INPUT -j LOG --log-prefix "dropped by the second firewall: "
                             ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ text-cut: iptables cuts this off after 29 bytes`);
  });

  it('have a fix where there is one right answer', () => {
    expect(fixed('-A INPUT -p tcp --dport 90:80')).toBe('-A INPUT -p tcp --dport 80:90');
    expect(fixed('-A INPUT -m TCP -p tcp --dport 80')).toBe('-A INPUT -m tcp -p tcp --dport 80');
    expect(fixed('*FILTER')).toBe('*filter');
    expect(fixed(':INPUT accept [0:0]')).toBe(':INPUT ACCEPT [0:0]');
  });
});

describe('extensions', () => {
  it('that nobody knows are kept, and their options with them', () => {
    check(`
-A INPUT -m geoip --source-country DE -j DROP
            ~~~~~ unknown-match: Couldn't load match \`geoip':No such file or directory; iptables 1.8 has no such match, its options are kept as they are`);
  });

  it('of the other family are refused', () => {
    check(
      `
-A INPUT -m ttl --ttl-eq 64
            ^^^ wrong-family: Couldn't load match \`ttl':No such file or directory`,
      { family: 'ipv6' },
    );
    check('-A INPUT -m ttl --ttl-eq 64');
  });

  it('are told where the kernel will refuse them', () => {
    check(`
-A INPUT -p tcp -j DNAT --to-destination 10.0.0.1:80
                   ^^^^ wrong-table: the kernel refuses DNAT in the table filter: it is valid only in nat`);
    check(
      `
-A POSTROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80
                         ^^^^ wrong-chain: the kernel refuses DNAT in POSTROUTING: it is valid only in PREROUTING, OUTPUT and chains called from there`,
      { table: 'nat' },
    );
    check('-A KUBE-SEP-X -p tcp -j DNAT --to-destination 10.0.0.1:80', { table: 'nat' });
  });

  it('with ports want a protocol that has some', () => {
    check(
      `
-A OUTPUT -j DNAT --to-destination 10.0.0.1:80
                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ needs-protocol: Need TCP, UDP, SCTP or DCCP with port specification`,
      { table: 'nat' },
    );
    check(`
-A INPUT -m multiport --dports 80,443 -p tcp
                      ^^^^^^^^^^^^^^^ needs-protocol: multiport needs \`-p tcp', \`-p udp', \`-p udplite', \`-p sctp' or \`-p dccp'`);
  });
});

describe('rateest', () => {
  it('needs a comparison and what is compared; whether there is an estimator of the name only the machine can tell', () => {
    check(`
-A INPUT -m rateest --rateest est --rateest-bps 1000 -j ACCEPT
            ^^^^^^^ missing-option: the kernel refuses rateest without --rateest-lt, -gt or -eq`);
    check(`
-A INPUT -m rateest --rateest1 est --rateest2 other --rateest-lt -j ACCEPT
            ^^^^^^^ missing-option: the kernel refuses rateest without --rateest-bps or --rateest-pps`);
    check('-A INPUT -m rateest --rateest-lt --rateest-bps -j ACCEPT');
    check('-A INPUT -m rateest --rateest1 est --rateest-delta ! --rateest-gt --rateest-pps1 5 -j ACCEPT');
  });
});

describe('where the back ends differ', () => {
  it('the header says who is right', () => {
    check(`
-A INPUT -m tcp --dport 80 -j ACCEPT
            ^^^ needs-protocol: TCP match requires '-p tcp'`);
    check(
      `
-A INPUT -m tcp --dport 80 -j ACCEPT
            ^^^ needs-protocol: the kernel refuses tcp without -p tcp`,
      { backend: 'legacy' },
    );
    check('-A INPUT ! -p tcp --dport 80 -j ACCEPT', { backend: 'nft' });
  });

  it('a policy on a user chain is refused by one of them', () => {
    check(`
:LIMITS ACCEPT [0:0]
        ~~~~~~ policy-on-user-chain: Can't set policy \`ACCEPT' on \`LIMITS': Bad built-in chain name (the legacy back end)`);
    check(
      `
:LIMITS ACCEPT [0:0]
        ^^^^^^ policy-on-user-chain: Can't set policy \`ACCEPT' on \`LIMITS': Bad built-in chain name`,
      { backend: 'legacy' },
    );
    check(':LIMITS ACCEPT [0:0]', { backend: 'nft' });
  });
});

describe('chains and tables', () => {
  it('have names that iptables takes', () => {
    check(`
:KUBE-A-VERY-LONG-NAME-OF-A-CHAIN - [0:0]
 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ chain-name-too-long: chain name \`KUBE-A-VERY-LONG-NAME-OF-A-CHAIN' too long (must be under 29 chars)`);
    check(`
:ACCEPT - [0:0]
 ^^^^^^ bad-chain-name: chain name may not clash with target name`);
    check(':LOG - [0:0]');
    check(
      `
:!x - [0:0]
 ^^ bad-chain-name: chain name not allowed to start with \`!'`,
      { backend: 'nft' },
    );
    check(':!x - [0:0]', { backend: 'legacy' });
    check(`
*fitler
 ^^^^^^ unknown-table: table name 'fitler' invalid`);
  });

  it('that are built in have a policy of ACCEPT or DROP', () => {
    check(`
:INPUT REJECT [0:0]
       ^^^^^^ bad-policy: Can't set policy \`REJECT' on \`INPUT': Bad policy name`);
    check(':INPUT - [0:0]');
  });

  it('see a packet with one interface only at either end of its way', () => {
    check(`
-A INPUT -o eth0 -j DROP
         ^^ wrong-interface: Can't use -o with INPUT`);
    check(`
-A OUTPUT -i eth0 -j DROP
          ^^ wrong-interface: Can't use -i with OUTPUT`);
    check('-A FORWARD -i eth0 -o eth1 -j DROP');
  });

  it('of nat do not drop', () => {
    check(
      `
-A PREROUTING -j DROP
                 ^^^^ drop-in-nat: The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.`,
      { table: 'nat' },
    );
  });

  it('are changed by commands with the right words', () => {
    check(`
-I INPUT zero -j ACCEPT
         ^^^^ bad-rule-number: Invalid rule number \`zero'`);
    check(`
-R INPUT -j ACCEPT
^^ missing-value: -R requires a rule number`);
    check(`
-P INPUT
^^ missing-value: -P requires a chain and a policy`);
    check('-P INPUT ACCEPT -c 12 720');
    check('-P INPUT ACCEPT -v --set-counters 12,720');
    check(`
-P INPUT ACCEPT -c 12
                   ^^ missing-value: -c requires packet and byte counter`);
    check(`
-P INPUT ACCEPT -c 12 b
                      ^ bad-number: -c byte counter not numeric`);
    check(`
-N X -c 0 0
     ^^ superfluous-option: Illegal option \`-c' with this command`);
    check(`
-A INPUT -D INPUT -j ACCEPT
         ^^ two-commands: Cannot use -D with -A`);
    check(`
-F INPUT -j ACCEPT
         ^^ superfluous-option: Illegal option \`-j' with this command`);
  });
});

describe('long lines', () => {
  it('have words of at most 1,023 bytes', () => {
    const problems = problemsOf(`-A INPUT -m comment --comment ${'x'.repeat(1024)} -j ACCEPT`);
    expect(problems.map(({ code, start, end }) => [code, end - start])).toContainEqual(['word-too-long', 1024]);
  });

  it('have at most 251 words', () => {
    const line = `-A INPUT${' -m recent --set'.repeat(90)}`;
    expect(problemsOf(line).map(({ code }) => code)).toEqual(['too-many-words']);
    expect(problemsOf(`-A INPUT${' -m recent --set'.repeat(80)}`)).toEqual([]);
  });
});
