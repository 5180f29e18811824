import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { collectScript } from '../../server/src/node/collect-script.ts';
import { readTar } from '../../server/src/node/tar.ts';
import { inspect } from '../support/inspect.ts';
import { describeWith } from '../support/requirements.ts';

/** What stands in a bundle. */
function collected(archive: Buffer): ReadonlyMap<string, string> {
  const answer = readTar(archive);
  if (!answer.ok) throw new Error(answer.message);
  return new Map(answer.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
}

describe('collect --script', () => {
  it('prints a script that every POSIX shell reads', () => {
    expect(inspect(['collect', '--script'])).toMatchObject({ status: 0, stdout: collectScript, stderr: '' });
    expect(spawnSync('sh', ['-n'], { input: collectScript }).status).toBe(0);
    expect(collectScript).not.toMatch(/\[\[|\bfunction\b|<<</);
    // What a shell itself opens may be gone meanwhile, as a process is, and dash says so whatever stands behind.
    expect(collectScript).not.toMatch(/<\s*"?(?:\$(?!dir\b)|\/proc)/);
  });

  it('runs nothing that changes the node', () => {
    const commands = collectScript.split('\n').filter((line) => !line.trimStart().startsWith('#'));
    const changing =
      /\b(?:sysctl -w|modprobe|insmod|iptables-restore|ip \w+ (?:add|del|set|flush)|conntrack -[DFIU]|ipset (?:add|del|destroy|flush)|nft (?:add|delete|flush))|iptables\S* .*-[FXDPAI]\b/;
    expect(commands.filter((line) => changing.test(line))).toEqual([]);
    // Its own folder is all that it removes from.
    const removing = commands.filter((line) => /\brm(?:dir)? /.test(line));
    expect(removing.length).toBeGreaterThan(3);
    expect(removing.filter((line) => !/\brm(?:dir)? (?:-r?f )?"\$dir/.test(line))).toEqual([]);
  });

  it('says what is asked for where nothing is', () => {
    const { status, stdout, stderr } = inspect(['collect']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('--script');
  });
});

describeWith(['root', 'iptables'], 'collect --script on a node', () => {
  const isThere = (shell: string): boolean => spawnSync('sh', ['-c', `command -v ${shell.split(' ')[0]}`]).status === 0;

  it('says that there is no room for its files, and prints none', () => {
    const small = 'mount -t tmpfs -o size=40k none /mnt && TMPDIR=/mnt sh -s; echo "status $?" >&2; ls /mnt >&2';
    const { stdout, stderr } = spawnSync('unshare', ['-n', '-m', 'bash', '-c', small], { input: collectScript });
    const said = stderr.toString().trimEnd().split('\n');
    expect(stdout.length).toBe(0);
    expect(said.slice(-2)).toEqual(['There is no room left in /mnt: set TMPDIR to a folder with more.', 'status 2']);
  });

  it.each(['sh', 'dash', 'bash --posix', 'busybox sh'].filter(isThere))(
    'collects what there is, with %s',
    (shell) => {
      const temporary = mkdtempSync(join(tmpdir(), 'iptables-collect-'));
      const rules = '*nat\\n:PREROUTING ACCEPT [0:0]\\n:KUBE-SERVICES - [0:0]\\n-A PREROUTING -j KUBE-SERVICES\\nCOMMIT\\n';
      const setUp = `ip link set lo up; ip link add cni0 type bridge; ip addr add 10.42.0.1/24 dev cni0; ip link set cni0 up
      printf '${rules}' | iptables-nft-restore; ${shell} -s`;
      const { stdout, status, stderr } = spawnSync('unshare', ['-n', 'bash', '-c', setUp], {
        input: collectScript,
        env: { ...process.env, NODE_NAME: 'node "a"\\', TMPDIR: temporary },
      });
      expect([status, stderr.toString()]).toEqual([0, '']);
      const files = collected(stdout);
      const facts = readBundle([...files].map(([path, text]) => ({ path, text })));
      expect(facts.rules.find(({ text }) => text !== '')).toMatchObject({
        file: 'iptables-save.txt',
        family: 'ipv4',
        backEnd: 'nft',
      });
      expect(facts.addresses?.records.map(({ ip }) => ip)).toContain('10.42.0.1');
      expect(facts.links?.records.find(({ name }) => name === 'cni0')?.kind).toBe('bridge');
      expect(facts.routes?.records.map(({ network }) => network)).toContain('10.42.0.0/24');
      expect(facts.policyRules?.records.length).toBeGreaterThan(2);
      expect(facts.sysctls?.values.get('net.ipv4.ip_forward')?.value).toMatch(/^[01]$/);
      expect(facts.meta).toMatchObject({ node: 'node a', kernel: expect.stringMatching(/^\d/) });
      expect(Math.abs((facts.meta?.time ?? 0) - Date.now())).toBeLessThan(600_000);
      expect([...files.values()].join('\n')).not.toMatch(/stable_secret|tcp_fastopen_key/);
      // Nothing is left behind.
      expect(readdirSync(temporary)).toEqual([]);
      rmSync(temporary, { recursive: true });
    },
    60_000,
  );

  it('cuts what is too large, and says so', () => {
    const env = { ...process.env, NODE_BUNDLE_BYTES: '1000' };
    const files = collected(spawnSync('unshare', ['-n', 'sh', '-s'], { input: collectScript, env }).stdout);
    expect(files.get('sysctl.txt')?.length).toBe(1000);
    expect(files.get('notes.txt')).toContain('sysctl.txt: cut after 1000 bytes');
    const { notes } = readBundle([...files].map(([path, text]) => ({ path, text })));
    expect(notes.join('\n')).toContain('Not collected: sysctl.txt: cut');
  }, 60_000);
});
