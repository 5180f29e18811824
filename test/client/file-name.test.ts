import { expect, it } from 'vitest';
import { fileNameOf, partOfFileName } from '../../client/src/file-name.ts';

it.each([
  ['worker-1.example.com', 'worker-1.example.com'],
  ['arn:aws:eks:eu-west-1:1234:cluster/shop', 'arn-aws-eks-eu-west-1-1234-cluster-shop'],
  // A cluster that is hostile.
  ['../../home/user', '..-..-home-user'],
  ['a\\b\u0000c\u202ed', 'a-b-c-d'],
  ['x'.repeat(500), 'x'.repeat(100)],
])('a part of a file name leads to no other folder: %j', (name, expected) => {
  expect(partOfFileName(name)).toBe(expected);
});

it.each([
  ['/home/user/node-a.iptables', 'node-a.iptables'],
  ['/home/user/bundle/', 'bundle'],
])('the name of %s is its last part', (path, name) => {
  expect(fileNameOf({ path })).toBe(name);
});
