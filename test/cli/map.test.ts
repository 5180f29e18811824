import { describe, expect, it } from 'vitest';
import type { MapService } from '../../server/src/kube/flow/graph.ts';
import { fixturePath } from '../support/fixtures.ts';
import { inspect } from '../support/inspect.ts';

const dump = fixturePath('sample/worker-1.iptables');
const withCluster = ['--cluster', fixturePath('sample/cluster.json')];

describe('map', () => {
  it('prints every Service by namespace, those with faults first', () => {
    const { stdout, status } = inspect(['map', dump, ...withCluster]);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('All Services of worker-1 (cluster.json)');
    expect(lines[1]).toMatch(/^booking, \d+ Services: /);
    const at = (text: string): number => lines.findIndex((line) => line.includes(text));
    expect(at('  mailer: no endpoints')).toBeGreaterThan(1);
    expect(at('  seatmap: serves, 1 endpoint')).toBeGreaterThan(at('  mailer: no endpoints'));
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}clusterIP 10\.96\.\d+\.\d+:\d+\/tcp/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {6}gateway-7f6d5c4b88-c5rhp, 10\.244\.0\.30:8443/));
    expect(status).toBe(0);
  });

  it('has the same as data, without a cluster too', () => {
    const { stdout, status } = inspect(['map', dump, '--format', 'json']);
    const { services, ...other } = JSON.parse(stdout) as { readonly services: readonly MapService[] };
    expect(Object.keys(other)).toEqual(['title', 'source', 'notes']);
    expect(services.map(({ to }) => to)).toEqual(
      expect.arrayContaining(['booking/frontend', 'booking/mailer', 'default/kubernetes']),
    );
    expect(services.find(({ name }) => name === 'mailer')).toMatchObject({ state: { kind: 'no-endpoints' }, endpoints: [] });
    expect(status).toBe(0);
  });

  it('draws it', () => {
    expect(inspect(['map', dump, ...withCluster, '--format', 'svg']).stdout).toContain(
      '<title id="title">All Services of worker-1</title>',
    );
    expect(inspect(['map', dump, '--format', 'html']).stdout).toContain('<h1>All Services');
    expect(inspect(['map', dump, '--format', 'mermaid']).stdout).toContain('flowchart LR');
    expect(inspect(['map', dump, '--format', 'dot']).stdout).toContain('digraph flow {');
  });

  it('says what it could not look at', () => {
    const { stderr, status } = inspect(['map', '-'], { input: '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n' });
    expect(stderr).toContain('has no nat table');
    expect(status).toBe(2);
    expect(inspect(['map', dump, ...withCluster, '--node', 'worker-9']).stderr).toContain('"worker-9" is no node of the cluster');
  });
});
