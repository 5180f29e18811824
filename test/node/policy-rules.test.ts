import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { routeOf } from '../../server/src/node/look-ups/route.ts';

const routes = `default via 172.18.0.1 dev eth0
default via 172.18.9.1 dev eth1 table 100
default via fc00::1 dev eth0
default via fc00:9::1 dev eth1 table 100
`;
const ofIPv4 = `0:	from all lookup local
100:	from all fwmark 0x10 lookup 100
32766:	from all lookup main
32767:	from all lookup default
`;
const ofIPv6 = `0:	from all lookup local
32766:	from all lookup main
`;

function ways(rules: string): readonly (string | undefined)[] {
  const facts = readBundle([
    { path: 'ip-route.txt', text: routes },
    { path: 'ip-rule.txt', text: rules },
  ]);
  return ['203.0.113.1', '2001:db8::1'].map((destination) => {
    const found = routeOf(facts, { destination, source: '', mark: 0x10, in: '' });
    return found.kind === 'route' ? found.route.hops[0]?.interface : found.kind;
  });
}

it.each([
  ['both are there', `${ofIPv4}${ofIPv6}`, ['eth1', 'eth0']],
  ['those of IPv4 alone are there', ofIPv4, ['eth1', 'eth0']],
  // One that was deleted: nothing says of which family they are.
  ['nothing tells the family', ofIPv4.replace(/^32767.*\n/m, ''), ['eth1', 'eth1']],
  [
    'addresses tell it',
    `0:	from all lookup local\n50:	from fc00:5::/64 lookup main\n100:	from all fwmark 0x10 lookup 100\n`,
    ['eth0', 'eth1'],
  ],
])('a policy rule is for packets of its own family, where %s', (_case, rules, expected) => {
  expect(ways(rules)).toEqual(expected);
});

describe('a policy rule that leads to others', () => {
  const links = JSON.stringify([
    { ifname: 'eth0', ifindex: 2, mtu: 1500, flags: ['UP'], master: 'red' },
    { ifname: 'eth1', ifindex: 3, mtu: 1500, flags: ['UP'] },
    { ifname: 'red', ifindex: 4, mtu: 1500, flags: ['UP'], linkinfo: { info_kind: 'vrf', info_data: { table: 100 } } },
  ]);
  const way = (rules: string, name: string, more: readonly { readonly path: string; readonly text: string }[] = []): string => {
    const facts = readBundle([{ path: 'ip-route.txt', text: routes }, { path: 'ip-rule.txt', text: rules }, ...more]);
    const found = routeOf(facts, { destination: '203.0.113.1', source: '10.0.0.1', mark: 0, in: name });
    return found.kind === 'route' ? (found.route.hops[0]?.interface ?? '') : found.kind;
  };
  const json = (rules: string, first: object): string =>
    JSON.stringify([
      first,
      ...[...rules.matchAll(/^(\d+):\s+from all lookup (\w+)/gm)].map(([, at, table]) => ({
        priority: Number(at),
        src: 'all',
        table,
      })),
    ]);

  it.each([
    ['past one that refuses', '100:\tfrom all goto 300\n200:\tfrom all prohibit\n300:\tfrom all lookup 100\n', 'eth1'],
    ['to one that asks nothing', '100:\tfrom all goto 300\n200:\tfrom all prohibit\n300:\tfrom all nop\n', 'eth0'],
    ['for others', '100:\tfrom 10.9.0.0/16 goto 300\n200:\tfrom all prohibit\n300:\tfrom all nop\n', 'none'],
    ['that are not there', '100:\tfrom all goto 150 [unresolved]\n200:\tfrom all lookup 100\n', 'eth1'],
    [
      'where it is not known whether it is for the packet',
      '100:\tfrom all tos 0x10 goto 300\n200:\tfrom all prohibit\n300:\tfrom all nop\n',
      'unknown',
    ],
  ])('%s', (_what, rules, expected) => {
    const [first = '', , ...others] = ofIPv4.split('\n');
    expect(way([first, rules.trimEnd(), ...others].join('\n'), 'eth1')).toBe(expected);
  });

  it('is for packets of a VRF alone, whose table it looks in', () => {
    const ofVRF = ofIPv4.replace('100:\tfrom all fwmark 0x10 lookup 100', '100:\tfrom all lookup [l3mdev-table]');
    const withLinks = [{ path: 'ip-link.json', text: links }];
    expect([way(ofVRF, 'eth0', withLinks), way(ofVRF, 'eth1', withLinks)]).toEqual(['eth1', 'eth0']);
    // Whether there is one is not known, nor whether a program belongs to it.
    expect([way(ofVRF, 'eth0'), way(ofVRF, '', withLinks)]).toEqual(['unknown', 'unknown']);
    const withoutLocal = ofIPv4.replace(/^0:.*\n/, '');
    const withoutVRF = [{ path: 'ip-link.json', text: links.replace('"vrf"', '"dummy"') }];
    expect(way(ofVRF, '', withoutVRF)).toBe('eth0');
    const tables = [{ path: 'ip-link.json', text: links.replace('"table":100', '"name":1') }];
    expect(way(ofVRF, 'eth0', tables)).toBe('unknown');
    expect(way(json(withoutLocal, { priority: 0, src: 'all', l3mdev: null }), 'eth0', withLinks)).toBe('eth1');
    expect(way(json(withoutLocal, { priority: 0, src: 'all', goto: 32767 }), 'eth0', withLinks)).toBe('none');
  });
});

describe('a policy rule for users', () => {
  const withRule = (rule: string): string => ofIPv4.replace('100:\tfrom all fwmark 0x10 lookup 100\n', rule);
  const json = JSON.stringify([
    { priority: 0, src: 'all', table: 'local' },
    { priority: 100, src: 'all', uid_start: 0, uid_end: 99, action: 'prohibit' },
    { priority: 32_766, src: 'all', table: 'main' },
    { priority: 32_767, src: 'all', table: 'default' },
  ]);
  it.each([
    ['ip-rule.txt', withRule('100:\tfrom all uidrange 0-99 prohibit\n')],
    ['ip-rule.json', json],
  ])('is for what their programs send: %s', (path, text) => {
    const facts = readBundle([
      { path: 'ip-route.txt', text: routes },
      { path, text },
    ]);
    const way = (from: string, uid?: number): string =>
      routeOf(facts, { destination: '203.0.113.1', source: '', mark: 0, in: from, ...(uid === undefined ? {} : { uid }) }).kind;
    expect([way('', 0), way('', 99), way('', 100), way(''), way('eth1'), way('eth1', 0)]).toEqual([
      'none',
      'none',
      'route',
      'unknown',
      'route',
      'route',
    ]);
  });

  it('goes by a link that is gone, and is read to its end', () => {
    expect(ways(withRule('100:\tfrom all iif eth9 [detached] lookup 100\n'))).toEqual(['eth0', 'eth0']);
    expect(ways(withRule('100:\tfrom all iif eth9 [detached] fwmark 0x10 lookup 100\n'))).toEqual(['eth0', 'eth0']);
  });
});
