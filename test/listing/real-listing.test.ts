import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { resolveReport } from '../../server/src/kube/identity/report.ts';
import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { rulesOf } from '../../server/src/ruleset/rules.ts';
import type { Chain, Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { type Backend, type Namespace, openNamespace } from '../oracle/real-iptables.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';

interface Recording {
  readonly name: string;
  readonly dump: string;
  readonly cluster: string;
  readonly family: 'ipv4' | 'ipv6';
}

/** What a real kernel says of one dump: as iptables-save prints it, and as `iptables -L` does. */
interface Printed {
  readonly saved: Ruleset;
  readonly listed: Ruleset;
  readonly cluster: Cluster;
}

const tables = ['filter', 'nat', 'mangle'] as const;

/** A dump without what real iptables does not take here: nfacct objects that are not there, and the sample's jump to a chain that is missing. */
function loadable(dump: string): string {
  const text = readFileSync(dump, 'utf8');
  const missing = rulesetOf(text).tables.flatMap(({ chains }) =>
    [...chains.values()].filter(({ declarations }) => declarations.length === 0).map(({ name }) => name),
  );
  return text
    .split('\n')
    .filter((line) => !line.includes('-m nfacct') && !missing.some((name) => line.endsWith(` ${name}`)))
    .join('\n');
}

/** Gives a dump to real iptables and takes it back in both ways. */
async function print(
  namespace: Namespace,
  { dump, cluster, family }: Recording,
  backend: Backend,
  flags: readonly string[],
): Promise<Printed> {
  const program = `${family === 'ipv4' ? 'iptables' : 'ip6tables'}-${backend}`;
  const restored = await namespace.run(`${program}-restore`, [], loadable(dump));
  expect(restored.stderr).toBe('');
  expect(restored.status).toBe(0);
  const saved = await namespace.run(`${program}-save`, []);
  const parts: string[] = [];
  for (const table of tables) {
    const listing = await namespace.run(program, ['-t', table, '-L', ...flags]);
    parts.push(`# ${family === 'ipv4' ? 'iptables' : 'ip6tables'} -t ${table} -L ${flags.join(' ')}\n${listing.stdout}`);
  }
  return {
    saved: rulesetOf(saved.stdout),
    listed: rulesetOf(parts.join('\n')),
    cluster: clusterFrom(cluster),
  };
}

function chainsOf(ruleset: Ruleset, table: string): readonly Chain[] {
  const found = ruleset.tables.find(({ name }) => name === table);
  return [...(found?.chains.values() ?? [])].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Everything that a chain is but its places in the text. */
function outline(chain: Chain): object {
  return {
    name: chain.name,
    builtin: chain.builtin,
    rules: chain.rules.length,
    references: chain.references.length,
    jumps: chain.jumps.map(({ name }) => name),
  };
}

function canonicalRules(ruleset: Ruleset, chain: Chain): readonly string[] {
  return Array.from(rulesOf(ruleset, chain), ({ line, rule }) => {
    const source = ruleset.lines.at(line);
    return source === undefined ? '' : canonicalRule(rule, source.context);
  });
}

function expectSame({ saved, listed, cluster }: Printed, withInterfaces: boolean): void {
  for (const table of tables) {
    expect(chainsOf(listed, table).map(outline), table).toEqual(chainsOf(saved, table).map(outline));
    for (const chain of chainsOf(saved, table)) {
      const twin = chainsOf(listed, table).find(({ name }) => name === chain.name);
      const expected = canonicalRules(saved, chain);
      // Without -v a listing has no columns for interfaces.
      const shown = withInterfaces ? expected : expected.map((rule) => rule.replace(/(?: !)? -[io] \S+/g, ''));
      expect(twin === undefined ? [] : canonicalRules(listed, twin), chain.name).toEqual(shown);
    }
  }
  const named = (ruleset: Ruleset): readonly object[] =>
    resolveReport(ruleset, cluster)
      .chains.filter(({ table }) => tables.some((name) => name === table))
      .map(({ table, chain, role, service, endpoint, by }) => ({ table, chain, role, service, endpoint, by }))
      .toSorted((a, b) => (`${a.table} ${a.chain}` < `${b.table} ${b.chain}` ? -1 : 1));
  expect(named(listed)).toEqual(named(saved));
}

function compare(recordings: readonly Recording[]): void {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await openNamespace();
  });
  afterAll(() => {
    namespace.close();
  });
  for (const recording of recordings) {
    for (const backend of ['nft', 'legacy'] as const) {
      it(`${recording.name} in ${backend} with names for numbers`, { timeout: 60_000 }, async () => {
        const { saved, listed } = await print(namespace, recording, backend, ['-v']);
        // What an address or a port is called differs from machine to machine; who jumps where does not.
        for (const table of tables)
          expect(chainsOf(listed, table).map(outline), table).toEqual(chainsOf(saved, table).map(outline));
        expect(listed.lines.slice().filter(({ kind }) => kind === 'other')).toEqual([]);
      });
      for (const flags of [['-n', '-v'], ['-n'], ['-n', '-v', '-x', '--line-numbers']]) {
        it(`${recording.name} in ${backend} with -L ${flags.join(' ')}`, { timeout: 60_000 }, async () => {
          expectSame(await print(namespace, recording, backend, flags), flags.includes('-v'));
        });
      }
    }
  }
}

describeWith(['iptables', 'root'], 'the sample, as iptables -L and iptables-save print it', () => {
  compare([
    {
      name: 'sample',
      dump: fixturePath('sample/worker-1.iptables'),
      cluster: fixturePath('sample/cluster.json'),
      family: 'ipv4',
    },
  ]);
});

describeWith(['iptables', 'root'], 'recorded dumps, as iptables -L and iptables-save print them', () => {
  compare([
    { name: 'shop', dump: labPath('shop/node-a.iptables'), cluster: labPath('shop/cluster.json'), family: 'ipv4' },
    { name: 'shop, IPv6', dump: labPath('shop/node-a.ip6tables'), cluster: labPath('shop/cluster.json'), family: 'ipv6' },
    { name: 'shop-1.23', dump: labPath('shop-1.23/node-a.iptables'), cluster: labPath('shop-1.23/cluster.json'), family: 'ipv4' },
  ]);
});
