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
});
