import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SeenReport } from '../../server/src/kube/question/seen.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

describe('trace --seen', () => {
  const rules = fixturePath('seen/nft-after.iptables');

  it('prints the rules that packets were seen to meet, and how many go as follows from the dump', () => {
    const { stdout, status } = inspect(['trace', rules, '--seen', fixturePath('seen/xtables-monitor.txt')]);
    expect(stdout).toContain('tcp 192.168.50.2:41001 -> 10.96.0.10:80, NEW, in by eth0 (line 2, 8e5c2777)\n');
    expect(stdout).toMatch(/^ {2}nat KUBE-SERVICES, line 70: -A KUBE-SERVICES -d 10\.96\.0\.10\/32 /m);
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('22 packets: 22 as follows from the dump, 0 otherwise');
    expect(status).toBe(0);
  });

  it('says where the dump says otherwise, with status 1', () => {
    const input = readFileSync(rules, 'utf8').replace(':FORWARD DROP', ':FORWARD ACCEPT');
    const { stdout, status } = inspect(['trace', '-', '--seen', fixturePath('seen/nft-monitor.txt')], { input });
    expect(stdout).toContain('  ! By the dump ');
    expect(stdout).toContain('dropped, which does not follow from the dump');
    expect(status).toBe(1);
    const { summary } = JSON.parse(
      inspect(['trace', '-', '--seen', fixturePath('seen/nft-monitor.txt'), '--format', 'json'], { input }).stdout,
    ) as SeenReport;
    expect(summary).toEqual({ agree: 20, differ: 2, unknown: 0 });
  });

  it.each([
    [['trace', rules], "required option '--from <source>' not specified"],
    [['trace', rules, '--from', '10.0.0.1'], "required option '--to <destination>' not specified"],
    [['trace', rules, '--seen', rules], 'tells of no packet; expected what "xtables-monitor --trace"'],
    [['trace', rules, '--seen', rules, '--from', '10.0.0.1'], 'leave --from and --to out'],
  ])('arguments that cannot be used are one line and status 2: %j', (args, says) => {
    const { status, stderr } = inspect(args);
    expect(stderr).toContain(says);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });
});
