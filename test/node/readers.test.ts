import { describe, expect, it } from 'vitest';
import { readAddressesText } from '../../server/src/node/readers/addresses.ts';
import { readConntrackCounts } from '../../server/src/node/readers/conntrack-counts.ts';
import { conntrackEntries, readConntrackEntry } from '../../server/src/node/readers/conntrack-entries.ts';
import { readNeighboursText } from '../../server/src/node/readers/neighbours.ts';
import { readPolicyRulesText } from '../../server/src/node/readers/policy-rules.ts';
import { readProxyLog, timeOfLog } from '../../server/src/node/readers/proxy-log.ts';
import { readRecentList } from '../../server/src/node/readers/recent-list.ts';
import { readRoutesText } from '../../server/src/node/readers/routes.ts';

describe('conntrack entries', () => {
  const extended =
    'ipv4     2 udp      17 29 src=10.42.0.30 dst=10.96.0.10 sport=36627 dport=53 [UNREPLIED] src=10.42.0.9 dst=10.42.0.30 sport=53 dport=36627 mark=0 use=1';

  it('are read in their extended form, in the plain one and in that of /proc', () => {
    const wanted = {
      line: 3,
      protocol: 'udp',
      timeout: 29,
      asked: { source: '10.42.0.30', destination: '10.96.0.10', sport: 36627, dport: 53 },
      answered: { source: '10.42.0.9', destination: '10.42.0.30', sport: 53, dport: 36627 },
      isUnreplied: true,
      isAssured: false,
    };
    expect(readConntrackEntry(extended, 3)).toMatchObject(wanted);
    expect(readConntrackEntry(extended.replace('ipv4     2 ', ''), 3)).toMatchObject(wanted);
  });

  it('have a state for TCP, and none of another protocol', () => {
    const tcp =
      'tcp      6 119 TIME_WAIT src=1.2.3.4 dst=5.6.7.8 sport=1 dport=2 packets=6 bytes=330 src=5.6.7.8 dst=1.2.3.4 sport=2 dport=1 packets=5 bytes=400 [ASSURED] mark=0 secctx=x use=1';
    expect(readConntrackEntry(tcp, 1)).toMatchObject({ state: 'TIME_WAIT', timeout: 119, isAssured: true });
    expect(readConntrackEntry(extended, 1)?.state).toBe('');
  });

  it('keep their line numbers, whatever stands between them', () => {
    const text = `conntrack v1.4.7 (conntrack-tools): 2 flow entries have been shown.\n\n${extended}\r\n`;
    expect([...conntrackEntries(text)].map(({ line }) => line)).toEqual([3]);
  });
});

describe('what conntrack counted', () => {
  it('is decimal from conntrack -S, hexadecimal from /proc', () => {
    const [cpu] = readConntrackCounts('s', 'cpu=0   \tfound=1 invalid=2 insert_failed=11 drop=7 early_drop=0 \n').records;
    expect(cpu?.counts.get('drop')).toBe(7);
    const table =
      'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error\n0000001a  00000000 00000000 00000000 00000002 00000000 00000000 00000000 00000000 0000000b 00000010 00000000 00000000\n';
    expect(readConntrackCounts('s', table).records[0]?.counts.get('drop')).toBe(16);
  });
});

describe('what ip prints without -j', () => {
  it('has addresses', () => {
    const text = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
2: eth0@if7: <BROADCAST,UP> mtu 1500 qdisc noqueue
    inet 10.0.0.5/24 brd 10.0.0.255 scope global secondary eth0
`;
    expect(readAddressesText('a', text).records).toEqual([
      { line: 3, ip: '127.0.0.1', prefix: 8, interface: 'lo', scope: 'host', isSecondary: false },
      { line: 6, ip: '10.0.0.5', prefix: 24, interface: 'eth0', scope: 'global', isSecondary: true },
    ]);
    const short = '2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever\n';
    expect(readAddressesText('a', short).records).toMatchObject([{ ip: '10.0.0.5', interface: 'eth0' }]);
  });

  it('has routes, with several ways on', () => {
    const text = `default via 172.18.0.1 dev eth0 proto static metric 100
10.42.0.0/24 dev cni0 proto kernel scope link src 10.42.0.1
local 10.42.0.1 dev cni0 table local proto kernel scope host src 10.42.0.1
10.9.0.0/16 table 100
\tnexthop via 10.0.0.1 dev eth0 weight 1
\tnexthop via 10.1.0.1 dev eth1 weight 1
unreachable 10.66.0.0/16
default via fe80::1 dev eth0 metric 1024 pref medium
`;
    const { records, skipped } = readRoutesText('r', text);
    expect(skipped).toBe(0);
    expect(records.map(({ network, type, table }) => `${type} ${network} ${table}`)).toEqual([
      'unicast 0.0.0.0/0 main',
      'unicast 10.42.0.0/24 main',
      'local 10.42.0.1/32 local',
      'unicast 10.9.0.0/16 100',
      'unreachable 10.66.0.0/16 main',
      'unicast ::/0 main',
    ]);
    expect(records[3]?.hops).toEqual([
      { interface: 'eth0', gateway: '10.0.0.1' },
      { interface: 'eth1', gateway: '10.1.0.1' },
    ]);
  });

  it('has policy rules and neighbours', () => {
    const rules = '0:\tfrom all lookup local\n100:\tfrom 10.1.0.5 lookup 100\n200:\tnot from all fwmark 0x1/0xff lookup 51820\n';
    expect(readPolicyRulesText('r', rules).records).toMatchObject([
      { priority: 0, from: '', table: 'local' },
      { priority: 100, from: '10.1.0.5/32', table: '100' },
      { priority: 200, isNegated: true, mark: { value: 1, mask: 0xff }, table: '51820' },
    ]);
    const neighbours = '10.42.0.11 dev cni0 lladdr 36:AE:34:99:2b:41 REACHABLE\n10.42.0.9 dev cni0  FAILED\n';
    expect(readNeighboursText('n', neighbours).records).toMatchObject([
      { ip: '10.42.0.11', mac: '36:ae:34:99:2b:41', states: ['REACHABLE'] },
      { ip: '10.42.0.9', mac: '', states: ['FAILED'] },
    ]);
  });
});

describe("kube-proxy's log", () => {
  it('keeps the lines that belong to a record', () => {
    const text = `2026-01-01T00:00:00.000000001Z stderr F E0101 00:00:09.117000 1 proxier.go:1 ] no head
E0101 00:00:09.117000       1 proxier.go:1521] "Failed to execute iptables-restore" err=<
\texit status 2: line 7 failed
 >
`;
    const { records } = readProxyLog('l', text);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ line: 2, severity: 'error', month: 1, day: 1, seconds: 9 });
    expect(records[0]?.message).toContain('line 7 failed');
  });

  it('belongs to the year that puts it before the bundle', () => {
    const record = { line: 1, severity: 'info', month: 12, day: 31, seconds: 86_399, message: '' } as const;
    expect(timeOfLog(record, Date.UTC(2026, 0, 1))).toBe(Date.UTC(2025, 11, 31, 23, 59, 59));
    expect(timeOfLog({ ...record, month: 1, day: 1, seconds: 0 }, Date.UTC(2026, 0, 1))).toBe(Date.UTC(2026, 0, 1));
  });
});

describe('a list of -m recent', () => {
  it('has addresses', () => {
    const text =
      'src=10.42.0.30 ttl: 64 last_seen: 4299005516 oldest_pkt: 1 4299005516\nsrc=fd42::3 ttl: 64 last_seen: 5 oldest_pkt: 2 1, 5\n';
    expect(readRecentList('L', 'xt_recent/L', text).entries).toEqual([
      { line: 1, ip: '10.42.0.30', lastSeen: 4299005516, times: [4299005516] },
      { line: 2, ip: 'fd42::3', lastSeen: 5, times: [1, 5] },
    ]);
  });
});
