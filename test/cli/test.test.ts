import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ExpectationResult } from '../../server/src/kube/expectation/judge.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

const folder = mkdtempSync(join(tmpdir(), 'iptables-expectations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dump = fixturePath('sample/worker-1.iptables');
const withCluster = ['--cluster', fixturePath('sample/cluster.json')];

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('test', () => {
  const some = file(
    'some.packets.yaml',
    [
      'packets:',
      '  - name: the world gets in',
      '    from: outside',
      '    to: booking/frontend:http',
      '    expect: accept',
      '  - name: <mail> & more',
      '    from: 10.244.0.4',
      '    to: booking/mailer:smtp',
      '    expect: drop',
      '  - from: 10.244.0.4',
      '    to: booking/nobody',
      '    expect: drop',
      '',
    ].join('\n'),
  );

  it('says of what is not met the line, what was expected, what came and by which way', () => {
    const { stdout, status } = inspect(['test', dump, some, ...withCluster]);
    expect(stdout).toContain(
      `FAILED ${some}:9:13: <mail> & more\n  expected: dropped\n  came:     rejected by filter KUBE-SERVICES, line 43\n`,
    );
    expect(stdout).toContain('    filter KUBE-SERVICES, line 43: reject with icmp-port-unreachable');
    expect(stdout).toContain(`CANNOT BE ASKED ${some}:12:13: 10.244.0.4 to booking/nobody`);
    expect(stdout).not.toContain('the world gets in');
    expect(stdout.trimEnd().endsWith('1 met, 1 failed, 1 cannot be asked')).toBe(true);
    expect(status).toBe(1);
  });

  it('prints JSON, and the XML of JUnit', () => {
    const { results, summary } = JSON.parse(inspect(['test', dump, some, ...withCluster, '--format', 'json']).stdout) as {
      readonly results: readonly ExpectationResult[];
      readonly summary: object;
    };
    expect(summary).toEqual({ met: 1, failed: 1, unsure: 0, errors: 1 });
    expect(results.map(({ status, expectSpan }) => [status, expectSpan.start.line])).toEqual([
      ['met', 5],
      ['failed', 9],
      ['error', 12],
    ]);
    const { stdout, status } = inspect(['test', dump, some, ...withCluster, '--format', 'junit']);
    expect(stdout).toContain('<testsuite name="some.packets.yaml" tests="3" failures="1" errors="1">');
    expect(stdout).toMatch(/<testcase classname="some\.packets\.yaml" name="the world gets in" file="[^"]+" line="5"\/>/);
    expect(stdout).toContain('name="&#60;mail&#62; &#38; more"');
    expect(stdout).toContain(
      '<failure type="failed" message="expected: dropped; came: rejected by filter KUBE-SERVICES, line 43">',
    );
    expect(status).toBe(1);
  });

  it('prints XML in lines that begin with its own text, whatever is in names', () => {
    // A log's line that begins with "::" is a command to GitHub.
    const hostile = JSON.stringify('a\n::error file=a::b\r\n::stop-commands::c\u2028::d');
    const path = file(
      'hostile.packets.yaml',
      `packets:\n  - name: ${hostile}\n    from: outside\n    to: booking/none\n    expect: drop\n`,
    );
    const { stdout } = inspect(['test', dump, path, ...withCluster, '--format', 'junit']);
    expect(stdout).toContain('name="a␊::error file=a::b␍␊::stop-commands::c&#60;U+2028&#62;::d"');
    expect(stdout.split(/[\n\r\u2028\u2029]/).filter((line) => line.trimStart().startsWith('::'))).toEqual([]);
  });

  it('writes what is true now, which is met then and after no change', () => {
    const path = join(folder, 'now.packets.yaml');
    expect(inspect(['test', dump, '--write', path, ...withCluster])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+ packets written to /),
    });
    // The file says which addresses are the node's: no cluster is needed.
    expect(inspect(['test', dump, path])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+ met, 0 failed\n$/) });
    const [before = '', filter = ''] = readFileSync(dump, 'utf8').split('*filter\n');
    const closed = file('closed.iptables', `${before}*filter\n${filter.replace(':FORWARD ACCEPT', ':FORWARD DROP')}`);
    const { stdout, status } = inspect(['test', closed, path]);
    expect(stdout).toContain('came:     dropped by the policy of filter FORWARD, line 16');
    expect(status).toBe(1);
    expect(inspect(['test', dump, '--write', path]).stderr).toContain('is there already; --force writes over it');
    expect(inspect(['test', dump, '--write', path, '--force', '--to', 'booking/frontend']).status).toBe(0);
    // A link that leads nowhere is not followed, and a full disk leaves what was there: it is written beside, and put in its place.
    symlinkSync(join(folder, 'nowhere.yaml'), join(folder, 'link.yaml'));
    expect(inspect(['test', dump, '--write', join(folder, 'link.yaml')]).stderr).toContain(
      'is there already; --force writes over it',
    );
    expect(existsSync(join(folder, 'nowhere.yaml'))).toBe(false);
    const inode = statSync(path).ino;
    expect(inspect(['test', dump, '--write', path, '--force', '--to', 'booking/frontend']).status).toBe(0);
    expect(statSync(path).ino).not.toBe(inode);
    const printed = inspect(['test', dump, '--write', '-', '--to', 'booking/frontend']).stdout;
    expect(printed).toBe(readFileSync(path, 'utf8'));
    expect(printed).not.toContain('mailer');
  });

  it('never writes over what it reads, by whatever name', () => {
    const own = file('own.iptables', readFileSync(dump, 'utf8'));
    const snapshot = file('own.json', readFileSync(withCluster[1] ?? '', 'utf8'));
    symlinkSync(own, join(folder, 'own.packets.yaml'));
    for (const path of [own, join(folder, 'own.packets.yaml'), snapshot]) {
      const { status, stdout, stderr } = inspect(['test', own, '--cluster', snapshot, '--write', path, '--force']);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain('is what is read; expected another file');
    }
    expect(readFileSync(own)).toEqual(readFileSync(dump));
    expect(readFileSync(snapshot)).toEqual(readFileSync(withCluster[1] ?? ''));
  });

  it('takes a node bundle', () => {
    const bundle = fixturePath('bundles/healthy.tar.gz');
    const path = join(folder, 'bundle.packets.yaml');
    expect(inspect(['test', bundle, '--write', path]).status).toBe(0);
    expect(inspect(['test', bundle, path])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+ met, 0 failed\n$/) });
  });

  it.each([
    [['test', dump], "missing required argument 'file'"],
    [['test', dump, join(folder, 'none.yaml')], 'no such file'],
    [
      ['test', dump, file('bad.yaml', 'packets:\n  - form: a\n')],
      'bad.yaml: line 2, column 5: there is no key "form"; did you mean from? (and 3 more)',
    ],
    [['test', dump, file('empty.yaml', 'packets: []\n')], 'empty.yaml: packets is an empty list: there is nothing to look at'],
    [['test', file('filter.iptables', '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n'), '--write', '-'], 'The dump has no nat table'],
    [['test', dump, some, '--write', 'x'], 'leave the other one out'],
    [['test', dump, '--write', '/nowhere/at/all.yaml'], '/nowhere/at/all.yaml: there is no such folder to write it to'],
    [['test', dump, '--write', ''], 'the file to write has no name; expected a path, or - for standard output'],
  ])('arguments that cannot be used are one line and status 2: %j', (args, says) => {
    const { status, stdout, stderr } = inspect(args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
