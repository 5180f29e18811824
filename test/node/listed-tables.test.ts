import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { listedTables, listingCommand } from '../../server/src/node/listed-tables.ts';
import { bundleFiles, codesOf, diagnosed } from '../support/bundles.ts';

// What `iptables -S` printed of each table: several files, or one with or without the commands. Nothing of a table may be lost.

const healthy = bundleFiles('healthy');
const saved = healthy.find(({ path }) => path === 'iptables-save.txt')?.text ?? '';

/** The same as `iptables -t TABLE -S` prints it. */
function listed(table: string, policy = 'ACCEPT'): string {
  const [, inner = ''] = new RegExp(`^\\*${table}\\n([\\s\\S]*?)^COMMIT`, 'm').exec(saved) ?? [];
  return inner
    .replace(/^\[\d+:\d+\] /gm, '')
    .replace(/^:(\S+) - .*$/gm, '-N $1')
    .replace(/^:FORWARD \w+ .*$/gm, `-P FORWARD ${policy}`)
    .replace(/^:(\S+) (\w+) .*$/gm, '-P $1 $2')
    .replace(/^-A FLANNEL-FWD .*\n/gm, '');
}
const tables = ['filter', 'nat', 'mangle'];
const dropping = tables.map((table) => listed(table, table === 'filter' ? 'DROP' : 'ACCEPT'));
const letting = tables.map((table) => listed(table));

function outcome(rules: readonly (readonly [path: string, text: string])[]): readonly unknown[] {
  const others = healthy.filter(({ path }) => !/save|nft|log/.test(path));
  const diagnosis = diagnosed([...others, ...rules.map(([path, text]) => ({ path, text }))], {
    from: '10.42.0.30',
    to: '10.96.10.80:80',
  });
  return [diagnosis.outcome, codesOf(diagnosis)[0]];
}

const withCommand = (at: number): string => `[root@worker-1 ~]# iptables${at === 0 ? '' : ` -t ${tables[at]}`} -S\n`;

describe('tables that were listed one by one', () => {
  it.each<[string, (texts: readonly string[]) => readonly (readonly [string, string])[]]>([
    [
      "files with sosreport's names",
      (texts) => texts.map((text, at) => [`iptables_${at === 0 ? '' : `-t_${tables[at]}_`}-S`, text]),
    ],
    ['files with names of their own', (texts) => texts.map((text, at) => [`rules ${at}.txt`, text])],
    ['one file with the commands', (texts) => [['notes of mine', texts.map((text, at) => `${withCommand(at)}${text}`).join('')]]],
    ['one file without', (texts) => [['rules.txt', texts.join('')]]],
  ])('are one ruleset: %s', (_what, files) => {
    expect(outcome(files(dropping))).toEqual(['lost', 'forward-drops-pods']);
    expect(outcome(files(letting))).toEqual(['arrives', undefined]);
  });

  it('keep their lines', () => {
    const [, second] = listedTables({ path: 'rules.txt', text: dropping.join('') });
    expect(second?.text.split('\n').findIndex((line) => line.startsWith('-P PREROUTING'))).toBe(
      (dropping[0]?.split('\n').length ?? 0) - 1,
    );
  });

  it('begin where policies begin anew, also behind a table without rules', () => {
    const raw = '-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n';
    const parts = listedTables({ path: 'rules.txt', text: `${raw}${dropping.join('')}${raw}` });
    expect(parts.map(({ text }) => listingCommand('rules.txt', text))).toEqual(
      ['raw', ...tables, 'raw'].map((table) => `iptables -t ${table} -S`),
    );
  });

  it('say their table by command, name or chains, and nothing says it of a part', () => {
    expect(listingCommand('x', '$ sudo iptables -t nat -S\n-N KUBE-SERVICES\n')).toBe('iptables -t nat -S');
    expect(listingCommand('x', '# ip6tables -S\n-P INPUT ACCEPT\n')).toBe('ip6tables -t filter -S');
    expect(listingCommand('iptables_-t_nat_-nvL', 'Chain PREROUTING (policy ACCEPT)\n')).toBe('iptables -t nat -nvL');
    expect(listingCommand('x', '-N KUBE-SERVICES\n-A KUBE-SERVICES -j RETURN\n')).toBe('');
    expect(listingCommand('x', saved)).toBe('');
  });

  it('are of both families', () => {
    const { rules } = readBundle([
      { path: 'iptables_-S', text: dropping[0] ?? '' },
      { path: 'ip6tables_-S', text: '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n' },
    ]);
    expect(rules.map(({ family, command }) => [family, command]).toSorted()).toEqual([
      ['ipv4', 'iptables -t filter -S'],
      ['ipv6', 'ip6tables -t filter -S'],
    ]);
  });
});
