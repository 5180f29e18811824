import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findTarget, standardTargets } from '../../server/src/catalog/lookup.ts';
import type { Family } from '../../server/src/catalog/types.ts';
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { fixtureNames, fixturePath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { type Backend, openNamespace, programName } from './real-iptables.ts';

const minutes = 60_000;
/** The folders of whole dumps; others in the lab are parts, or what a node in another mode shows. */
const recordedDumps = ['shop', 'shop-stale', 'shop-1.30', 'shop-1.23', 'large-600x10'];

/** Dumps that iptables-restore takes as they are. */
function dumpsBelow(folder: string): readonly string[] {
  return fixtureNames(folder)
    .filter((name) => /\.ip6?tables$/.test(name))
    .map(fixturePath);
}

function familyOf(path: string): Family {
  return path.endsWith('.ip6tables') ? 'ipv6' : 'ipv4';
}

/** The dump without jumps to chains that it does not declare: the sample has one, to show what is said of it. */
function withoutBrokenJumps(text: string, path: string): string {
  const { lines } = readWholeDocument(text, path);
  const declared = new Set(
    lines
      .slice()
      .filter(({ kind }) => kind === 'chain')
      .map(({ name }) => name),
  );
  const isKnown = (target: string): boolean =>
    target === '' || standardTargets.has(target) || findTarget(target) !== undefined || declared.has(target);
  return lines
    .slice()
    .filter(({ kind, target }) => kind !== 'rule' || isKnown(target))
    .map((line) => line.text)
    .join('\n');
}

/** Every rule's canonical text by table, in the order in which the dump has them. */
function canonicalDump(text: string, path: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, string[]>();
  for (const line of readWholeDocument(text, path).lines) {
    if (line.kind !== 'rule') continue;
    const statement = statementOf(line);
    if (statement.kind !== 'rule') continue;
    const table = String(line.context.table);
    const rules = tables.get(table);
    const canonical = canonicalRules(statement, line.context);
    if (rules === undefined) tables.set(table, [...canonical]);
    else rules.push(...canonical);
  }
  return tables;
}

/** iptables-save prints chains in an order of its own; within a chain rules stay in order. */
function byChain(rules: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>();
  for (const rule of rules) {
    const chain = rule.split(' ', 2)[1] ?? '';
    const known = chains.get(chain);
    if (known === undefined) chains.set(chain, [rule]);
    else known.push(rule);
  }
  return chains;
}

/** kube-proxy counts in objects that must be there before a rule names them. */
function accountsIn(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/--nfacct-name +(\S+)/g)].map((found) => found[1] ?? ''))];
}

async function savedAgain(text: string, family: Family, backend: Backend): Promise<string> {
  const namespace = await openNamespace();
  try {
    for (const account of accountsIn(text)) await namespace.run('nfacct', ['add', account]);
    const restored = await namespace.run(programName(family, backend, 'restore'), [], text);
    expect(restored.stderr).toBe('');
    expect(restored.status).toBe(0);
    return (await namespace.run(programName(family, backend, 'save'), [])).stdout;
  } finally {
    namespace.close();
  }
}

function roundTrip(paths: readonly string[]): void {
  describe.each(['nft', 'legacy'] as const)('through the %s back end', (backend) => {
    it.each(paths.map((path) => [path.split('/').slice(-2).join('/'), path] as const))(
      '%s means the same when it is saved again',
      async (_name, path) => {
        const text = withoutBrokenJumps(readFileSync(path, 'utf8'), path);
        const before = canonicalDump(text, path);
        const after = canonicalDump(await savedAgain(text, familyOf(path), backend), path);
        let rules = 0;
        for (const [table, own] of before) {
          rules += own.length;
          expect(byChain(after.get(table) ?? []), table).toEqual(byChain(own));
        }
        expect(rules).toBeGreaterThan(10);
      },
      2 * minutes,
    );
  });
}

describeWith(['iptables', 'nfacct', 'root'], 'a dump of our own, restored and saved', () => {
  roundTrip(dumpsBelow('sample'));
});

describeWith(['iptables', 'nfacct', 'root'], 'a recorded dump, restored and saved', () => {
  roundTrip(recordedDumps.flatMap((folder) => dumpsBelow(`lab/${folder}`)));
});
