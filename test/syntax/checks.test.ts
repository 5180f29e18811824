import { describe, expect, it } from 'vitest';
import { check, fixed } from './checked-line.ts';

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
-A INPUT -m bpf --bytecode "1,6 0 0 65535" --object-pinned /sys/fs/bpf/x -j DROP
            ^^^ missing-option: bpf: one of --bytecode or --pinned is required`);
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

describe('negation', () => {
  it('stands before an option that takes it', () => {
    check('-A INPUT ! -s 10.0.0.0/8 -p tcp ! --dport 22 -j DROP');
    check(`
-A INPUT ! -j DROP
         ^^^^ negation: cannot have ! before -j`);
    check(`
-A INPUT ! -t filter
         ^^^^ negation: unexpected ! flag before --table`);
    check('-A INPUT ! -M /sbin/modprobe -j DROP');
    check(`
-A INPUT -m limit ! --limit 5/sec
                  ^^^^^^^^^ negation: limit: option "--limit" cannot be inverted.`);
  });

  it('is not looked at where the option lacks its value', () => {
    check(`
-A INPUT ! -j
           ^^ missing-value: option "-j" requires an argument`);
    check(`
-A INPUT ! -p
           ^^ missing-value: option "-p" requires an argument`);
    check(`
-A INPUT ! -m
           ^^ missing-value: option "-m" requires an argument`);
    check(`
-A INPUT -m limit ! --limit
                    ^^^^^^^ missing-value: option "--limit" requires an argument`);
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

describe('extensions', () => {
  it('that nobody knows are kept, and their options with them', () => {
    check(`
-A INPUT -m geoip --source-country DE -j DROP
            ~~~~~ unknown-match: Couldn't load match \`geoip':No such file or directory; iptables 1.8 has no such match, its options are kept as they are`);
  });

  it('that are a letter away from a known one are mistyped; another number is another extension', () => {
    check(`
-A INPUT -m conntrak --ctstate NEW -j DROP
            ^^^^^^^^ unknown-match: Couldn't load match \`conntrak':No such file or directory`);
    check(`
-A INPUT -m quota2 --quota 10 -j DROP
            ~~~~~~ unknown-match: Couldn't load match \`quota2':No such file or directory; iptables 1.8 has no such match, its options are kept as they are`);
  });

  it('are not named like an option, a number, an address or a verdict', () => {
    check(`
-A INPUT -m -1 -j DROP
            ^^ unknown-match: Couldn't load match \`-1':No such file or directory`);
    check(`
-A INPUT -m 0x10 -j DROP
            ^^^^ unknown-match: Couldn't load match \`0x10':No such file or directory`);
    check(`
-A INPUT -m 10.0.0.1 -j DROP
            ^^^^^^^^ unknown-match: Couldn't load match \`10.0.0.1':No such file or directory`);
    check(`
-A INPUT -m ACCEPT
            ^^^^^^ unknown-match: Couldn't load match \`ACCEPT':No such file or directory`);
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
-N LOG
   ^^^ bad-chain-name: chain name may not clash with target name`);
    check(`
-E MINE LOG
        ^^^ bad-chain-name: chain name may not clash with target name`);
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
