import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../server/src/diagnose/diagnosis.ts';
import { bundleFiles, bundlePath } from '../support/bundles.ts';
import { inspect } from '../support/inspect.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-diagnose-'));
  for (const name of ['hairpin-off', 'healthy']) {
    for (const { path, text } of bundleFiles(name)) {
      mkdirSync(dirname(join(folder, name, path)), { recursive: true });
      writeFileSync(join(folder, name, path), text);
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const itself = ['--from', 'shop/solo-0', '--to', 'shop/solo'];

function diagnosis(...args: readonly string[]): Diagnosis {
  return JSON.parse(inspect(['diagnose', ...args, '--format', 'json']).stdout) as Diagnosis;
}

describe('diagnose', () => {
  it('reads a folder, an archive and a compressed one alike, from standard input too', () => {
    const plain = join(folder, 'hairpin-off.tar');
    execFileSync('tar', ['-C', join(folder, 'hairpin-off'), '-cf', plain, '.']);
    const wanted = diagnosis(join(folder, 'hairpin-off'), ...itself);
    expect(wanted.question).toEqual({ from: 'shop/solo-0', to: 'shop/solo', protocol: 'tcp' });
    expect(wanted.outcome).toBe('lost');
    expect(wanted.causes.map(({ code }) => code)).toEqual(['hairpin-off']);
    expect(wanted.missing).toEqual([]);
    for (const path of [plain, bundlePath('hairpin-off')]) expect(diagnosis(path, ...itself)).toEqual(wanted);
  });

  it('reads files that were compressed one by one', () => {
    const packed = join(folder, 'packed');
    for (const { path, text } of bundleFiles('hairpin-off')) {
      mkdirSync(dirname(join(packed, path)), { recursive: true });
      writeFileSync(join(packed, `${path}.gz`), gzipSync(text));
    }
    const { outcome, causes } = diagnosis(packed, ...itself);
    expect([outcome, causes.map(({ code }) => code)]).toEqual(['lost', ['hairpin-off']]);
    rmSync(packed, { recursive: true });
  });

  it.skipIf(process.platform === 'win32')('says which of its parts are there and are no files', () => {
    const odd = join(folder, 'odd-parts');
    mkdirSync(odd);
    for (const { path, text } of bundleFiles('healthy')) if (path.startsWith('ip')) writeFileSync(join(odd, path), text);
    execFileSync('mkfifo', [join(odd, 'conntrack.txt')]);
    symlinkSync('/etc/hostname', join(odd, 'cluster.json'));
    symlinkSync('/etc/hostname', join(odd, 'something'));
    const said = diagnosis(odd).looked.filter((text) => text.includes('was not read'));
    expect(said).toEqual([
      'cluster.json was not read: it is a link, and none is followed here.',
      'conntrack.txt was not read: it is a pipe or a device, not a file.',
    ]);
    rmSync(odd, { recursive: true });
  });

  it('says which packed files it could not read, and unpacks no more of many than of one', () => {
    const damaged = join(folder, 'damaged-file');
    for (const { path, text } of bundleFiles('healthy')) {
      mkdirSync(dirname(join(damaged, path)), { recursive: true });
      writeFileSync(join(damaged, path), text);
    }
    // More than half of what such files may hold together, 250 MB.
    const half = gzipSync(Buffer.alloc(150_000_000));
    for (const name of ['a.gz', 'b.gz']) writeFileSync(join(damaged, name), half);
    writeFileSync(join(damaged, 'more.txt.gz'), gzipSync('net.ipv4.ip_forward = 0\n').subarray(0, 20));
    const { stdout, stderr } = inspect(['diagnose', damaged]);
    expect(stderr).toBe('');
    expect(stdout).not.toContain('a.gz could not be read');
    expect(stdout).toContain('b.gz could not be read: it and the files before it are too large.');
    expect(stdout).toContain('more.txt.gz could not be read: ');
    rmSync(damaged, { recursive: true });
  });

  it('exits with 1 where something is wrong, 0 where nothing is', () => {
    expect(inspect(['diagnose', join(folder, 'hairpin-off')]).status).toBe(1);
    const healthy = inspect(['diagnose', join(folder, 'healthy'), '--from', 'shop/client-0', '--to', 'shop/web']);
    expect(healthy).toMatchObject({ status: 0, stderr: '' });
    expect(healthy.stdout).toContain('tcp from shop/client-0 to shop/web arrives (nothing found)');
  });

  it('prints text and Markdown with evidence, what to run, and what is fine', () => {
    const { stdout } = inspect(['diagnose', join(folder, 'hairpin-off'), ...itself]);
    expect(stdout).toMatch(/^tcp from shop\/solo-0 to shop\/solo is lost: nobody answers \(1 cause\)\n\n1\. Port veth1aa601b0 /);
    expect(stdout).toContain('seen in bridge-link.json line 1: veth1aa601b0: master cni0, hairpin false');
    expect(stdout).toContain('mend:    bridge link set dev veth1aa601b0 hairpin on');
    expect(stdout).toContain('  - The kernel forwards packets');
    const markdown = inspect(['diagnose', join(folder, 'hairpin-off'), ...itself, '--format', 'markdown']).stdout;
    expect(markdown).toContain('### hairpin-off');
    expect(markdown).toContain('- `bridge link set dev veth1aa601b0 hairpin on`');
    // A command with a pipe can be copied.
    expect(markdown).toContain("- `bridge -d link show | grep -A1 'master cni0'`");
  });

  it('does not go through a whole disk, nor unpack one', () => {
    const { status, stderr } = inspect(['diagnose', '/']);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^iptables-inspect: \/: holds more than (?:25000 files and folders|500 MB); expected a node bundle\n$/,
    );
    const bomb = join(folder, 'bomb.tar.gz');
    // What is compressed may be put one behind the other.
    const million = gzipSync(Buffer.alloc(1_000_000));
    writeFileSync(bomb, Buffer.concat(Array.from({ length: 501 }, () => million)));
    expect(inspect(['diagnose', bomb]).stderr).toBe(
      `iptables-inspect: ${bomb}: holds more than 500 MB; expected a node bundle\n`,
    );
    // 25,000 folders and 500 MB are made for it, which a busy disk takes its time for.
  }, 120_000);

  it('takes a dump alone, says what is missing, and does not claim that a packet arrives', () => {
    const dump = join(folder, 'hairpin-off/iptables-save.txt');
    const { outcome, causes, missing } = diagnosis(dump, '--from', '10.42.0.30', '--to', '10.96.10.60:80');
    expect([outcome, causes]).toEqual(['unknown', []]);
    expect(missing.map(({ how }) => how)).toContain('ip -j -d addr > ip-addr.json');
    const known = diagnosis(
      dump,
      '--from',
      '10.42.0.30',
      '--to',
      '10.96.10.60:80',
      '--cluster',
      join(folder, 'hairpin-off/cluster.json'),
    );
    expect(known.missing.some(({ what }) => what.includes("cluster's objects"))).toBe(false);
  });

  it('exits with 2 and one line where it cannot look', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    const cases: readonly (readonly [readonly string[], string])[] = [
      [[empty], 'is a directory and no node bundle; expected iptables-save.txt in it'],
      [[folder], 'holds several bundles (hairpin-off/, healthy/); name one of them'],
      [[join(folder, 'nowhere')], 'nowhere'],
      [[join(folder, 'healthy'), '--from', 'shop/client-0'], '--to is missing: --from and --to go together'],
      [[join(folder, 'healthy'), '--from', 'shop/nobody', '--to', 'shop/web'], 'The cluster has no Pod shop/nobody.'],
      [[join(folder, 'healthy'), '--from', '10.0.0.1', '--to', '10.0.0.2'], 'has no port'],
    ];
    for (const [args, wanted] of cases) {
      const { status, stdout, stderr } = inspect(['diagnose', ...args]);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toContain(wanted);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

describe('a bundle in place of a dump', () => {
  const question = ['--from', 'shop/client-0', '--to', 'shop/solo'];

  it('makes trace exact', () => {
    const { stdout } = inspect(['trace', join(folder, 'hairpin-off'), ...question, '--format', 'json']);
    const { outcomes, packet } = JSON.parse(stdout) as {
      readonly packet: { readonly in: string };
      readonly outcomes: readonly { readonly probability: number; readonly assuming: readonly string[] }[];
    };
    expect(packet.in).toBe('cni0');
    expect(outcomes).toMatchObject([{ probability: 1, assuming: [] }]);
  });

  it('makes flow exact: which addresses are the node’s, and by which interface packets leave', () => {
    const bundle = join(folder, 'hairpin-off');
    const drawn = inspect(['flow', bundle, '--to', '10.42.0.1:30080', '--format', 'json']);
    // The bridge's address is the node's own, as only its addresses say: a NodePort listens there.
    const { nodes } = JSON.parse(drawn.stdout) as { readonly nodes: readonly { readonly label: string }[] };
    expect(nodes.map(({ label }) => label).join(' ')).toContain('10.42.0.11:8080');
    expect(inspect(['trace', bundle, '--from', 'outside', '--to', '10.42.0.1:30080']).stdout).not.toContain(', if ');
  });

  it('is taken by every command that takes a dump, with its cluster', () => {
    const bundle = join(folder, 'hairpin-off');
    expect(inspect(['check', bundle])).toMatchObject({ status: 0, stderr: '' });
    expect(inspect(['drift', bundle]).stdout).toContain('5 in sync, 0 missing, 0 stale, 0 differ');
    expect(inspect(['resolve', bundle]).stdout).toContain('shop/solo-0');
    expect(inspect(['flow', bundle, '--to', 'shop/solo']).stdout).toContain('shop/solo-0');
    expect(inspect(['diff', bundle, bundlePath('hairpin-on')]).status).toBe(0);
  });

  it('that was cut off is never taken for all of it', () => {
    const whole = gunzipSync(readFileSync(bundlePath('healthy')));
    const path = join(folder, 'cut.tar');
    writeFileSync(path, whole.subarray(0, Math.trunc((whole.length * 2) / 3)));
    const says = `iptables-inspect: ${path}: The archive ends within ./nft.json, which is left out.\n`;
    const checked = inspect(['check', path, '--format', 'json']);
    expect(checked).toMatchObject({ status: 2, stderr: says });
    expect(JSON.parse(checked.stdout)).toMatchObject({ unreadable: [{ file: path }], summary: { errors: 0 } });
    for (const command of ['drift', 'map', 'resolve', 'canonical']) expect(inspect([command, path]).stderr).toBe(says);
    expect(inspect(['diagnose', path])).toMatchObject({ stderr: '', stdout: expect.stringContaining('The archive ends within') });
  });
});

describe('explain', () => {
  it('has the pages of what is found on a node', () => {
    expect(inspect(['explain', 'hairpin-off']).stdout).toMatch(/^# hairpin-off\n/);
    expect(inspect(['explain', 'hairpin-of']).stderr).toContain('did you mean hairpin-off?');
  });
});
