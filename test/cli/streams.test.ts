import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckReport } from '../../server/src/cli/check-report.ts';
import { inspect, inspectBundle } from '../support/inspect.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample/worker-1.iptables');
const cluster = resolve(import.meta.dirname, '../fixtures/sample/cluster.json');
const isPosix = process.platform !== 'win32';
/** Whether the kernel's tracing files can be mounted: as root, and not in every container. */
const canTrace =
  process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tracefs', 'none', '/sys/kernel/tracing']).status === 0;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-streams-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function namedPipe(name: string): string {
  const path = join(folder, name);
  spawnSync('mkfifo', [path]);
  return path;
}

describe('standard output', () => {
  const commands: readonly (readonly string[])[] = [
    ['check', sample],
    ['check', '--format', 'sarif', sample],
    ['resolve', sample],
    ['flow', sample, '--to', '10.96.40.10:80', '--format', 'svg'],
    ['trace', sample, '--from', '10.244.1.9', '--to', '10.96.40.10:80'],
    ['reach', sample],
    ['drift', sample, '--cluster', cluster],
    ['expected', '--cluster', cluster, '--node', 'worker-1'],
    ['diff', sample, sample],
    ['--help'],
    ['flow', '--help'],
  ];

  it.skipIf(!existsSync('/dev/full')).each(commands)('that is full is said in one line, status 2: %s %s', (...args) => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [inspectBundle, ...args], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(stderr).toMatch(/^iptables-inspect: standard output: .*no space.*\n$/);
    expect(status).toBe(2);
  });

  it.skipIf(!isPosix)('that cannot be written to is said in one line, status 2', () => {
    const command = `"$0" "$@" 1< "${sample}"`;
    for (const args of [['check', sample], ['--help']]) {
      const { status, stderr } = spawnSync('bash', ['-c', command, process.execPath, inspectBundle, ...args], {
        encoding: 'utf8',
      });
      expect(stderr).toMatch(/^iptables-inspect: standard output: [^\n]+\n$/);
      expect(status).toBe(2);
    }
  });

  // Node.js opens /dev/null in the place of a descriptor that is closed when it starts, as it is where somebody asked for no output: who closes it has asked for the status alone.
  it.skipIf(!isPosix)('that is closed leaves the status, and no other file is written in its place', () => {
    const fixed = file('fixed.iptables', readFileSync(sample, 'utf8'));
    const run = (...args: readonly string[]) =>
      spawnSync('bash', ['-c', '"$0" "$@" <&- >&- 2>&-', process.execPath, inspectBundle, ...args], { encoding: 'utf8' }).status;
    expect(run('check', sample)).toBe(1);
    expect(run('check', join(folder, 'nothing.iptables'))).toBe(2);
    expect(run('check', '-')).toBe(2);
    expect(run('check', '--fix', fixed)).toBe(1);
    expect(readFileSync(fixed, 'utf8')).toBe(
      spawnSync(process.execPath, [inspectBundle, 'check', '--fix', '-'], {
        input: readFileSync(sample, 'utf8'),
        encoding: 'utf8',
      }).stdout,
    );
  });

  it.skipIf(!isPosix)('that somebody reads the first line of ends quietly, with the status of what was found', () => {
    const { stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        `"$0" "$1" check "$2" --format json | head -c 10; echo " \${PIPESTATUS[0]}"`,
        process.execPath,
        inspectBundle,
        sample,
      ],
      { encoding: 'utf8' },
    );
    expect([stdout, stderr]).toEqual(['{"files":[ 1\n', '']);
  });
});

describe('several files', () => {
  const prose = 'Dear all,\nit does not work.\n';

  it.each(['text', 'json', 'sarif', 'github'])(
    'of which one cannot be read: %s says what is found in the others, status 2',
    (format) => {
      const bad = file('prose.iptables', prose);
      const gone = join(folder, 'none.iptables');
      const { status, stdout, stderr } = inspect(['check', bad, sample, gone, '--format', format]);
      expect(status).toBe(2);
      expect(stdout).toContain('KUBE-SEP-YMMDN24UIRGMOLTR');
      expect(stderr.split('\n')).toEqual([
        expect.stringContaining('prose.iptables: line 1: holds no table, chain or rule of iptables'),
        expect.stringContaining('none.iptables: there is no such file'),
        '',
      ]);
      if (format === 'json') {
        const report = JSON.parse(stdout) as CheckReport;
        expect(report.files.map((entry) => entry.file)).toEqual([sample]);
        expect(report.unreadable?.map((entry) => entry.file)).toEqual([bad, gone]);
        expect(report.summary).toMatchObject({ errors: 1, warnings: 1 });
      }
      if (format === 'sarif') {
        expect(JSON.parse(stdout)).toMatchObject({
          runs: [{ invocations: [{ executionSuccessful: false, toolExecutionNotifications: [{}, {}] }] }],
        });
      }
      if (format === 'text') expect(stdout).toMatch(/1 error, 1 warning; 2 files could not be read\n$/);
      if (format === 'github') expect(stdout.match(/^::error file=\S+,title=not read::/gm)).toHaveLength(2);
    },
  );

  it('of which none can be read: nothing on standard output, whatever the format', () => {
    const bad = file('prose.iptables', prose);
    for (const format of ['text', 'json', 'sarif', 'github']) {
      const { status, stdout, stderr } = inspect(['check', bad, '--format', format]);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(/^iptables-inspect: .*\n$/);
    }
  });
});

describe('what is no plain file', () => {
  it.skipIf(!existsSync('/dev/zero')).each([
    ['check', '/dev/zero'],
    ['check', '-'],
    ['resolve', sample, '--cluster', '/dev/zero'],
  ])('a device without an end is refused: %s %s', (...args) => {
    const zero = openSync('/dev/zero', 'r');
    const { status, stdout, stderr } = spawnSync(process.execPath, [inspectBundle, ...args], {
      stdio: [zero, 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    closeSync(zero);
    expect(stderr).toMatch(/^iptables-inspect: \S+: is a device, not a file\n$/);
    expect([status, stdout]).toEqual([2, '']);
  });

  it.skipIf(!isPosix).each(['dump', 'cluster'])(
    'a pipe as the %s that nobody writes to is not waited for without an end',
    (role) => {
      const pipe = namedPipe(`silent-${role}`);
      const args = role === 'dump' ? ['check', pipe] : ['resolve', sample, '--cluster', pipe];
      const { status, stdout, stderr } = spawnSync(process.execPath, [inspectBundle, ...args], {
        encoding: 'utf8',
        env: { ...process.env, IPTABLES_INSPECT_PIPE_SECONDS: '0.2' },
      });
      expect(stderr).toMatch(/^iptables-inspect: .*silent-\w+: is a pipe, and nothing came for 0\.2 seconds\n$/);
      expect([status, stdout]).toEqual([2, '']);
    },
  );

  it.runIf(isPosix).each([[], ['--force']])('leaves no half of a new file where there is no room for it: %s', (...more) => {
    const path = join(folder, 'half.packets.yaml');
    const withoutRoom = 'trap \'\' XFSZ; ulimit -f 0; exec "$@"';
    const args = [process.execPath, inspectBundle, 'test', sample, '--cluster', cluster, '--write', path, ...more];
    const { status, stderr } = spawnSync('sh', ['-c', withoutRoom, 'sh', ...args], { encoding: 'utf8' });
    expect({ status, stderr: stderr.startsWith(`iptables-inspect: ${path}: `) }).toEqual({ status: 2, stderr: true });
    expect(existsSync(path)).toBe(false);
  });

  it.skipIf(!isPosix)('a pipe that nobody reads is not waited for', () => {
    const pipe = namedPipe('unread');
    const args = ['test', sample, '--cluster', cluster, '--write', pipe, '--force'];
    const { status, stderr } = spawnSync(process.execPath, [inspectBundle, ...args], { encoding: 'utf8', timeout: 20_000 });
    expect([status, stderr]).toEqual([2, `iptables-inspect: ${pipe}: is a pipe that nobody reads\n`]);
  });

  it.skipIf(!canTrace)('a file of the kernel that is written to without an end is refused, as a dump and in a folder', () => {
    const mounted = join(folder, 'tracing');
    mkdirSync(mounted);
    const run = (...args: readonly string[]) =>
      spawnSync(
        'unshare',
        ['-m', 'sh', '-c', `mount -t tracefs none "$0" && exec "$@"`, mounted, process.execPath, inspectBundle, ...args],
        { encoding: 'utf8', timeout: 20_000 },
      );
    const endless = join(mounted, 'trace_pipe');
    const wanted = `iptables-inspect: ${endless}: has no end: the kernel writes to it while it is read\n`;
    for (const args of [
      ['check', endless],
      ['check', sample, '--cluster', endless],
      ['trace', sample, '--seen', endless],
      ['test', sample, endless],
    ]) {
      const { status, stderr } = run(...args);
      expect([status, stderr]).toEqual([2, wanted]);
    }
    const { status, stderr } = run('diagnose', join(mounted, 'per_cpu/cpu0'));
    expect(status).toBe(2);
    expect(stderr).toMatch(/is a directory and no node bundle; .*trace_pipe could not be read: has no end/);
  });

  it.skipIf(!existsSync('/proc/self/pagemap'))(
    'files of a folder that say they are empty are read within the same bounds',
    () => {
      const started = spawn('sleep', ['60']);
      const { status, stderr } = spawnSync(process.execPath, [inspectBundle, 'diagnose', `/proc/${started.pid}`], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      started.kill();
      expect(status).toBe(2);
      expect(stderr).toMatch(/is a directory and no node bundle/);
    },
  );

  it.skipIf(!isPosix)(
    'a pipe that is written to is read to its end, and so is what the shell puts in place of a command',
    async () => {
      const pipe = namedPipe('written');
      const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', sample, pipe]);
      const { stdout } = spawnSync(process.execPath, [inspectBundle, 'check', pipe], { encoding: 'utf8' });
      expect(stdout).toMatch(/1 error, 1 warning\n$/);
      writer.kill();
      const substituted = spawnSync('bash', ['-c', '"$0" "$1" check <(cat "$2")', process.execPath, inspectBundle, sample], {
        encoding: 'utf8',
      });
      expect(substituted.stdout).toMatch(/1 error, 1 warning\n$/);
    },
  );

  it('standard input can be read once', () => {
    const { status, stderr } = inspect(['diff', '-', '-'], { input: '*filter\nCOMMIT\n' });
    expect(stderr).toBe('iptables-inspect: <stdin>: can be read once only\n');
    expect(status).toBe(2);
  });
});
