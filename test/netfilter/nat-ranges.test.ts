import { describe, expect, it } from 'vitest';
import { enumerate, pathWords } from './support.ts';

const remote = { isLocal: () => false };

describe('NAT to a range', () => {
  it('DNAT to a few addresses and ports: each by chance, and rules behind it see each', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -j DNAT --to-destination 10.1.1.1-10.1.1.2:8080-8081
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -d 10.1.1.2/32 -p tcp -m tcp --dport 8081 -j DROP
COMMIT
`;
    const { outcomes, assumptions } = enumerate(text, {}, remote);
    expect(outcomes.map((each) => `${each.probability} ${pathWords(each)}`)).toEqual([
      '0.25 nat PREROUTING dnat to 10.1.1.1:8080',
      '0.25 nat PREROUTING dnat to 10.1.1.1:8081',
      '0.25 nat PREROUTING dnat to 10.1.1.2:8080',
      '0.25 nat PREROUTING dnat to 10.1.1.2:8081; filter FORWARD drop',
    ]);
    expect(assumptions).toEqual([]);
  });

  it.each([
    ['REDIRECT --to-ports 8080', [8080]],
    ['REDIRECT --to-ports 70-90', [80]],
    ['REDIRECT --to-ports 8080-8082', [8080, 8081, 8082]],
    ['REDIRECT --to-ports 1000-2000', [null]],
  ])('%s', (target, ports) => {
    const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j ${target}\nCOMMIT\n`;
    const { outcomes } = enumerate(text, {}, { ...remote, decide: ({ likely }) => likely });
    expect(outcomes.map(({ packet }) => packet.dport)).toEqual(ports);
  });

  it.each([
    ['--to-source 192.0.2.1', 40_000],
    ['--to-source 192.0.2.1 --random-fully', null],
    ['--to-source 192.0.2.1:1024-65535', 40_000],
    ['--to-source 192.0.2.1:1024-2048', null],
  ])('SNAT %s', (where, port) => {
    const text = `*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -p tcp -j SNAT ${where}\nCOMMIT\n`;
    const { outcomes } = enumerate(text, { sport: 40_000 }, remote);
    expect(outcomes.map(({ packet }) => [packet.source?.text, packet.sport])).toEqual([['192.0.2.1', port]]);
  });

  const destinations = (target: string, given: object = {}): readonly string[] => {
    const text = `*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j ${target}\nCOMMIT\n`;
    const { outcomes } = enumerate(text, given, { ...remote, decide: ({ likely }) => likely });
    return outcomes.map(({ packet }) => `${packet.destination.text}:${packet.dport}${packet.dnat ? '' : ' as it was'}`);
  };

  it.each<readonly [what: string, target: string, dport: number, ends: readonly string[]]>([
    ['keeps the port that is its first', 'DNAT --to-destination 10.1.1.1:80-90', 80, ['10.1.1.1:80']],
    ['keeps the port that is its last', 'DNAT --to-destination 10.1.1.1:70-80', 80, ['10.1.1.1:80']],
    ['gives a port that is one behind it another', 'DNAT --to-destination 10.1.1.1:78-79', 80, ['10.1.1.1:78', '10.1.1.1:79']],
    ['gives a port that is one before it another', 'DNAT --to-destination 10.1.1.1:81-82', 80, ['10.1.1.1:81', '10.1.1.1:82']],
    [
      'picks any of its ports by chance where that is wanted',
      'DNAT --to-destination 10.1.1.1:80-81 --random',
      80,
      ['10.1.1.1:80', '10.1.1.1:81'],
    ],
    ['has one port for each', 'DNAT --to-destination 10.1.1.1:8080', 80, ['10.1.1.1:8080']],
    ['that leads where the packet goes changes nothing', 'DNAT --to-destination 10.0.0.1:80', 80, ['10.0.0.1:80 as it was']],
    ['moves ports with those that it is for', 'DNAT --to-destination 10.1.1.1:1000-1009/80', 85, ['10.1.1.1:1005']],
    ['moves ports behind those from its start again', 'DNAT --to-destination 10.1.1.1:1000-1009/80', 90, ['10.1.1.1:1000']],
    ['of another network keeps what is behind its prefix', 'NETMAP --to 192.168.0.0/16', 80, ['192.168.0.1:80']],
  ])('%s: %s', (_, target, dport, ends) => {
    expect(destinations(target, { dport })).toEqual(ends);
  });

  it('of 32 addresses is followed to each, and of more to none by itself', () => {
    expect(destinations('DNAT --to-destination 10.1.1.1-10.1.1.32')).toEqual(
      Array.from({ length: 32 }, (_, at) => `10.1.1.${at + 1}:80`),
    );
    expect(destinations('DNAT --to-destination 10.1.1.1-10.1.1.33')).toHaveLength(1);
  });

  it('NETMAP of the source keeps what is behind its prefix, and the port', () => {
    const text = '*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -s 203.0.113.0/24 -j NETMAP --to 192.0.2.0/24\nCOMMIT\n';
    const { outcomes } = enumerate(text, { sport: 40_000 }, remote);
    expect(outcomes.map(({ packet }) => [packet.source?.text, packet.sport, packet.snat])).toEqual([['192.0.2.9', 40_000, true]]);
  });
});
