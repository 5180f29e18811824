/**
 * All that is answered of two dumps: who does their Services, each Service's state and flow, who reaches it, where dump and cluster disagree, where
 * packets go. Then what else is answered where a line is left out or changes places with the next one. What should be so is in the
 * other tests; these show, in the difference of a text, what else a change does. `vitest -u` writes them again.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { clusterOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';
import { type Asked, answersTo } from './answers-in-words.ts';
import { balanced, cluster, external, web, webEndpoints, written } from './drift-support.ts';

const sample: Asked = {
  text: fixtureText('sample/worker-1.iptables'),
  cluster: clusterOf(fixtureText('sample/cluster.json'), 'cluster.json'),
  fileName: 'worker-1.iptables',
  questions: [
    { from: '10.244.1.9', to: 'booking/frontend:http' },
    { from: 'outside', to: 'booking/gateway:https' },
    { from: 'this-node', to: '10.96.0.10:53', protocol: 'udp' },
    { from: 'outside', to: 'this-node:30080' },
  ],
};

const small = cluster(balanced(), webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-b' } }));
const byKubeProxy: Asked = {
  text: written(small),
  cluster: small,
  fileName: 'node-a.iptables',
  questions: [
    { from: '10.244.0.9', to: 'shop/web' },
    { from: '10.244.0.1', to: '10.96.0.1:80' },
    { from: 'outside', to: 'shop/web', entry: 'node-port' },
    { from: '203.0.113.7', to: '192.0.2.100:80' },
    { from: 'this-node', to: 'shop/web' },
  ],
};

/** As it was written for another cluster. */
const stale: Asked = {
  ...byKubeProxy,
  text: written(
    cluster(web({ spec: external, ip: '10.96.0.7' }), webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.9': {} })),
  ),
};

const local: Asked = {
  ...byKubeProxy,
  text: written(
    cluster(
      balanced({ externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local', sessionAffinity: 'ClientIP' }),
      webEndpoints({ '10.244.0.1': { node: 'node-a' }, '10.244.1.2': { node: 'node-b' } }),
    ),
  ),
  cluster: emptyCluster,
};

type Fault = (lines: readonly string[], at: number) => readonly string[];

const without: Fault = (lines, at) => lines.toSpliced(at, 1);
const changedPlaces: Fault = (lines, at) => lines.toSpliced(at, 2, ...lines.slice(at, at + 2).toReversed());

const mostShown = 4;

/** What is answered otherwise, the first of it, and a checksum of all. */
function differences(before: ReadonlySet<string>, after: readonly string[]): string {
  const now = new Set(after);
  const all = [
    ...after.filter((line) => !before.has(line)).map((line) => `+${line}`),
    ...[...before].filter((line) => !now.has(line)).map((line) => `-${line}`),
  ];
  if (all.length === 0) return '';
  const told = all.filter((line) => /^[+-](?:drift|service|proxy|reach \|)/.test(line)).slice(0, mostShown);
  const sum = createHash('sha256').update(all.join('\n')).digest('hex').slice(0, 8);
  return [`${all.length} lines (${sum})`, ...told.map((line) => `    ${line.slice(0, 300)}`)].join('\n');
}

function faultsOf(asked: Asked, make: Fault): readonly string[] {
  const lines = asked.text.split('\n');
  const whole = new Set(answersTo(asked));
  return lines.slice(0, -1).flatMap((_, at) => {
    const said = differences(whole, answersTo({ ...asked, text: make(lines, at).join('\n') }));
    return said === '' ? [] : [`${at + 1}: ${said}`];
  });
}

describe('what is answered of a dump', () => {
  it.each([
    ['sample', sample],
    ['written', byKubeProxy],
    ['stale', stale],
    ['local', local],
  ])('is this in full (%s)', async (name, asked) => {
    await expect(`${answersTo(asked).join('\n')}\n`).toMatchFileSnapshot(`answers-${name}.snap`);
  });

  it.each([
    ['written, without it', byKubeProxy, without],
    ['written, changed places', byKubeProxy, changedPlaces],
    ['local, without it', local, without],
  ])('is this where a line is not as it should be (%s)', { timeout: 120_000 }, async (name, asked, make) => {
    await expect(`${faultsOf(asked, make).join('\n')}\n`).toMatchFileSnapshot(`answers-${name.replace(/\W+/g, '-')}.snap`);
  });
});
