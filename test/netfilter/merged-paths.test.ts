/** Paths that are followed at once, chain by chain, come to what they come to one by one. */
import { describe, expect, it } from 'vitest';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import type { Enumeration, Outcome } from '../../server/src/netfilter/outcome.ts';
import { assumedBy, enumerate, type PacketTexts, pathWords } from './support.ts';

const notLocal: EnumerateOptions = { isLocal: () => false };

function outcomeText(outcome: Outcome): string {
  const { verdict, probability, oddity, packet } = outcome;
  const { source, sport, destination, dport, mark, connectionMark, ttl, ttlChange, tos, state, lists, sets } = packet;
  const ends = `${source?.text ?? 'picked'} ${sport} > ${destination.text} ${dport}`;
  const rest = [mark, connectionMark, ttl, ttlChange, tos, state, [...lists], [...sets]];
  // Answers may be given in another order; of a chain that is missing `missing` tells.
  const assumed = assumedBy(outcome)
    .filter((sentence) => !sentence.includes('which the text does not show'))
    .toSorted()
    .join(' ');
  return `${verdict} ${probability.toFixed(6)} ${oddity} ${ends} ${JSON.stringify(rest)}: ${pathWords(outcome)} [${assumed}]`;
}

function told({ outcomes, assumptions, missing, unshown, complete }: Enumeration): object {
  return {
    outcomes: outcomes.map(outcomeText).toSorted(),
    assumptions: assumptions.filter((text) => !text.startsWith('There are more paths than can be shown')).toSorted(),
    missing: missing.map(({ name }) => name),
    unshown,
    complete,
  };
}

/** One rule at first that half of all packets match, so that there is more than one path. */
const half = '-m statistic --mode random --probability 0.5 -j MARK --set-xmark 0x8000/0x8000';

function bothWays(text: string, given: PacketTexts = {}, options: EnumerateOptions = notLocal): readonly Enumeration[] {
  return [enumerate(text, given, options), enumerate(text, given, { ...options, mostOutcomes: 0 })];
}

const six: PacketTexts = { from: 'fd00::9', to: 'fd00::1' };

const cases: readonly (readonly [table: string, chain: string, rules: readonly string[], given?: PacketTexts])[] = [
  // Targets, one behind the other.
  ['mangle', 'FORWARD', ['-j MARK --set-xmark 0x1/0x1', '-j CONNMARK --save-mark', '-j CONNMARK --set-xmark 0x10/0x10']],
  ['mangle', 'FORWARD', ['-j CONNMARK --set-mark 7', '-j CONNMARK --restore-mark --nfmask 0x1 --ctmask 0x1', '-j LOG']],
  ['mangle', 'PREROUTING', ['-j TTL --ttl-set 9', '-j TTL --ttl-inc 3', '-j TOS --set-tos 0x10/0xff', '-j NFLOG'], { tos: 3 }],
  ['mangle', 'PREROUTING', ['-j TTL --ttl-dec 2', '-j DSCP --set-dscp 0x2e'], { tos: null }],
  ['mangle', 'PREROUTING', ['-j HL --hl-dec 2', '-j ECN --ecn-ip-ect 1'], { ...six, ttl: 64 }],
  ['mangle', 'PREROUTING', ['-j TPROXY --on-port 1 --tproxy-mark 0x1/0x1', '-j DROP']],
  ['mangle', 'FORWARD', ['-p tcp -j NFQUEUE --queue-num 1', '-j DROP']],
  ['mangle', 'FORWARD', ['-p tcp -j CLUSTERIP', '-j NOBODY', '-j ACCEPT']],
  ['mangle', 'FORWARD', ['-j SET --add-set seen src', '-m set --match-set seen src -j ACCEPT', '-j DROP']],
  ['raw', 'PREROUTING', ['-p tcp -j CT --zone 7', '-j NOTRACK']],
  ['raw', 'PREROUTING', ['-j NOTRACK', '-m conntrack --ctstate UNTRACKED -j DROP']],
  ['nat', 'PREROUTING', ['-p udp -j DNAT --to-destination 10.1.1.1', '-p tcp -j DNAT --to-destination 10.1.1.2:81-83']],
  ['nat', 'PREROUTING', ['-p tcp -j DNAT --to-destination 10.1.1.2-10.1.1.4', '-j DROP']],
  ['nat', 'OUTPUT', ['-p tcp -j REDIRECT --to-ports 8080', '-j DROP'], { isFromHere: true }],
  ['nat', 'PREROUTING', ['-d 10.0.0.0/24 -j NETMAP --to 10.5.0.0/24', '-j DROP']],
  ['nat', 'POSTROUTING', ['-p udp -j MASQUERADE', '-p tcp -j SNAT --to-source 10.9.9.9', '-j DROP']],
  ['nat', 'POSTROUTING', ['-o eth7 -j ACCEPT', '-j MASQUERADE']],
  ['filter', 'FORWARD', ['-p udp -j DROP', '-p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset', '-j ACCEPT']],
  ['filter', 'FORWARD', ['-p tcp -j RETURN', '-j DROP']],
  // Chains: jumps, gotos, ends.
  ['filter', 'FORWARD', ['-j A', '-j DROP', '! -A A -p udp -j DROP', '! -A A -p tcp -j RETURN', '! -A A -j REJECT']],
  ['filter', 'FORWARD', ['-g A', '-j DROP', '! -A A -p tcp -j B', '! -A A -j MARK --set-xmark 0x2/0x2', '! -A B -g A']],
  ['filter', 'FORWARD', ['-j A', '-j ACCEPT', '! -A A -g B', '! -A A -j DROP', '! -A B -j MARK --set-xmark 0x4/0x4']],
  ['filter', 'FORWARD', ['-j A', '-j A', '! -A A -i eth0 -j DROP', '! -A A -j MARK --set-xmark 0x4/0x4']],
  [
    'filter',
    'FORWARD',
    [
      '-j A',
      '-j MARK --set-xmark 0x1/0x1',
      '-g A',
      '-j DROP',
      '! -A A -p tcp -j B',
      '! -A B -d 10.0.0.1/32 -j RETURN',
      '! -A B -j DROP',
    ],
  ],
  ['filter', 'FORWARD', ['-j LOST', '-j A', '! -A A -g LOST', '! -A A -j DROP']],
  ['filter', 'FORWARD', ['-j LOG', '-j DROP', '! -N LOG', '! -A LOG -p tcp -j ACCEPT']],
  // Chance.
  ['filter', 'FORWARD', ['-m statistic --mode random --probability 0.25 -j DROP', '-m statistic --mode nth --every 4 -j REJECT']],
  [
    'filter',
    'FORWARD',
    ['-m statistic --mode random --probability 0 -j DROP', '-m statistic --mode random --probability 1 -j REJECT'],
  ],
  // What is taken to be so.
  ['filter', 'FORWARD', ['-m ttl --ttl-lt 5 -j DROP', '-m ttl --ttl-gt 3 -j REJECT']],
  ['filter', 'FORWARD', ['-m set --match-set a src -m set --match-set b dst -j DROP', '-m set ! --match-set a src -j REJECT']],
  ['filter', 'FORWARD', ['-m set --match-set a src -j A', '! -A A -m set --match-set a src -j DROP', '! -A A -j REJECT']],
  ['filter', 'FORWARD', ['-m limit --limit 5/min -j MARK --set-xmark 0x1/0x1', '-m mac --mac-source 00:11:22:33:44:55 -j DROP']],
  [
    'filter',
    'FORWARD',
    ['-m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name x -j DROP', '-m owner --uid-owner 0 -j DROP'],
  ],
  // What a match does besides.
  ['filter', 'FORWARD', ['-m recent --name X --set', '-m recent --name X --rcheck -j DROP']],
  ['filter', 'FORWARD', ['-m recent --name X ! --set -j DROP', '-m recent --name X --rcheck -j REJECT']],
  ['filter', 'FORWARD', ['-m recent --name X --update --seconds 60 -j DROP', '-m recent --name X --rcheck -j REJECT']],
  ['filter', 'FORWARD', ['-m recent --name X --remove -j MARK --set-xmark 0x1/0x1', '-m recent --name X --rcheck -j REJECT']],
  ['filter', 'FORWARD', ['-p udp -m recent --name X --set -j DROP', '-m recent --name X --rcheck -j REJECT']],
  [
    'filter',
    'FORWARD',
    ['-m recent --name X --set -m statistic --mode random --probability 0.5 -j DROP', '-m recent --name X --rcheck -j REJECT'],
  ],
];

describe('paths followed at once', () => {
  it.each(cases.map(([table, chain, rules, given = {}]) => ({ table, chain, rules, given })))(
    'of $table $chain $rules come to the same',
    ({ table, chain, rules, given }) => {
      const header = given.from?.includes(':') === true ? '# Generated by ip6tables-save v1.8.9 on x\n' : '';
      const commands = rules.map((rule) =>
        rule.startsWith('! -A') || rule.startsWith('! -N') ? rule.slice(2) : `-A ${chain} ${rule}`,
      );
      const own = commands.filter((command) => command.startsWith('-N')).map((command) => `:${command.slice(3)} - [0:0]\n`);
      const text = [
        `${header}*${table}`,
        `:${chain} ACCEPT [0:0]`,
        ':A - [0:0]',
        `:B - [0:0]\n${own.join('')}-A ${chain} ${half}`,
        ...commands.filter((command) => !command.startsWith('-N')),
        'COMMIT\n',
      ].join('\n');
      const [single, merged] = bothWays(text, given).map(told);
      expect(merged).toEqual(single);
    },
  );

  it.each<readonly [rules: readonly string[], ends: readonly string[]]>([
    [
      ['-i eth0 -j DROP', '-i eth0 -j REJECT', '! -i eth1 -j MARK --set-xmark 0x1/0x1'],
      ['accept 0', 'accept 1', 'drop 0'],
    ],
    [
      ['-i eth+ -j MARK --set-xmark 0x1/0x1', '-i eth0 -j MARK --set-xmark 0x2/0x2', '-i wlan0 -j DROP'],
      ['accept 0', 'accept 1', 'accept 3', 'drop 0'],
    ],
    [
      ['-m ttl --ttl-eq 64 -j MARK --set-xmark 0x1/0x1', '-m ttl --ttl-lt 100 -j DROP'],
      ['accept 0', 'drop 0', 'drop 1'],
    ],
    [
      ['-m ttl --ttl-lt 9 -j DROP', '-m ttl --ttl-gt 7 -j REJECT'],
      ['drop 0', 'reject 0'],
    ],
    [
      ['-m ttl --ttl-lt 9 -j DROP', '-m ttl --ttl-lt 7 -j REJECT'],
      ['accept 0', 'drop 0'],
    ],
  ])('of %j come to the same ends, whatever a value is', (rules, ends) => {
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n${rules.map((rule) => `-A FORWARD ${rule}`).join('\n')}\nCOMMIT\n`;
    for (const found of bothWays(text)) {
      const reached = found.outcomes.map(({ verdict, packet: { mark } }) => `${verdict} ${mark}`);
      expect([...new Set(reached)].toSorted()).toEqual(ends);
    }
  });

  it('are followed where there are more than were asked for', () => {
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${half}\nCOMMIT\n`;
    const count = (mostOutcomes: number): number => enumerate(text, {}, { ...notLocal, mostOutcomes }).assumptions.length;
    expect([count(0), count(1), count(2), count(3)]).toEqual([1, 1, 0, 0]);
  });

  it('come to the same through all tables of a node', () => {
    const text = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING ${half}
-A PREROUTING -i eth0 -j MARK --set-xmark 0x1/0x1
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:SVC - [0:0]
-A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j SVC
-A POSTROUTING -m mark --mark 0x1/0x1 -j MASQUERADE
-A SVC -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.244.0.8:8080
-A SVC -j DNAT --to-destination 10.244.0.9:8080
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -i eth1 -j REJECT
-A FORWARD -d 10.244.0.8/32 -j ACCEPT
COMMIT
`;
    const [single, merged] = bothWays(text).map(told);
    expect(merged).toEqual(single);
  });

  it('say so, once there is more than one', () => {
    const sentence = 'There are more paths than can be shown: those that end alike are shown as one, by the likeliest of them.';
    const [single, merged] = bothWays(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${half}\nCOMMIT\n`);
    expect([single?.assumptions, merged?.assumptions]).toEqual([[], [sentence]]);
  });

  it('that end alike are one, by the likeliest of them', () => {
    const text = `*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m set --match-set a src -j A
-A FORWARD -m set --match-set b src -j A
:A - [0:0]
-A A -m statistic --mode random --probability 0.25 -j DROP
COMMIT
`;
    const [, merged] = bothWays(text);
    expect(merged?.outcomes.map(({ verdict, probability, oddity }) => [verdict, probability, oddity])).toContainEqual([
      'accept',
      1,
      0,
    ]);
    expect(merged?.complete).toBe(true);
  });
});
