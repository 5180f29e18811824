/** What kube-proxy writes is in sync with its cluster in every form in which real iptables prints it. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { type PodTraffic, proxyOptions } from '../../server/src/kube/proxy/options.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';

const cluster = clusterFrom(labPath('round-2/flags-5/cluster.json'));
const network: PodTraffic = { by: 'source', cidr: '10.42.0.0/16' };
const bridge: PodTraffic = { by: 'interface', name: 'cni0' };

/** What a command prints of nat and filter, into which the rules were loaded. */
function printed(text: string, program: string, how: string): string {
  const tables = ['nat', 'filter'].map((table) => `${program} -t ${table} ${how}`);
  const run = spawnSync('unshare', ['-n', 'sh', '-c', [`${program}-restore`, ...tables].join(' && ')], {
    input: text,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  });
  expect(run.stderr.replaceAll(/^# .*\n/gm, '')).toBe('');
  return run.stdout;
}

describeWith(['root', 'iptables'], 'the rules of 86 Services', () => {
  it.each<[program: string, how: string, podTraffic: PodTraffic | null, masqueradeAll: boolean]>([
    ['iptables-nft', '-S', network, false],
    ['iptables-nft', '-L -n -v', network, false],
    ['iptables-nft', '-L -n', network, true],
    ['iptables-nft', '-L -n', bridge, false],
    ['iptables-nft', '-L', bridge, false],
    ['iptables-nft', '-L -n -v -x --line-numbers', bridge, false],
    ['iptables-legacy', '-L -n', null, false],
    ['iptables-legacy', '-L -v', bridge, true],
  ])('as %s %s prints them, Pods told by %o, masquerading all %s', (program, how, podTraffic, masqueradeAll) => {
    // The counters of nfacct must be made before, by a program that few machines have.
    const options = proxyOptions({ node: 'node-0', family: 'ipv4', nfacct: false, podTraffic, masqueradeAll });
    const text = printed(runToEnd(expectedText(cluster, options)), program, how);
    const { services, summary } = driftReport(rulesetOf(text), cluster, { node: 'node-0' });
    expect(services.flatMap(({ service, findings }) => findings.map(({ message }) => `${service}: ${message}`))).toEqual([]);
    expect(summary).toMatchObject({ services: 86, inSync: 86 });
  });
});
