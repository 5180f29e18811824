import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import type { Log } from 'sarif';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCheck } from '../../server/src/cli/check-command.ts';
import { fixtureNames, fixturePath, fixtureText } from '../support/fixtures.ts';

/** A folder with files of odd names, which is the working directory meanwhile. */
let folder = '';
const before = process.cwd();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-sarif-'));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

/** OASIS' own schema, which is of draft 4 and uses nothing that is otherwise in later ones but these two names. */
function validator() {
  const { $schema, id, ...schema } = JSON.parse(fixtureText('sarif/sarif-schema-2.1.0.json')) as Record<string, unknown>;
  expect([$schema, id]).toEqual([expect.stringContaining('draft-04'), expect.stringContaining('errata01')]);
  const ajv = new Ajv({ allErrors: true, strict: false });
  formats.default(ajv);
  return ajv.compile(schema);
}

const validate = validator();

async function sarifOf(paths: readonly string[], options: { readonly cluster?: string } = {}): Promise<Log> {
  const { output } = await runCheck(paths, { format: 'sarif', failOn: 'error', ...options }, '1.0.0');
  return JSON.parse(String(output)) as Log;
}

function expectValid(log: Log): void {
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
}

it('the schema refuses what is no SARIF', async () => {
  const log = await sarifOf([fixturePath('sample/worker-1.iptables')]);
  const [run] = log.runs;
  const faults: readonly object[] = [
    { ...log, version: '2.0.0' },
    { ...log, runs: [{ ...run, results: [{ ruleId: 'a' }] }] },
    { ...log, runs: [{ ...run, results: [{ message: { text: 'a' }, level: 'grave' }] }] },
    { ...log, runs: [{ ...run, tool: { driver: { name: 'a', informationUri: 'no uri' } } }] },
  ];
  for (const fault of faults) expect(validate(fault), JSON.stringify(fault).slice(0, 80)).toBe(false);
});

it('several inputs of every kind, with a cluster and without, are what the schema of SARIF 2.1.0 says', async () => {
  const dumps = [
    'sample/worker-1.iptables',
    'flow/node-2.iptables',
    ...fixtureNames('pasted').filter((name) => name.endsWith('.iptables')),
    ...fixtureNames('lab/shop-listings'),
    'lab/shop-stale/node-a.iptables',
  ].map(fixturePath);
  const log = await sarifOf(dumps);
  expectValid(log);
  expect(log.runs[0]?.results?.length).toBeGreaterThan(20);
  expectValid(await sarifOf([fixturePath('sample/worker-1.iptables')], { cluster: fixturePath('sample/cluster.json') }));
});

it('a file that cannot be read, one that ignores findings and one without any are, too', async () => {
  const rules = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
  writeFileSync('clean', '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
  writeFileSync('ignores', rules.replace('-A', '# iptables-inspect: ignore undeclared-chain made later\n-A'));
  const log = await sarifOf(['clean', 'ignores', 'absent']);
  expectValid(log);
  expect(log.runs[0]).toMatchObject({
    results: [{ suppressions: [{ kind: 'inSource', justification: 'made later' }] }],
    invocations: [{ executionSuccessful: false, exitCode: 2 }],
  });
  expectValid(await sarifOf(['clean']));
});

it('no message has a link that a dump brought', async () => {
  const link = '[x](command:y)';
  writeFileSync(
    'links',
    `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ${link}\n# iptables-inspect: ignore undeclared-chain ${link}\n-A INPUT -j ${link}\nCOMMIT\n`,
  );
  const log = await sarifOf(['links', `no${link}`]);
  expectValid(log);
  const said = [...JSON.stringify(log.runs[0]).matchAll(/"(?:text|justification)":"[^"]*command:y[^"]*"/g)].join('\n');
  expect(said.match(/\[x\] \(command:y\)/g)).toHaveLength(4);
  expect(said).not.toContain('](');
});

it.skipIf(process.platform === 'win32')('a file is told by a URI, whatever its name', async () => {
  const names = ['node a.iptables', 'node#1', 'node?', 'C:node', '50%', 'knoten-ü', 'back\\slash'];
  const rules = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
  for (const name of names) writeFileSync(name, rules);
  const uris = async (paths: readonly string[]) => {
    const log = await sarifOf(paths);
    expectValid(log);
    return log.runs[0]?.results?.map(({ locations }) => locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? '') ?? [];
  };
  const base = `file://${folder}/`;
  const asRead = (uri: string) => decodeURIComponent(new URL(uri, base).pathname);
  expect((await uris(names)).map(asRead)).toEqual(names.map((name) => join(folder, name)));
  expect((await uris(names.map((name) => join(folder, name)))).map(asRead)).toEqual(names.map((name) => join(folder, name)));
});
