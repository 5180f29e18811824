import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../server/src/cli/check-report.ts';
import { inspect } from '../support/inspect.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
const dumpWithoutFault =
  '*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\nCOMMIT\n';
const broken = `*filter
:INPUT ACCEPT [0:0]
-A INPUT -j NOWHERE
COMMIT
`;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-check-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('check', () => {
  it('prints findings with 1-based lines and columns, and exits with 1', () => {
    const path = file('broken.iptables', broken);
    const { status, stdout } = inspect(['check', path]);
    expect(stdout).toContain(`${path}:3:13: error: `);
    expect(stdout).toContain('[undeclared-chain]');
    expect(status).toBe(1);
  });

  it('says what mends the nodes once, however many dumps it is for', () => {
    const copies = ['a', 'b', 'c'].map((name) => file(`${name}.iptables`, readFileSync(sample)));
    const { stdout } = inspect(['check', ...copies, '--cluster', resolve(sample, '../cluster.json')]);
    const commands = stdout.split('\n').filter((line) => line.startsWith('on the node: '));
    expect(commands.length).toBeGreaterThan(0);
    expect(new Set(commands).size).toBe(commands.length);
  });

  it('exits with 0 where nothing is as grave as --fail-on', () => {
    const warned = '*filter\n:INPUT ACCEPT [0:0]\n:LONELY - [0:0]\nCOMMIT\n';
    expect(inspect(['check', '-'], { input: warned }).status).toBe(0);
    expect(inspect(['check', '--fail-on', 'warning', '-'], { input: warned }).status).toBe(1);
    expect(inspect(['check', '--fail-on', 'info', '-'], { input: '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n' }).status).toBe(0);
  });

  it('prints JSON for several files at once', () => {
    const path = file('broken.iptables', broken);
    const report = JSON.parse(inspect(['check', '--format', 'json', path, sample]).stdout) as CheckReport;
    expect(report.files.map((entry) => entry.file)).toEqual([path, sample]);
    expect(report.files[0]?.findings).toEqual([
      {
        rule: 'undeclared-chain',
        severity: 'error',
        message: expect.stringContaining('NOWHERE'),
        table: 'filter',
        chain: 'NOWHERE',
        range: { start: { line: 3, column: 13 }, end: { line: 3, column: 20 } },
        related: [],
        url: expect.stringContaining('undeclared-chain'),
        fixes: [{ title: 'Declare NOWHERE, without rules', safety: 'unsafe' }],
        onNode: [],
      },
    ]);
    const all = report.files.flatMap(({ findings }) => findings);
    expect(report.summary.errors).toBe(all.filter(({ severity }) => severity === 'error').length);
  });

  it('prints SARIF 2.1.0 whose results name their rules', () => {
    const { stdout, status } = inspect(['check', '--format', 'sarif', '-'], { input: broken });
    const log = JSON.parse(stdout) as Log;
    const [run] = log.runs;
    expect(log.version).toBe('2.1.0');
    expect(run?.results?.[0]).toMatchObject({
      ruleId: 'undeclared-chain',
      level: 'error',
      locations: [{ physicalLocation: { region: { startLine: 3, startColumn: 13, endColumn: 20 } } }],
    });
    expect(run?.tool.driver.rules?.[run.results?.[0]?.ruleIndex ?? -1]?.id).toBe('undeclared-chain');
    expect(status).toBe(1);
  });

  it('prints SARIF whose rules have help, and whose results are told again when lines come above them', () => {
    const twice = broken.replace('COMMIT', '-A INPUT -p tcp -j NOWHERE\nCOMMIT');
    const resultsOf = (text: string) =>
      (JSON.parse(inspect(['check', '--format', 'sarif', '-'], { input: text }).stdout) as Log).runs[0];
    const run = resultsOf(twice);
    const [rule] = run?.tool.driver.rules ?? [];
    expect(rule?.help?.markdown).toMatch(/^# undeclared-chain\n/);
    expect(rule?.helpUri).toBe(`${run?.tool.driver.informationUri}/blob/main/docs/findings/undeclared-chain.md`);
    expect(rule?.defaultConfiguration).toEqual({ level: 'error' });
    const prints = (text: string) =>
      resultsOf(text)?.results?.map(({ partialFingerprints }) => partialFingerprints?.['finding/v1']);
    expect(new Set(prints(twice)).size).toBe(2);
    expect(prints(twice.replace('*filter', '# moved\n*filter'))).toEqual(prints(twice));
    expect(prints(twice.replaceAll('NOWHERE', 'ELSEWHERE'))).not.toEqual(prints(twice));
  });

  it('prints annotations for GitHub, in which no name of a dump can be a command of its own', () => {
    const hostile = broken.replace('NOWHERE', 'X%0A::warning');
    const { stdout } = inspect(['check', '--format', 'github', '-'], { input: hostile });
    expect(stdout).toMatch(/^::error file=<stdin>,line=3,endLine=3,col=13,endColumn=\d+,title=undeclared-chain::/);
    expect(stdout).toContain('X%250A');
    const named = join(folder, 'a\u001b]52;c;b\u0007\u2028\u202ec.v4');
    writeFileSync(named, broken);
    const said = inspect(['check', '--format', 'github', named]).stdout;
    expect(said).toContain('a␛]52;c;b␇<U+2028><U+202E>c.v4,line=3');
  });

  it('reads lines apart that stand on one, as in a JSON string, and says so', () => {
    const escaped = `"${broken.trimEnd().replaceAll('\n', '\\n')}"`;
    const { stdout, stderr, status } = inspect(['check', '-'], { input: escaped });
    expect(stderr).toMatch(/<stdin>: line 1: several lines of a dump stand on one/);
    expect(stdout).toContain('<stdin>:3:13: error: Jump to chain NOWHERE');
    expect(status).toBe(1);
  });

  it('reads what `cat -A` shows as what it was', () => {
    const { stdout, status } = inspect(['check', '-'], { input: broken.replaceAll('\n', '$\n') });
    expect(stdout).toContain('<stdin>:3:13: error: Jump to chain NOWHERE');
    expect(status).toBe(1);
  });

  it('reads the left one of two dumps side by side, says so, and keeps it alone', () => {
    const beside = broken.replace(/.+/g, (line) => `${line.padEnd(60)}|\t${line.replace('NOWHERE', 'DROP')}`);
    const { stdout, stderr } = inspect(['check', '-'], { input: beside });
    expect(stderr).toContain('two texts stand side by side, as diff -y prints them; the left one is read');
    expect(stdout).toContain('info: Two texts stand side by side, as diff -y prints them: the left one is read [joined-lines]');
    expect(stdout).toContain('<stdin>:3:13: error: Jump to chain NOWHERE');
    const { stdout: diff } = inspect(['check', '--diff', '--unsafe', '-'], { input: beside });
    expect(diff.split('\n').filter((line) => /^\+[^+]/.test(line))).toContain('+*filter');
    expect(diff).not.toMatch(/^\+.*\|/m);
  });

  it('makes plain blanks of such as do not break', () => {
    const refused = inspect(['check', '-'], { input: dumpWithoutFault.replaceAll(' ', '\u00a0') });
    expect(refused.stdout).toContain(
      'warning: iptables-restore would refuse this file: its blanks are such as do not break (U+00A0)',
    );
    const { stdout: diff } = inspect(['check', '--diff', '--unsafe', '-'], { input: dumpWithoutFault.replaceAll(' ', '\u00a0') });
    expect(diff).toContain('+-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT');
  });

  it('shows control characters of a dump instead of sending them to the terminal', () => {
    const { stdout } = inspect(['check', '-'], { input: broken.replace('NOWHERE', 'X\x1bc\x07') });
    expect(stdout).not.toContain('\x1b');
    expect(stdout).not.toContain('\x07');
    expect(stdout).toContain('X\u241bc\u2407');
  });

  it('shows what hides in names of files and chains', () => {
    const path = file('no\u200bde\u202e.iptables', broken.replace('NOWHERE', 'GO\u{e0041}NE'));
    const { stdout } = inspect(['check', path]);
    expect(stdout).toContain('no<U+200B>de<U+202E>.iptables:3:13:');
    expect(stdout).toContain('GO<U+E0041>NE');
    const missing = inspect(['check', join(folder, 'a\u202eb')]);
    expect(missing.stderr).toContain('a<U+202E>b');
    expect(missing.status).toBe(2);
  });
});

describe('a log of kube-proxy without rules', () => {
  it('is checked for what iptables-restore refused', () => {
    const log = file(
      'refusals.txt',
      'It does not work:\nE0901 proxier.go:1] exit status 1 (iptables-restore: line 7 failed\n)\n',
    );
    const { stdout, status } = inspect(['check', log]);
    expect(stdout).toContain(
      'warning: iptables-restore refused line 7 of its input, which the text does not show [refused-input]',
    );
    expect(status).toBe(0);
  });
});

describe('unusable input is one line on standard error and status 2', () => {
  const cases: readonly (readonly [what: string, args: () => readonly string[], says: RegExp])[] = [
    ['no such file', () => ['check', join(folder, 'none')], /none: there is no such file/],
    ['a directory', () => ['check', folder], /is a directory/],
    ['an empty file', () => ['check', file('empty', '')], /empty: is empty; expected what iptables-save/],
    ['a binary file', () => ['check', file('binary', Uint8Array.from([0x7f, 0x45, 0, 1, 2]))], /line 1: is binary/],
    [
      'what nft prints',
      () => ['check', file('node.nft', 'table ip nat {\n\tchain PREROUTING {\n\t}\n}\n')],
      /node\.nft: line 1: holds no table, chain or rule of iptables; it is nft's own output; .* iptables-nft-save/,
    ],
    [
      "kube-proxy's own tables, in JSON",
      () => ['check', file('node.json', '{"nftables": [{"metainfo": {}}, {"table": {"family": "ip", "name": "kube-proxy"}}]}')],
      /its Services are in those tables and not in iptables/,
    ],
    [
      'what ipvsadm prints',
      () => ['check', file('ipvs', 'IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n')],
      /kube-proxy runs in ipvs mode/,
    ],
    [
      'a log of kube-proxy alone, but for check',
      () => ['flow', file('refusal.txt', 'E0901 proxier.go:1] iptables-restore: line 7 failed\n'), '--to', 'shop/web'],
      /refusal\.txt: line 1: holds no table.*; line 1 tells of input that iptables-restore refused, which check reads/,
    ],
    ['tables', () => ['check', file('tables', '*nat\n'.repeat(50_001))], /tables: opens more than 50,000 tables/],
    ['prose', () => ['check', file('prose', 'Dear all,\nit does not work.\n')], /prose: line 1: holds no table, chain or rule/],
    [
      'a snapshot cut off',
      () => ['resolve', sample, '--cluster', file('cut.json', '{"kind": "List", "items": [{"a"')],
      /cut.json: line 1: .*cut off/,
    ],
    [
      'a snapshot that is none',
      () => ['resolve', sample, '--cluster', file('no.yaml', 'a: 1\n')],
      /no.yaml: .*(Service|kubectl)/,
    ],
    ['names as comments in JSON', () => ['resolve', sample, '--annotate', '--format', 'json'], /--annotate prints a dump/],
    ['two clusters', () => ['resolve', sample, '--cluster', 'a', '--context', 'b'], /exclude each other/],
    ['an unknown command', () => ['frobnicate'], /unknown command/],
    ['an unknown option', () => ['check', '--frobnicate', sample], /unknown option/],
    ['a format that is none', () => ['check', '--format', 'xml', sample], /Allowed choices are text, json, sarif, github/],
  ];

  it.each(cases)('%s', (_what, args, says) => {
    const { status, stdout, stderr } = inspect(args());
    expect(stderr).toMatch(says);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it.skipIf(process.platform === 'win32')('a file that may not be read', () => {
    const path = file('secret', broken);
    chmodSync(path, 0o000);
    const { status, stderr } = inspect(['check', path], { asOrdinaryUser: true });
    expect(stderr).toContain('secret: permission to read it is denied');
    expect(status).toBe(2);
  });
});

describe('resolve', () => {
  const cluster = resolve(import.meta.dirname, '../fixtures/sample/cluster.json');

  it('prints the dump with names as comments', () => {
    const { stdout, status } = inspect(['resolve', sample, '--cluster', cluster, '--annotate']);
    const isName = (line: string): boolean => / is booking\/frontend:http/.test(line) && line.startsWith('# KUBE-');
    const lines = stdout.split('\n');
    expect(lines.filter(isName).length).toBeGreaterThan(5);
    expect(lines.filter((line) => !/^# \S+ is /.test(line)).join('\n')).toBe(readFileSync(sample, 'utf8'));
    expect(status).toBe(0);
  });

  it('prints each chain with its role, Service and Pod', () => {
    const { stdout, status } = inspect(['resolve', sample, '--cluster', cluster]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /KUBE-SEP-LHZID5ROYHOMKZPZ\s+endpoint\s+booking\/frontend:http -> 10\.244\.1\.9:8080 booking\/frontend-\S+ on worker-2/,
    );
  });

  it('prints the endpoints of a Service’s chain that is named, with their shares', () => {
    const { stdout } = inspect(['resolve', sample, 'KUBE-SVC-3MGBTRC5ATFFL7T7', '--cluster', cluster]);
    const rows = stdout.trim().split('\n').slice(1);
    expect(rows.map((line) => line.trim().split(/\s+/)[1])).toEqual([
      'KUBE-SVC-3MGBTRC5ATFFL7T7',
      'KUBE-SEP-QWFXKANDF3TMYGQH',
      'KUBE-SEP-LHZID5ROYHOMKZPZ',
      'KUBE-SEP-R72EKRGA5WG7RIYS',
    ]);
    expect(rows[1]).toMatch(/booking\/frontend:http -> 10\.244\.0\.17:8080 booking\/frontend-\S+ on \S+ \(comment\) 33\.3 ?%$/);
    const json = inspect(['resolve', sample, 'KUBE-SVC-3MGBTRC5ATFFL7T7', '--format', 'json']);
    const [chain] = (JSON.parse(json.stdout) as { chains: { endpoints: { chain: string; share: number }[] }[] }).chains;
    expect(chain?.endpoints.map(({ share }) => share.toFixed(3))).toEqual(['0.333', '0.333', '0.333']);
  });

  it('prints the chains that are named, and says where there is none of that name', () => {
    const { stdout, status } = inspect(['resolve', sample, 'KUBE-SEP-LHZID5ROYHOMKZPZ', 'KUBE-SERVICES', '--cluster', cluster]);
    expect(stdout.split('\n').map((line) => line.trim().split(/\s+/).slice(1, 3).join(' '))).toEqual([
      '',
      'KUBE-SERVICES services',
      '',
      '',
      'KUBE-SEP-LHZID5ROYHOMKZPZ endpoint',
      'KUBE-SERVICES services',
      '',
    ]);
    expect(status).toBe(0);
    const typo = inspect(['resolve', sample, 'KUBE-SEP-LHZID5ROYHOMKZPX']);
    expect(typo.stderr).toContain('there is no chain KUBE-SEP-LHZID5ROYHOMKZPX. Did you mean KUBE-SEP-LHZID5ROYHOMKZPZ');
    expect([typo.stdout, typo.status]).toEqual(['', 2]);
    expect(inspect(['resolve', sample, 'INPUT', '--annotate']).stderr).toContain('--annotate prints the whole dump');
  });

  it('says that Pods need a cluster, where there is none', () => {
    expect(inspect(['resolve', sample, 'KUBE-SEP-LHZID5ROYHOMKZPZ']).stdout).toMatch(
      /-> 10\.244\.1\.9:8080 \(comment\)\n\nnote: Pods are addresses here, as no cluster of this dump is known: --cluster FILE names them\.\n$/,
    );
    expect(inspect(['resolve', sample, 'KUBE-SERVICES']).stdout).not.toContain('note:');
    expect(inspect(['resolve', sample, '--cluster', cluster]).stdout).not.toContain('note:');
  });

  it('prints JSON in the documented shape', () => {
    const { chains } = JSON.parse(inspect(['resolve', sample, '--cluster', cluster, '--format', 'json']).stdout) as {
      chains: readonly { chain: string }[];
    };
    const line = readFileSync(sample, 'utf8').split('\n').indexOf(':KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]') + 1;
    expect(chains.find(({ chain }) => chain === 'KUBE-SVC-3MGBTRC5ATFFL7T7')).toEqual({
      table: 'nat',
      chain: 'KUBE-SVC-3MGBTRC5ATFFL7T7',
      line,
      role: 'service',
      service: {
        namespace: 'booking',
        name: 'frontend',
        port: 'http',
        portNumber: 80,
        protocol: 'tcp',
        clusterIP: '10.96.40.10',
      },
      endpoint: null,
      by: 'comment',
    });
  });
});
