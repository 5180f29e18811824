import { describe, expect, it } from 'vitest';
import { noFacts } from '../../server/src/node/facts.ts';
import type { NftPacket } from '../../server/src/node/look-ups/nft-conditions.ts';
import { nftVerdict } from '../../server/src/node/look-ups/nft-verdict.ts';
import { readEbtables } from '../../server/src/node/readers/ebtables.ts';
import { readNftText } from '../../server/src/node/readers/nft-text.ts';
import { readQueues } from '../../server/src/node/readers/queues.ts';
import { forwardedPacket } from './forwarded-packet.ts';

const packet: NftPacket = { ...forwardedPacket, destination: '10.42.0.11', mark: 0x4000 };
const frame: NftPacket = { ...packet, layer: 'bridge', in: 'veth1', out: 'veth2', sourceMac: '02:00:00:00:00:01' };

/** "drop", "perhaps drop", "passes". */
function word(end: ReturnType<typeof nftVerdict>): string {
  return end === undefined ? 'passes' : `${end.isSure ? '' : 'perhaps '}${end.verdict}`;
}

function bridged(...rules: readonly string[]): string {
  const text = ['*filter', ':FORWARD ACCEPT', ':foo RETURN', ...rules].join('\n');
  return word(nftVerdict(noFacts, { chains: readEbtables('ebtables-save.txt', text), sets: new Map() }, frame));
}

function inText(...rules: readonly string[]): string {
  const text = `table inet guard {
	set pods {
		type ipv4_addr
		flags interval
		elements = { 10.42.0.8/29, 10.42.9.9,
			     10.42.7.0/24 timeout 5s }
	}
	map verdicts {
		type ipv4_addr : verdict
		elements = { 10.42.0.30 : drop, 10.42.9.9 : accept }
	}
	chain more {
		tcp dport { 80, 8000-8100 } reject with icmpx port-unreachable
	}
	chain ways {
		type filter hook forward priority filter + 10; policy accept;
		${rules.join('\n\t\t')}
	}
}
`;
  return word(nftVerdict(noFacts, readNftText('nft.txt', text), packet));
}

describe('rules of ebtables', () => {
  it.each([
    ['-A FORWARD -p IPv4 --ip-dst 10.42.0.11 -j DROP', 'drop'],
    ['-A FORWARD -p IPv4 --ip-src ! 10.0.0.0/255.0.0.0 -j DROP', 'passes'],
    ['-A FORWARD -p ARP --arp-ip-dst 10.42.0.11 -j DROP', 'passes'],
    ['-A FORWARD -p ! ARP -j DROP', 'drop'],
    ['-A FORWARD -p IPv6 --ip6-dst fd00::/64 -j DROP', 'passes'],
    ['-A FORWARD -s 2:0:0:0:0:1 -j DROP', 'drop'],
    ['-A FORWARD -s ! 02:00:00:00:00:01 -j DROP', 'passes'],
    ['-A FORWARD -d 02:00:00:00:00:09 -j DROP', 'perhaps drop'],
    ['-A FORWARD -i veth+ -o veth2 -p IPv4 --ip-proto tcp --ip-dport 8000:8100 -j DROP', 'drop'],
    ['-A FORWARD -i veth9 -j DROP', 'passes'],
    ['-A FORWARD --limit 5/sec --limit-burst 5 -j DROP', 'perhaps drop'],
    ['-A FORWARD --mark 0x4000/0x4000 -j DROP', 'drop'],
    ['-A FORWARD --mark 0x4000 -j DROP', 'drop'],
    ['-A FORWARD --mark mine -j DROP', 'perhaps drop'],
    ['-A FORWARD -p IPv4 --ip-proto tcp --ip-dport http-alt -j DROP', 'perhaps drop'],
    ['-A FORWARD -j foo\n-A foo -p IPv4 -j DROP', 'drop'],
    ['-A FORWARD -j foo\n-A foo -p IPv6 -j DROP', 'passes'],
  ])('%s', (rule, fate) => {
    expect(bridged(rule)).toBe(fate);
  });

  it('follow the policy, and what a chain of the user ends with', () => {
    const chains = (text: string): string =>
      word(nftVerdict(noFacts, { chains: readEbtables('e', text), sets: new Map() }, frame));
    expect(chains('*filter\n:FORWARD DROP')).toBe('drop');
    expect(chains('*filter\n:FORWARD ACCEPT\n:foo DROP\n-A FORWARD -j foo')).toBe('drop');
    expect(chains('*broute\n:BROUTING DROP')).toBe('passes');
    expect(chains('')).toBe('passes');
  });
});

describe('tables of nft as text', () => {
  it.each([
    ['drop', 'drop'],
    ['ip saddr 10.42.0.30 ip daddr @pods counter packets 0 bytes 0 jump more', 'reject'],
    ['ip daddr @pods tcp dport 81 drop', 'passes'],
    ['ip saddr != 10.42.0.0/16 drop', 'passes'],
    ['ip saddr 10.42.0.1-10.42.0.40 drop', 'perhaps drop'],
    ['tcp dport 8000-8100 drop', 'drop'],
    ['fib saddr . iif oif missing drop', 'perhaps drop'],
    ['ct state established,related drop', 'passes'],
    ['ct state { new, untracked } log prefix "no way " drop', 'drop'],
    ['ct state vmap { established : accept, new : drop }', 'drop'],
    ['ip saddr vmap @verdicts', 'drop'],
    ['meta mark & 0x00004000 == 0x00004000 drop comment "marked"', 'drop'],
    ['iifname "cni*" meta l4proto { tcp, udp } th dport 8080 drop', 'drop'],
    ['iifname "docker0" drop', 'passes'],
    ['ct status dnat accept\n\t\tdrop', 'passes'],
    ['ip saddr . tcp dport { 10.42.0.30 . 8080, 10.42.0.31 . 80 } drop', 'drop'],
    ['ip saddr . tcp dport { 10.42.0.30 . 81 } drop', 'passes'],
    ['ip saddr . ip daddr 10.42.0.30 . 10.42.0.11 drop', 'drop'],
    ['ip daddr . meta l4proto . th dport vmap { 10.42.0.11 . tcp . 8080 : goto more, 10.42.0.12 . tcp . 8080 : drop }', 'reject'],
    ['limit rate 5/second drop', 'perhaps drop'],
    ['tcp flags syn / fin,syn,rst,ack drop', 'drop'],
    ['tcp flags syn,ack / syn,ack drop', 'passes'],
    ['tcp flags & (fin | syn) == syn drop', 'drop'],
    ['tcp flags syn drop', 'drop'],
    ['tcp flags syn,ack drop', 'drop'],
    ['tcp flags fin,rst drop', 'passes'],
    ['tcp flags ! syn drop', 'passes'],
    ['tcp flags != syn drop', 'passes'],
    ['tcp flags == 0x12 drop', 'passes'],
    ['tcp flags { syn, ack } drop', 'drop'],
    ['socket transparent 1 drop', 'perhaps drop'],
    ['jump elsewhere', 'perhaps drop'],
  ])('%s', (rule, fate) => {
    expect(inText(rule)).toBe(fate);
  });

  it('are known by line, priority and policy; those of iptables are left out', () => {
    const text = `table ip filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
		counter packets 1 bytes 2 jump KUBE-FORWARD
	}
	chain KUBE-FORWARD {
	}
}
table bridge guard {
	chain c {
		type filter hook prerouting priority dstnat - 5; policy drop;
	}
}
table netdev guard {
	chain d {
		type filter hook ingress devices = { "eth0", "eth1" } priority -5; policy accept;
	}
}
`;
    const { chains } = readNftText('nft.txt', text);
    expect(
      chains.map(({ line, family, name, priority, policy, devices }) => [line, family, name, priority, policy, devices]),
    ).toEqual([
      [10, 'bridge', 'c', -305, 'drop', []],
      [15, 'netdev', 'd', -5, 'accept', ['eth0', 'eth1']],
    ]);
  });
});

describe('what is too much', () => {
  it('of one line is read as it is long', () => {
    expect(inText(`${'fib '.repeat(300_000)}drop`)).toBe('perhaps drop');
  });

  it('of a set is not taken for all of it, and what stands behind it is read', () => {
    const addresses = Array.from({ length: 10_000 }, (_, at) => `10.1.${at >> 8}.${at & 255}`).join(', ');
    const text = (rule: string): string =>
      `table inet guard {
	set many {
		type ipv4_addr
		elements = { ${addresses} }
	}
	chain c {
		type filter hook forward priority 0; policy accept;
		${rule}
	}
}
`;
    const fate = (rule: string): string => word(nftVerdict(noFacts, readNftText('nft.txt', text(rule)), packet));
    expect(fate('ip saddr @many drop')).toBe('perhaps drop');
    expect(fate('tcp dport 8080 drop')).toBe('drop');
  });

  it('of sets and rules is left, and nothing claimed', () => {
    const sets = new Map([['inet guard many', Array.from({ length: 100_000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`)]]);
    const rules = Array.from({ length: 50_000 }, () => 'ip saddr @many accept').join('\n');
    const text = `table inet guard {\nchain c {\ntype filter hook forward priority 0; policy drop;\n${rules}\n}\n}\n`;
    expect(word(nftVerdict(noFacts, { ...readNftText('nft.txt', text), sets }, packet))).toBe('perhaps drop');
  });
});

describe('open queues', () => {
  it('are read by number; an empty list says that there are none', () => {
    expect(readQueues('q', '    5  12345     0 2 65531     0     0        7  1\n').records).toEqual([{ line: 1, number: 5 }]);
    expect(readQueues('q', '')).toEqual({ file: 'q', records: [], skipped: 0 });
    expect(readQueues('q', 'none\n').skipped).toBe(1);
  });
});
