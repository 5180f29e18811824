import { expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

// In a file that no header and no name says to be IPv6's.
it.each([
  '-A X -p tcp -j REJECT --reject-with icmp6-port-unreachable',
  '-A X -p tcp -j REJECT --reject-with icmp-port-unreachable',
  '-A X -m recent --rcheck --seconds 60 --reap --name X --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource -j Y',
  '-A X -m recent --rcheck --seconds 60 --reap --name X --mask 255.255.255.255 --rsource -j Y',
  '-A X -m iprange --src-range fd00::1-fd00::9 -j Y',
  '-A X -d 2001:db8::1/128 -p ipv6-icmp -j Y',
])('a rule whose words tell its family is right by itself: %s', (rule) => {
  const { lines } = readWholeDocument(`*filter\n:X - [0:0]\n:Y - [0:0]\n${rule}\nCOMMIT\n`, '');
  expect(lines.slice().flatMap(({ problems }) => problems)).toEqual([]);
});

it.each(['[fd00::1]:80', 'fd00::1', '[fd00::1]', '10.0.0.1', '10.0.0.1:80-90', '10.0.0.1-10.0.0.9:80'])(
  'so is one that translates to %s',
  (to) => {
    const { lines } = readWholeDocument(`*nat\n:X - [0:0]\n-A X -p tcp -j DNAT --to-destination ${to}\nCOMMIT\n`, '');
    expect(lines.slice().flatMap(({ problems }) => problems)).toEqual([]);
  },
);

it('a rule of two families is wrong', () => {
  const rule = '-A X -s 10.0.0.1/32 -j REJECT --reject-with icmp6-port-unreachable';
  const { lines } = readWholeDocument(`*filter\n:X - [0:0]\n${rule}\nCOMMIT\n`, '');
  expect(lines.slice().flatMap(({ problems }) => problems.map(({ message }) => message))).toEqual([
    'unknown reject type "icmp6-port-unreachable"',
  ]);
});
