import { expect, it } from 'vitest';
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
