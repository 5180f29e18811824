import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { ReachReport } from '../../server/src/kube/question/reach.ts';
import type { ReachComparison } from '../../server/src/kube/question/reach-difference.ts';
import { fixturePath, labPath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

const dump = fixturePath('sample/worker-1.iptables');
const withCluster = ['--cluster', fixturePath('sample/cluster.json')];

const folder = mkdtempSync(join(tmpdir(), 'reach-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('reach', () => {
  it('prints a table of entries and clients, those that get the same answer in one row', () => {
    const { stdout, status } = inspect(['reach', dump, '--to', 'booking/gateway', ...withCluster]);
    const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(['booking/gateway:https (tcp)']);
    expect(rows).toContainEqual([
      '198.51.100.20:443/tcp (load-balancer IP)',
      'a Pod on worker-1, a Pod on another node, worker-1, another node, outside (elsewhere)',
      'dropped',
      'by filter KUBE-PROXY-FIREWALL, line 42',
    ]);
    expect(rows).toContainEqual([
      'outside (203.0.113.0/24)',
      'arrives',
      'source kept',
      'gateway-7f6d5c4b88-c5rhp 10.244.0.30:8443',
    ]);
    expect(status).toBe(0);
  });

  it('does not deny rules of other programs for an address that is no Service', () => {
    const { stderr, status } = inspect(['reach', fixturePath('packets/docker.iptables'), '--to', '192.168.50.1:8080']);
    expect(stderr).toContain(
      'No Service that the dump has rules for has 192.168.50.1:8080. What other rules make of packets to it, a trace says.',
    );
    expect(status).toBe(2);
  });

  it('answers for all Services without --to, and without a cluster', () => {
    const { stdout, status } = inspect(['reach', dump, '--format', 'json']);
    const report = JSON.parse(stdout) as ReachReport;
    expect(report.services.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['default/kubernetes:https', 'booking/frontend:http', 'booking/mailer:smtp']),
    );
    expect(report.notes.join(' ')).toContain('Nothing tells addresses of other nodes');
    expect(status).toBe(0);
  });

  it('of two dumps says where they differ, with status 1', () => {
    const [before, after] = [labPath('shop-stale/node-a.iptables'), labPath('shop-stale/node-a.synced.iptables')];
    const cluster = ['--cluster', labPath('shop-stale/cluster.json'), '--node', 'node-a'];
    const { stdout, status } = inspect(['reach', before, after, '--to', 'shop/cart', ...cluster]);
    expect(stdout).toMatch(/^~ shop\/cart:\S* \(tcp\) \S+ from a Pod on node-a: rejected -> arrives, \+10\./m);
    expect(status).toBe(1);
    const all = inspect(['reach', before, after, '--format', 'json', ...cluster]);
    expect((JSON.parse(all.stdout) as ReachComparison).onlyAfter.join(' ')).toContain('shop/search');
    expect(inspect(['reach', after, after, ...cluster])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('the same clients reach the same endpoints'),
    });
  });

  it('takes a node bundle, one of whose routes refuses the way to an endpoint', () => {
    const bundle = join(folder, 'no-route');
    mkdirSync(bundle);
    copyFileSync(dump, join(bundle, 'iptables-save.txt'));
    copyFileSync(fixturePath('sample/cluster.json'), join(bundle, 'cluster.json'));
    writeFileSync(join(bundle, 'ip-route.txt'), 'default via 192.168.50.254 dev eth0\nunreachable 10.244.2.0/24\n');
    const { stdout, status } = inspect(['reach', bundle, '--to', 'booking/tickets', '--node', 'worker-1']);
    expect(stdout).toContain('by chance (50 % get through)');
    expect(stdout).toContain('note: No route of this node leads to 10.244.2.22: it drops the packet before FORWARD.');
    expect(stdout).not.toContain('by nat ');
    expect(status).toBe(0);
  });

  it('takes a node bundle, whose routes say where packets come in', () => {
    const bundle = fixturePath('bundles/healthy.tar.gz');
    const { stdout, status } = inspect(['reach', bundle, '--to', 'shop/web', '--format', 'json']);
    const report = JSON.parse(stdout) as ReachReport;
    const clients = report.services[0]?.entries[0]?.clients ?? [];
    expect(clients.find(({ kind }) => kind === 'outside')?.packet.in).toBe('eth0');
    expect(clients.every(({ answer }) => answer.outcome === 'arrives' && answer.isSure)).toBe(true);
    expect(status).toBe(0);
  });

  it('never says that nobody fares differently where there is no Service to ask about', () => {
    const filter = join(folder, 'filter.iptables');
    writeFileSync(filter, '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
    const alone = inspect(['reach', filter]);
    expect(alone).toMatchObject({ status: 2, stdout: '' });
    expect(alone.stderr).toContain('The dump has no nat table');
    expect(inspect(['reach', filter, '--format', 'json'])).toMatchObject({ status: 2, stdout: '' });
    expect(inspect(['reach', filter, filter])).toMatchObject({ status: 2, stdout: '' });
    expect(inspect(['reach', filter, dump]).status).toBe(1);
  });

  it('says what is wrong with a target in one line, with status 2', () => {
    const { stderr, status } = inspect(['reach', dump, '--to', 'booking/fronted', ...withCluster]);
    expect(stderr).toContain('Did you mean booking/frontend');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });
});
