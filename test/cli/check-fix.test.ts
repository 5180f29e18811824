import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from 'sarif';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { keepMended } from '../../server/src/cli/check-fix.ts';
import type { CheckReport } from '../../server/src/cli/check-report.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';
import { describeWith } from '../support/requirements.ts';

const folder = mkdtempSync(join(tmpdir(), 'iptables-fix-'));
const path = join(folder, 'node.iptables');

/** A chain whose declaration is missing (safe), and one that nothing leads to (unsafe). */
const faulty = `*filter
:INPUT ACCEPT [0:0]
:SPARE - [0:0]
-A INPUT -j WEB
-A WEB -p tcp -m tcp --dport 80 -j ACCEPT
-A SPARE -j DROP
COMMIT
`;
const safely = faulty.replace(':SPARE - [0:0]\n', ':SPARE - [0:0]\n:WEB - [0:0]\n');
const wholly = safely.replace(/.*SPARE.*\n/g, '');

beforeEach(() => writeFileSync(path, faulty));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(): string {
  return readFileSync(path, 'latin1');
}

describe('check --fix', () => {
  it('makes the safe fixes, says which, and what is left', () => {
    const { status, stdout } = inspect(['check', '--fix', path]);
    expect(read()).toBe(safely);
    expect(stdout).toContain(`${path}: mended: Declare WEB [undeclared-chain]`);
    expect(stdout).toContain(`${path}:3:2: warning: No packet ever enters SPARE`);
    expect(stdout).toMatch(/^1 can be mended with --fix --unsafe$/m);
    expect(status).toBe(0);
  });

  it('leaves a file alone that somebody else wrote meanwhile', () => {
    const found = { path, before: faulty, mended: { text: safely }, content: Buffer.from(safely) };
    const other = `${faulty}# by another\n`;
    writeFileSync(path, other);
    expect(() => keepMended(found)).toThrow(`${path}: was not written: it has changed while it was mended; mend it again`);
    expect(read()).toBe(other);
    writeFileSync(path, faulty);
    keepMended(found);
    expect(read()).toBe(safely);
  });

  it('makes all of them with --unsafe', () => {
    const { status, stdout } = inspect(['check', '--fix', '--unsafe', path]);
    expect(read()).toBe(wholly);
    expect(stdout).toMatch(/\nnothing found$/m);
    expect(status).toBe(0);
  });

  it('keeps permissions, links, line ends, a byte order mark and bytes that are no UTF-8, and leaves nothing beside the file', () => {
    const target = join(folder, 'target.iptables');
    const link = join(folder, 'link.iptables');
    const strange = (text: string): string =>
      `\xef\xbb\xbf${text.replace('--dport 80', '--dport 80 -m comment --comment caf\xe9')}`.replaceAll('\n', '\r\n');
    writeFileSync(target, strange(faulty), 'latin1');
    chmodSync(target, 0o640);
    symlinkSync('target.iptables', link);
    inspect(['check', '--fix', link]);
    expect(readFileSync(target, 'latin1')).toBe(strange(safely));
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).toSorted()).toEqual(['link.iptables', 'node.iptables', 'target.iptables']);
  });

  it('does not touch a file in which there is nothing to mend', () => {
    writeFileSync(path, safely);
    const before = statSync(path).ino;
    inspect(['check', '--fix', path]);
    expect(statSync(path).ino).toBe(before);
  });

  it('writes what it mended of standard input to standard output, and what is left to standard error', () => {
    const { status, stdout, stderr } = inspect(['check', '--fix', '-'], { input: faulty });
    expect(stdout).toBe(safely);
    expect(stderr).toContain('No packet ever enters SPARE');
    expect(status).toBe(0);
  });

  it('mends what the cluster says as kube-proxy would', () => {
    const [dump, cluster, synced] = ['node-a.iptables', 'cluster.json', 'node-a.synced.iptables'].map((name) =>
      fixturePath(`lab/shop-stale/${name}`),
    );
    writeFileSync(path, readFileSync(dump ?? ''));
    expect(inspect(['diff', path, synced ?? '']).status).toBe(1);
    inspect(['check', '--fix', '--unsafe', '--cluster', cluster ?? '', path]);
    expect(inspect(['diff', path, synced ?? '']).stdout).toBe('the same in meaning\n');
  });
});

describe('check --diff', () => {
  it('prints what --fix would change and changes nothing', () => {
    const { status, stdout } = inspect(['check', '--diff', path]);
    expect(stdout).toBe(`--- ${path}
+++ ${path}
@@ -1,6 +1,7 @@
 *filter
 :INPUT ACCEPT [0:0]
 :SPARE - [0:0]
+:WEB - [0:0]
 -A INPUT -j WEB
 -A WEB -p tcp -m tcp --dport 80 -j ACCEPT
 -A SPARE -j DROP
`);
    expect(read()).toBe(faulty);
    expect(status).toBe(1);
    writeFileSync(path, safely);
    expect(inspect(['check', '--diff', path])).toMatchObject({ status: 0, stdout: '' });
  });
});

describeWith('patch', 'what --diff prints', () => {
  it.each([
    ['', faulty],
    ['without a last line end', faulty.trimEnd()],
    ['with CR LF and a byte order mark', `\xef\xbb\xbf${faulty.replaceAll('\n', '\r\n')}`],
    ['without COMMIT', faulty.replace('COMMIT\n', '')],
    ['with bytes that are no UTF-8', faulty.replace('-j DROP', '-m comment --comment "caf\xe9 \xff" -j DROP')],
    ['whose every line has another end', `${faulty.replaceAll('\n', '\r\n')}# \xe9`],
  ])('is a diff that patch takes, of a file %s', (_, text) => {
    for (const more of [[], ['--unsafe']]) {
      writeFileSync(path, text, 'latin1');
      inspect(['check', '--fix', ...more, path]);
      const mended = read();
      writeFileSync(path, text, 'latin1');
      const diff = join(folder, 'mend.diff');
      spawnSync('sh', [
        '-c',
        `"$0" "$@" > "${diff}"`,
        process.execPath,
        'dist/cli/iptables-inspect.cjs',
        'check',
        '--diff',
        ...more,
        path,
      ]);
      const { status, stdout } = spawnSync('patch', ['--binary', '-p0', path, diff], { encoding: 'utf8' });
      expect(stdout + String(status)).toContain('0');
      expect(status).toBe(0);
      expect(read()).toBe(mended);
      rmSync(diff);
    }
  });
});

describe('what cannot be mended is said in a sentence, with status 2', () => {
  it.each([
    [['--unsafe'], '--unsafe says which fixes to make: expected --fix or --diff beside it'],
    [['--diff', '--format', 'json'], '--diff prints a diff: --format json has no place for it'],
    [['--fix', '--format', 'json', '-'], '--format json has no place there'],
    [['--fix', '-'], 'expected - alone, or --diff'],
    [['--severity', 'orphan-chain=off'], 'there is no finding "orphan-chain"; did you mean orphaned-chain?'],
    [['--severity', 'orphaned-chain=loud'], 'expected CODE=off|hint|info|warning|error'],
    [['--list-rules', '--format', 'sarif'], '--list-rules prints text or json, not sarif'],
  ])('%j', (args, says) => {
    const { status, stdout, stderr } = inspect(['check', ...args, path], { input: faulty });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(read()).toBe(faulty);
  });

  it.skipIf(process.platform === 'win32').each([
    ['a folder in which nothing can be written', folder, 0o555, 0o755],
    ['a file that may not be written, in a folder where another could take its place', path, 0o444, 0o644],
  ])('%s', (_what, locked, mode, usualMode) => {
    chmodSync(locked, mode);
    const { status, stderr } = inspect(['check', '--fix', path], { asOrdinaryUser: true });
    chmodSync(locked, usualMode);
    expect(stderr).toContain('node.iptables: was not written: permission to write it is denied');
    expect(status).toBe(2);
    expect(read()).toBe(faulty);
  });
});

describe('severities', () => {
  it('are those of the command line', () => {
    expect(inspect(['check', '--severity', 'undeclared-chain=hint', path]).status).toBe(0);
    const { status, stdout } = inspect([
      'check',
      '--severity',
      'undeclared-chain=off',
      '--severity',
      'orphaned-chain=error',
      path,
    ]);
    expect(stdout).not.toContain('undeclared-chain');
    expect(stdout).toContain('error: No packet ever enters SPARE');
    expect(status).toBe(1);
  });

  it('are listed with every finding', () => {
    const { rules } = JSON.parse(inspect(['check', '--list-rules', '--format', 'json']).stdout) as {
      readonly rules: readonly { readonly rule: string; readonly severity: string; readonly says: string }[];
    };
    expect(rules.length).toBeGreaterThan(100);
    expect(rules.find(({ rule }) => rule === 'orphaned-chain')).toMatchObject({
      severity: 'warning',
      says: 'A chain is declared, but no way from a built-in chain leads to it.',
    });
    expect(inspect(['check', '--list-rules', '--severity', 'orphaned-chain=off']).stdout).toMatch(/^orphaned-chain +off /m);
  });

  it('of findings that the file ignores are kept with the reason', () => {
    const ignoring = faulty.replace(':SPARE', '# iptables-inspect: ignore orphaned-chain for later\n:SPARE');
    const report = JSON.parse(inspect(['check', '--format', 'json', '-'], { input: ignoring }).stdout) as CheckReport;
    expect(report.files[0]?.findings.map(({ rule }) => rule)).toEqual(['undeclared-chain', 'undeclared-chain']);
    expect(report.files[0]?.ignored).toMatchObject([{ rule: 'orphaned-chain', reason: 'for later' }]);
    const log = JSON.parse(inspect(['check', '--format', 'sarif', '-'], { input: ignoring }).stdout) as Log;
    expect(log.runs[0]?.results?.find(({ ruleId }) => ruleId === 'orphaned-chain')?.suppressions).toEqual([
      { kind: 'inSource', justification: 'for later' },
    ]);
  });
});

describe('check with a cluster', () => {
  it.each(['nftables-m3/node.iptables', 'nftables-mode/kubelet-only.iptables'])(
    'exits with 1 where the Services are not in the node’s iptables, as drift does: %s',
    (name) => {
      const args = [fixturePath(`lab/round-2/${name}`), '--cluster', fixturePath('lab/round-2/nftables-m3/cluster.json')];
      const { status, stdout } = inspect(['check', ...args]);
      expect(stdout).toMatch(/\[(service-proxy|not-compared)\]/);
      expect(status).toBe(1);
      expect(inspect(['drift', ...args]).status).toBe(1);
    },
  );
});
