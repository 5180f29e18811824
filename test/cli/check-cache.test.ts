import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptAnswer } from '../../server/src/cli/check-cached.ts';
import { briefDigest, readEntryBy, writeEntryBy } from '../../server/src/lsp/node/cache-entries.ts';
import { entryKey } from '../../server/src/lsp/node/cache-store.ts';
import { mutateText } from '../property/mutate-text.ts';
import { fixtureText } from '../support/fixtures.ts';
import { type Inspected, inspect } from '../support/inspect.ts';

const formats = ['text', 'json', 'sarif', 'github'] as const;
const sample = fixtureText('sample/worker-1.iptables');
let folder = '';
let dump = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-check-'));
  dump = join(folder, 'node-a.iptables');
  writeFileSync(dump, sample);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function check(...args: readonly string[]): Inspected {
  return inspect(['check', ...args], { caches: folder });
}

function entries(): readonly string[] {
  try {
    return readdirSync(join(folder, 'iptables-inspect')).filter((name) => name !== 'compiled');
  } catch {
    return [];
  }
}

describe('check of what was checked before', () => {
  it.each(formats)('says the same as --format %s', (format) => {
    const first = check('--format', format, dump);
    expect(entries()).toHaveLength(1);
    expect(check('--format', format, dump)).toEqual(first);
    expect(entries()).toHaveLength(1);
    expect(check('--format', format, '--no-cache', dump)).toEqual(first);
  });

  it('tells standard error the same again', () => {
    writeFileSync(dump, `"${'*nat\n:WEB - [0:0]\n-A WEB -j GONE\nCOMMIT'.replaceAll('\n', '\\n')}"`);
    const first = check(dump);
    expect(first.stderr).toContain('several lines of a dump stand on one');
    expect(entries()).toHaveLength(1);
    expect(check(dump)).toEqual(first);
  });

  it('keeps no text of a snapshot, in which secrets may be', () => {
    const cluster = join(folder, 'cluster.json');
    const list = JSON.parse(fixtureText('sample/cluster.json')) as { readonly items: object[] };
    list.items.push({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'db', namespace: 'booking' },
      data: { key: 'aHVudGVyMg==' },
    });
    writeFileSync(cluster, JSON.stringify(list));
    check('--cluster', cluster, dump);
    const [entry = ''] = entries();
    expect(entries()).toHaveLength(1);
    expect(readFileSync(join(folder, 'iptables-inspect', entry), 'utf8')).not.toContain('aHVudGVyMg==');
  });

  it('looks again where anything is different that the answer depends on', { timeout: 120_000 }, () => {
    const cluster = join(folder, 'cluster.json');
    writeFileSync(cluster, fixtureText('sample/cluster.json'));
    let kept = 0;
    const expectAnew = (...args: readonly string[]): Inspected => {
      const said = check(...args);
      kept += 1;
      expect(entries(), args.join(' ')).toHaveLength(kept);
      expect(said).toEqual(check('--no-cache', ...args));
      return said;
    };
    const first = expectAnew(dump);
    expect(first.status).toBe(1);
    expectAnew('--format', 'json', dump);
    expect(expectAnew('--severity', 'undeclared-chain=hint', dump).status).toBe(0);
    expectAnew('--fail-on', 'hint', dump);
    expectAnew('--color', 'always', dump);
    expectAnew('--cluster', cluster, dump);
    writeFileSync(cluster, readFileSync(cluster, 'utf8').replaceAll('frontend', 'backend'));
    expectAnew('--cluster', cluster, dump);
    utimesSync(cluster, new Date(), new Date(1_700_000_000_000));
    expectAnew('--cluster', cluster, dump);
    const same = join(folder, 'node-b.iptables');
    writeFileSync(same, sample);
    expect(expectAnew(same).stdout).toContain('node-b.iptables:');
    expectAnew(dump, same);
    writeFileSync(dump, sample.replace('KUBE-SVC-S5UHGVGWUT2PPRZN', 'KUBE-SVC-S5UHGVGWUT2PPRZX'));
    expect(expectAnew(dump).stdout).not.toBe(first.stdout);
    writeFileSync(dump, sample);
    expect(check(dump)).toEqual(first);
  });

  it('keeps nothing with --no-cache, --fix and --diff, of standard input, and where a file cannot be read', () => {
    check('--no-cache', dump);
    check('--diff', dump);
    check('--fix', '--unsafe', dump);
    check(dump, join(folder, 'not-there'));
    check(dump, dump);
    inspect(['check', '-'], { input: sample, caches: folder });
    expect(entries()).toEqual([]);
  });

  it('believes no entry that another wrote, or that says what nobody said', () => {
    const first = check(dump);
    const [name = ''] = entries();
    const path = join(folder, 'iptables-inspect', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace('error', 'hint'));
    expect(check(dump)).toEqual(first);
    const caches = join(folder, 'iptables-inspect');
    // With all that the answer depends on, as it was asked for.
    const asked = (readEntryBy(briefDigest, caches, name) ?? '').split('\n')[1];
    const say = (answer: object, of = asked): void => writeEntryBy(briefDigest, caches, name, `${JSON.stringify(answer)}\n${of}`);
    say({ output: 'as it was kept\n', status: 0, said: [] });
    expect(check(dump).stdout).toBe('as it was kept\n');
    say({ output: '\u001b]0;mine\u0007', status: 0, said: [] });
    expect(check(dump)).toEqual(first);
    // Of another text that happens to be called the same.
    say({ output: 'nothing found', status: 0, said: [] }, asked?.replace('KUBE-SVC', 'KUBE-SVX'));
    expect(check(dump)).toEqual(first);
    say({ output: 'nothing found', status: 0, said: [] });
    chmodSync(caches, 0o755);
    expect(check(dump)).toEqual(first);
  });

  it('keeps what it said of a long text by a digest of it', () => {
    writeFileSync(dump, sample + '# a line that says nothing\n'.repeat(3_000));
    const first = check(dump);
    const [name = ''] = entries();
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(join(folder, 'iptables-inspect', name), 'utf8')).not.toContain('a line that says nothing');
    expect(check(dump)).toEqual(first);
    expect(entries()).toEqual([name]);
  });

  it('says the same of any text, in every format', { timeout: 120_000 }, () => {
    const other = fixtureText('sample/cluster.json').slice(0, 4_000);
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.nat()),
        fc.constantFrom('error', 'warning', 'info', 'hint'),
        fc.constantFrom('off', 'info', 'error'),
        (numbers, failOn, level) => {
          const below = (bound: number): number => (numbers.next().value ?? 0) % bound;
          writeFileSync(dump, mutateText(sample, other, below));
          for (const format of formats) {
            const args = ['--format', format, '--fail-on', failOn, '--severity', `orphaned-chain=${level}`, dump];
            const fresh = check('--no-cache', ...args);
            expect(check(...args)).toEqual(fresh);
            expect(check(...args)).toEqual(fresh);
          }
        },
      ),
      { numRuns: 5, endOnFailure: true },
    );
  });
});

describe('an answer that was kept', () => {
  it('is taken as it is, with colours', () => {
    const answer = { output: '\u001b[31merror:\u001b[39m \u00e4\n', status: 1, said: ['a'] };
    expect(keptAnswer(JSON.stringify(answer))).toEqual(answer);
  });

  it.each([
    undefined,
    '',
    '[]',
    'null',
    '{',
    '{"output":1,"status":0,"said":[]}',
    '{"output":"","status":2,"said":[]}',
    '{"output":"","status":"0","said":[]}',
    '{"output":"","status":0}',
    '{"output":"","status":0,"said":[1]}',
    '{"output":"","status":0,"said":"a"}',
    JSON.stringify({ output: '\u001b[2J', status: 0, said: [] }),
    JSON.stringify({ output: 'a\u202e', status: 0, said: [] }),
  ])('is none in another shape: %j', (entry) => {
    expect(keptAnswer(entry)).toBeUndefined();
  });
});

it('names an entry by all that it depends on', () => {
  expect(entryKey(['a', 'b'])).toMatch(/^[0-9a-f]{64}$/);
  expect(entryKey(['a', 'b'])).not.toBe(entryKey(['ab']));
});
