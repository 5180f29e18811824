import { expect, it } from 'vitest';
import { distinctTitles } from '../../client/src/flow-titles.ts';

const titles = (...flows: readonly (readonly [string, string])[]) =>
  distinctTitles(flows.map(([title, path]) => ({ title, path })));

it('leaves a title alone that is the only one', () => {
  expect(titles(['web', '/a/n.iptables'], ['db', '/b/n.iptables'])).toEqual(['web', 'db']);
});

it('tells two dumps apart by their names', () => {
  expect(titles(['web', '/d/a.iptables'], ['web', '/d/b.iptables'], ['db', '/d/a.iptables'])).toEqual([
    'web (a.iptables)',
    'web (b.iptables)',
    'db',
  ]);
});

it('tells two dumps of one name apart by as much of their folders as it takes', () => {
  expect(titles(['web', '/x/before/d/n'], ['web', '/x/after/d/n'], ['web', '/x/after/e/n'])).toEqual([
    'web (before/d/n)',
    'web (after/d/n)',
    'web (e/n)',
  ]);
});

it('says nothing of the dump where one dump has the same title twice', () => {
  expect(titles(['web', '/a/n'], ['web', '/a/n'])).toEqual(['web', 'web']);
});

it('tells a path apart that is the end of another', () => {
  expect(titles(['web', '/n'], ['web', '/a/n'])).toEqual(['web (/n)', 'web (a/n)']);
});
