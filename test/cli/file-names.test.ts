import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect, inspectBundle } from '../support/inspect.ts';

const dump = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOPE\nCOMMIT\n';
const hint = 'a name that is not UTF-8 does not reach this program: rename the file, or give it as - (- < FILE)';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-names-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file whose name', () => {
  it('is as long as a name can be is mended, and nothing is left beside it', () => {
    const own = join(folder, 'long');
    mkdirSync(own);
    const name = `${'n'.repeat(245)}.iptables`;
    writeFileSync(join(own, name), dump);
    const { status, stderr } = inspect(['check', '--fix', '--unsafe', join(own, name)]);
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(own, name), 'utf8')).not.toContain('-j NOPE\nCOMMIT\n'.repeat(2));
    expect(readFileSync(join(own, name), 'utf8')).not.toBe(dump);
    expect(readdirSync(own)).toEqual([name]);
  });

  it('is empty is said to be', () => {
    expect(inspect(['check', ''])).toMatchObject({ status: 2, stderr: 'iptables-inspect: "": there is no such file\n' });
  });

  // Other systems refuse such names.
  it.skipIf(process.platform !== 'linux')(
    'is not UTF-8 is said to be what is wrong, and does not hide a bundle that it lies in',
    () => {
      const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9])]);
      writeFileSync(name, dump);
      const script = 'cd "$1" && "$2" "$3" check "$(printf \'caf\\351\')"';
      const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', folder, process.execPath, inspectBundle], {
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([2, `iptables-inspect: caf\ufffd: there is no such file; ${hint}\n`]);

      const bundle = join(folder, 'bundle');
      mkdirSync(bundle);
      writeFileSync(join(bundle, 'iptables-save.txt'), dump.replace('-A INPUT -j NOPE\n', ''));
      writeFileSync(Buffer.concat([Buffer.from(`${bundle}/more`), Buffer.from([0xff])]), dump);
      const diagnosed = inspect(['diagnose', bundle]);
      expect(diagnosed.stderr).toBe('');
      expect(diagnosed.stdout).toContain(`more\ufffd could not be read: there is no such file; ${hint}`);
    },
  );
});
