import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';
import { inspectBundle } from '../support/inspect.ts';

const dump = fixturePath('sample/worker-1.iptables');

/** Runs the command line in bash, where it is called `inspect`. */
function shell(script: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = {
    ...process.env,
    NODE: process.execPath,
    INSPECT: inspectBundle,
    DUMP: dump,
    SNAPSHOT: fixturePath('sample/cluster.json'),
  };
  return spawnSync('bash', ['-c', `inspect() { "$NODE" "$INSPECT" "$@"; }; ${script}`], { encoding: 'utf8', env });
}

describe('a snapshot for the command line', () => {
  it('may be what another program writes, also where that takes a moment', () => {
    const { status, stdout, stderr } = shell('inspect resolve "$DUMP" --cluster <(sleep 0.3; cat "$SNAPSHOT")');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('booking/frontend-6c8f7b9d45-2lqzr');
  });

  it('may be standard input', () => {
    expect(shell('cat "$SNAPSHOT" | inspect resolve "$DUMP" --cluster -').stdout).toContain('booking/frontend-6c8f7b9d45-2lqzr');
  });

  it('is no device, which has no end', () => {
    expect(shell('inspect resolve "$DUMP" --cluster /dev/zero')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'iptables-inspect: /dev/zero: is a device, not a file\n',
    });
  });

  it('is no pipe into which nobody writes', () => {
    const { status, stderr } = shell(
      'p=$(mktemp -u); mkfifo "$p"; IPTABLES_INSPECT_PIPE_SECONDS=0.5 inspect resolve "$DUMP" --cluster "$p"; s=$?; rm "$p"; exit $s',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(/is a pipe, and nothing came for 0.5 seconds\n$/);
  });

  it('is not read beyond what a text can hold', () => {
    const { status, stderr } = shell('inspect resolve "$DUMP" --cluster <(cat /dev/zero)');
    expect(status).toBe(2);
    expect(stderr).toMatch(/is larger than 500 MB\n$/);
  });
});
