/** What is wrong with a rule or a command for chains, as iptables 1.8.9 says it in its words; with what mends it. */
import { expect, it } from 'vitest';
import type { Family } from '../../server/src/catalog/types.ts';
import { problemsOf } from './checked-line.ts';

/** In the table filter. `~` stands in front of what iptables takes all the same, or one of its back ends does. */
const cases: readonly (readonly [family: Family, line: string, problems: readonly string[]])[] = [
  [
    'ipv4',
    '-A INPUT -p ipv6-icmp --icmpv6-type 128 -j ACCEPT',
    ['wrong-family at --icmpv6-type: unknown option "--icmpv6-type"'],
  ],
  [
    'ipv4',
    '-A INPUT -m icmp6 --icmpv6-type 128 -j ACCEPT',
    ["wrong-family at icmp6: Couldn't load match `icmp6':No such file or directory"],
  ],
  [
    'ipv4',
    '-A INPUT -j REJECT --reject-with icmp6-no-route',
    ['bad-name at icmp6-no-route: unknown reject type "icmp6-no-route"'],
  ],
  [
    'ipv4',
    '-A INPUT -j DNPT --src-pfx fd00::/64',
    [
      'wrong-family at --src-pfx: unknown option "--src-pfx"',
      '~ wrong-family at DNPT: DNPT is a target of IPv6: here it can only be a chain',
    ],
  ],
  [
    'ipv6',
    '-A INPUT -j DNPT --src-pfx fd00::/64 --dst-pfx fd01::/64',
    ['wrong-table at DNPT: the kernel refuses DNPT in the table filter: it is valid only in mangle'],
  ],
  ['ipv4', '-A INPUT ! -p all -j DROP', ['never-matches at ! -p all: rule would never match protocol']],
  [
    'ipv4',
    '-A INPUT ! -s 0.0.0.0/0 -j DROP',
    ['~ never-matches at ! -s 0.0.0.0/0: the kernel refuses the negation of every address (the nft back end)'],
  ],
  [
    'ipv4',
    '-A INPUT ! -d 10.0.0.1,10.0.0.2 -j DROP',
    ['negated-list at ! -d: ! not allowed with multiple source or destination IP addresses'],
  ],
  [
    'ipv4',
    '-A INPUT ! -s 10.0.0.1 -d 10.0.0.1,10.0.0.2 -j DROP',
    ['negated-list at ! -s: ! not allowed with multiple source or destination IP addresses'],
  ],
  [
    'ipv4',
    '-A INPUT -s 10.0.0.1,10.0.0.2 ! -d 10.0.0.3 -j DROP',
    ['negated-list at ! -d: ! not allowed with multiple source or destination IP addresses'],
  ],
  ['ipv4', '-A INPUT ! -j DROP', ['negation at ! -j: cannot have ! before -j']],
  ['ipv4', '-A INPUT ! -m tcp -p tcp -j DROP', ['negation at ! -m: unexpected ! flag before --match']],
  ['ipv4', '-A INPUT ! -g web', ['negation at ! -g: cannot have ! before -j']],
  ['ipv4', '-A INPUT ! -c 1 2 -j DROP', ['negation at ! -c: cannot have ! before -c']],
  [
    'ipv4',
    '-A INPUT -m comment ! --comment x -j DROP',
    ['negation at ! --comment: comment: option "--comment" cannot be inverted.'],
  ],
  ['ipv4', '-A INPUT -m limit ! --limit 5/s -j DROP', ['negation at ! --limit: limit: option "--limit" cannot be inverted.']],
  ['ipv4', '-A INPUT -j DROP -j ACCEPT', ['repeated-option at -j: multiple -j flags not allowed']],
  ['ipv4', '-A INPUT -j web -g web', ['repeated-option at -g: multiple -j flags not allowed']],
  ['ipv4', '-A INPUT -s 10.0.0.1 -s 10.0.0.2 -j DROP', ['repeated-option at -s: multiple -s flags not allowed']],
  ['ipv4', '-A INPUT -p tcp --syn --syn -j DROP', ["repeated-option at --syn: Only one of `--syn' or `--tcp-flags'  allowed"]],
  [
    'ipv4',
    '-A INPUT -p tcp --syn --tcp-flags SYN SYN -j DROP',
    ["excluded-option at --syn --tcp-flags SYN SYN: Only one of `--syn' or `--tcp-flags'  allowed"],
  ],
  [
    'ipv4',
    '-A INPUT -p tcp --dport 80 --dport 81 -j DROP',
    ["repeated-option at --dport: Only one `--destination-port' allowed"],
  ],
  [
    'ipv4',
    '-A INPUT -p sctp --dport 80 --dport 81 -j DROP',
    ["repeated-option at --dport: Only one `--destination-port' allowed"],
  ],
  [
    'ipv4',
    '-A INPUT -p udp --dport 80 --dport 81 -j DROP',
    ['repeated-option at --dport: udp: option "--destination-port" can only be used once.'],
  ],
  [
    'ipv4',
    '-A INPUT -m mark --mark 1 --mark 2 -j DROP',
    ['repeated-option at --mark: mark: option "--mark" can only be used once.'],
  ],
  ['ipv4', '-A INPUT -m mark --mark 1 -m mark --mark 2 -j DROP', []],
  [
    'ipv4',
    '-A INPUT -j MARK --set-mark 1 --set-mark 2',
    ['repeated-option at --set-mark: MARK: option "--set-mark" can only be used once.'],
  ],
  [
    'ipv4',
    '-A INPUT -j MARK --set-mark 1 --or-mark 2',
    ['excluded-option at --or-mark: MARK: option "--set-mark" cannot be used together with "--or-mark".'],
  ],
  [
    'ipv4',
    '-A INPUT -j MARK',
    ['missing-option at MARK: MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required'],
  ],
  ['ipv4', '-A INPUT -p tcp -m multiport -j DROP', ['missing-option at multiport: multiport expection an option']],
  ['ipv4', '-A INPUT -p tcp -m multiport --dports 90:80 -j DROP', ['bad-range at 90:80: invalid portrange specified']],
  ['ipv4', '-A INPUT -p tcp --dport 90:80 -j DROP', ['reversed-range at 90:80: invalid portrange (min > max) => 80:90']],
  [
    'ipv4',
    '-A INPUT -m iprange --src-range 10.0.0.9-10.0.0.1 -j DROP',
    ['~ reversed-range at 10.0.0.9-10.0.0.1: the range 10.0.0.9-10.0.0.1 is reversed and will never match'],
  ],
  [
    'ipv4',
    '-A INPUT -m length --length 9:1 -j DROP',
    ['~ reversed-range at 9:1: the range 9:1 is reversed and will never match'],
  ],
  [
    'ipv4',
    '-A INPUT -i et/h0 -j DROP',
    ["~ weird-interface at et/h0: weird character in interface `et/h0' ('/' and ' ' are not allowed by the kernel)."],
  ],
  [
    'ipv4',
    '-A INPUT -i "et h0" -j DROP',
    ["~ weird-interface at \"et h0\": weird character in interface `et h0' ('/' and ' ' are not allowed by the kernel)."],
  ],
  [
    'ipv4',
    '-A INPUT -ieth0 -j DROP',
    ['~ glued-value at -ieth0: iptables before 1.8.10 takes "-ieth0" for the value of --in-interface => -i eth0'],
  ],
  [
    'ipv4',
    '-A INPUT --in-interface=eth0 -j DROP',
    [
      "bad-interface at --in-interface=eth0: interface name `--in-interface=eth0' must be shorter than IFNAMSIZ (15)",
      '~ glued-value at --in-interface=eth0: iptables before 1.8.10 takes "--in-interface=eth0" for the value of --in-interface => -i eth0',
    ],
  ],
  ['ipv4', '-A INPUT -m connmark -j DROP', ['missing-option at connmark: connmark: option "--mark" must be specified']],
  [
    'ipv4',
    '-A INPUT -m statistic --mode random -j DROP',
    ['missing-option at statistic: --probability must be specified when using random mode'],
  ],
  [
    'ipv4',
    '-A INPUT -m statistic --mode nth --probability 0.5 -j DROP',
    ['missing-option at statistic: --every and --packet must be specified when using nth mode'],
  ],
  [
    'ipv4',
    '-A INPUT -m statistic --mode nth --every 0 -j DROP',
    ['bad-number at 0: statistic: bad value for option "--every", or out of range (1-4294967295).'],
  ],
  [
    'ipv4',
    '-A INPUT -m recent --name x --set --update -j DROP',
    ['excluded-option at --update: recent: option "--set" cannot be used together with "--update".'],
  ],
  [
    'ipv4',
    '-A INPUT -m recent --seconds 5 -j DROP',
    ["missing-option at recent: recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'"],
  ],
  [
    'ipv4',
    '-A INPUT -m recent --set --seconds 5 -j DROP',
    ['excluded-option at recent: the kernel refuses --seconds, --hitcount and --reap beside --set'],
  ],
  ['ipv4', '-A INPUT -o eth0 -j DROP', [`wrong-interface at -o: Can't use -o with INPUT`]],
  ['ipv4', '-A OUTPUT -i eth0 -j DROP', [`wrong-interface at -i: Can't use -i with OUTPUT`]],
  ['ipv4', '-A FORWARD -i eth0 -o eth1 -j DROP', []],
  ['ipv4', '-A INPUT -n -j DROP', ["superfluous-option at -n: Illegal option `-n' with this command"]],
  ['ipv4', '-A INPUT --line-numbers -j DROP', ["superfluous-option at --line-numbers: Illegal option `-0' with this command"]],
  ['ipv4', '-A INPUT -t nat -j DROP', ['not-in-a-file at -t: The -t option cannot be used in iptables-restore.']],
  ['ipv4', '-A INPUT -w -j DROP', ["not-in-a-file at -w: You cannot use `-w' from iptables-restore"]],
  ['ipv4', '-D INPUT 1 -s 10.0.0.1', ["superfluous-option at -s: Illegal option `-s' with this command"]],
  ['ipv4', '-D INPUT 0', ["bad-rule-number at 0: Invalid rule number `0' => 1"]],
  ['ipv4', '-R INPUT -j DROP', ['missing-value at -R: -R requires a rule number']],
  ['ipv4', '-I INPUT 2147483647 -j DROP', []],
  ['ipv4', '-I INPUT 2147483648 -j DROP', ["bad-rule-number at 2147483648: Invalid rule number `2147483648'"]],
  ['ipv4', '-A INPUT -f -j DROP', []],
  ['ipv6', '-A INPUT -f -j DROP', ["wrong-family at -f: `-f' is not supported in IPv6, use -m frag instead"]],
  [
    'ipv4',
    '-A INPUT -m Tcp -p tcp -j DROP',
    ["unknown-match at Tcp: Couldn't load match `Tcp':No such file or directory => tcp"],
  ],
  [
    'ipv4',
    '-A INPUT -m MASQUERADE -j DROP',
    ["unknown-match at MASQUERADE: Couldn't load match `MASQUERADE':No such file or directory"],
  ],
  [
    'ipv4',
    '-A INPUT -m tpc -p tcp -j DROP',
    [
      "~ unknown-match at tpc: Couldn't load match `tpc':No such file or directory; iptables 1.8 has no such match, its options are kept as they are",
    ],
  ],
  [
    'ipv4',
    '-A INPUT -m nosuch -j DROP',
    [
      "~ unknown-match at nosuch: Couldn't load match `nosuch':No such file or directory; iptables 1.8 has no such match, its options are kept as they are",
    ],
  ],
  [
    'ipv4',
    '-A INPUT -m nosuch --nope -j DROP',
    [
      "~ unknown-match at nosuch: Couldn't load match `nosuch':No such file or directory; iptables 1.8 has no such match, its options are kept as they are",
    ],
  ],
  ['ipv4', '-A INPUT -m x -j DROP', ["unknown-match at x: Couldn't load match `x':No such file or directory"]],
  ['ipv4', '-A INPUT -m DROP -j DROP', ["unknown-match at DROP: Couldn't load match `DROP':No such file or directory"]],
  ['ipv4', '-A INPUT --nope -j DROP', ['unknown-option at --nope: unknown option "--nope"']],
  [
    'ipv4',
    '-A INPUT ! --ctstate NEW -j DROP',
    ['option-not-loaded at --ctstate: unknown option "--ctstate": it is known only behind -m conntrack'],
  ],
  [
    'ipv4',
    '-A INPUT --ctstate NEW -j DROP',
    [
      'option-not-loaded at --ctstate: unknown option "--ctstate": it is known only behind -m conntrack => -m conntrack --ctstate',
    ],
  ],
  [
    'ipv4',
    '-A INPUT --dports 80 -j DROP',
    ['option-not-loaded at --dports: unknown option "--dports": it is known only behind -m multiport => -m multiport --dports'],
  ],
  ['ipv4', '-N ACCEPT', ['bad-chain-name at ACCEPT: chain name may not clash with target name']],
  ['ipv4', '-N LOG', ['bad-chain-name at LOG: chain name may not clash with target name']],
  ['ipv4', '-N -x', ["~ bad-chain-name at -x: chain name not allowed to start with `-' (the nft back end)"]],
  ['ipv4', '-P web DROP', ["policy-on-user-chain at web: Can't set policy on `web': Bad built-in chain name"]],
  ['ipv4', '-P INPUT web', ["bad-policy at web: Can't set policy `web': Bad policy name"]],
  ['ipv4', '-P INPUT drop', ["bad-policy at drop: Can't set policy `drop': Bad policy name"]],
  ['ipv4', '-P INPUT', ['missing-value at -P: -P requires a chain and a policy']],
  ['ipv4', '-E web', ['missing-value at -E: -E requires old-chain-name and new-chain-name']],
  ['ipv4', '-E web LOG', ['bad-chain-name at LOG: chain name may not clash with target name']],
  ['ipv4', '-P INPUT ACCEPT -c 12 720', []],
  ['ipv4', '-P INPUT ACCEPT -c 12 x', ['bad-number at x: -c byte counter not numeric']],
  ['ipv4', '-P INPUT ACCEPT -c x 720', ['bad-number at x: -c packet counter not numeric']],
  ['ipv4', '-N web -s 10.0.0.1', ["superfluous-option at -s: Illegal option `-s' with this command"]],
  ['ipv4', '-N web -v', []],
  ['ipv4', '-N web --nope', ['unknown-option at --nope: unknown option "--nope"']],
  ['ipv4', ':INPUT web [0:0]', ["bad-policy at web: Can't set policy `web' on `INPUT': Bad policy name"]],
  ['ipv4', ':INPUT accept [0:0]', ["bad-policy at accept: Can't set policy `accept' on `INPUT': Bad policy name => ACCEPT"]],
  [
    'ipv4',
    ':web ACCEPT [0:0]',
    ["~ policy-on-user-chain at ACCEPT: Can't set policy `ACCEPT' on `web': Bad built-in chain name (the legacy back end) => -"],
  ],
  ['ipv4', ':ACCEPT - [0:0]', ['bad-chain-name at ACCEPT: chain name may not clash with target name']],
  ['ipv4', ':LOG - [0:0]', []],
  ['ipv4', '*Filter', [`unknown-table at Filter: table name 'Filter' invalid => filter`]],
  ['ipv4', '*web', [`unknown-table at web: table name 'web' invalid`]],
];

it.each(cases)('%s: %s', (family, line, problems) => {
  const said = problemsOf(line, { family }).map(
    ({ severity, code, start, end, message, fix }) =>
      `${severity === 'error' ? '' : '~ '}${code} at ${line.slice(start, end)}: ${message}${fix === undefined ? '' : ` => ${fix.text}`}`,
  );
  expect(said).toEqual(problems);
});
