import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type Question, type QuestionAnswer, questionEnds } from '../../server/src/kube/question/ends.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';

const ruleset = rulesetFrom(fixturePath('sample/worker-1.iptables'));
const cluster = clusterFrom(fixturePath('sample/cluster.json'));
const origin = { fileName: 'worker-1.iptables' };

function ask(question: Question, known = cluster): QuestionAnswer {
  return runToEnd(questionEnds(resolveChains(ruleset, known, origin), question));
}

const pod = (node: string) => {
  const found = cluster.pods.find((each) => each.node === node && !each.hostNetwork && each.podIPs.length > 0);
  if (found === undefined) throw new Error(`no Pod on ${node}`);
  return { name: `${found.namespace}/${found.name}`, ip: found.podIPs[0] };
};

describe('a question by names', () => {
  it('from a Pod of this node to a Service is about its clusterIP', () => {
    const { name, ip } = pod('worker-1');
    expect(ask({ from: name, to: 'booking/frontend:http' })).toMatchObject({
      ok: true,
      ends: { from: ip, to: '10.96.40.10:80', protocol: 'tcp', hook: 'prerouting' },
    });
  });

  it('from a Pod of another node says whose rules it meets first', () => {
    const answer = ask({ from: pod('worker-2').name, to: 'booking/frontend:http' });
    expect(answer).toMatchObject({ ok: true, ends: { notes: [expect.stringContaining('is on worker-2'), expect.anything()] } });
  });

  it('from outside to a Service is about an entry that is seen from there', () => {
    const answer = ask({ from: 'outside', to: 'booking/frontend:http' });
    expect(answer).toMatchObject({ ok: true, ends: { from: '203.0.113.1', hook: 'prerouting' } });
    if (answer.ok) expect(answer.ends.to).not.toBe('10.96.40.10:80');
  });

  it('from this node begins in OUTPUT with its own address', () => {
    const own = cluster.node('worker-1')?.addresses.find(({ type }) => type === 'InternalIP')?.address;
    for (const from of ['this-node', 'node:worker-1'])
      expect(ask({ from, to: 'booking/frontend:http' })).toMatchObject({ ok: true, ends: { from: own, hook: 'output' } });
    expect(ask({ from: 'node:worker-2', to: 'node:worker-1:10250' })).toMatchObject({
      ok: true,
      ends: { to: `${own}:10250`, hook: 'prerouting' },
    });
  });

  it('from an address of a Pod network is from inside, whether the cluster knows the Pod or not', () => {
    const network = cluster.nodes.flatMap(({ podCIDRs }) => podCIDRs)[0] ?? '';
    const from = network.replace(/\.0\/24$/, '.231');
    expect(cluster.podsAt(from)).toEqual([]);
    expect(ask({ from, to: 'booking/frontend:http' })).toMatchObject({ ok: true, ends: { to: '10.96.40.10:80' } });
  });

  it('by addresses is left as it is', () => {
    expect(ask({ from: '10.244.0.9', to: '10.96.40.10:80', protocol: 'udp' })).toEqual({
      ok: true,
      ends: { from: '10.244.0.9', to: '10.96.40.10:80', protocol: 'udp', notes: [] },
    });
  });

  it('finds a Service by the comments of the dump, where there is no cluster', () => {
    expect(ask({ from: '10.244.0.9', to: 'booking/frontend:http' }, emptyCluster)).toMatchObject({
      ok: true,
      ends: { to: '10.96.40.10:80' },
    });
  });

  it('asks for a Service by the entry that is said', () => {
    expect(ask({ from: '10.244.0.9', to: 'booking/frontend:http', entry: 'node-port' })).toMatchObject({
      ok: true,
      ends: { to: '192.168.50.11:30180' },
    });
    expect(ask({ from: '10.244.0.9', to: 'booking/frontend:http', entry: 'external-ip' })).toMatchObject({
      ok: false,
      message: 'booking/frontend:http has no external IP for IPv4.',
    });
  });

  it('of a protocol without ports goes to the address of a Service', () => {
    expect(ask({ from: '10.244.0.9', to: 'booking/frontend', protocol: 'ICMP' })).toMatchObject({
      ok: true,
      ends: { to: '10.96.40.10', protocol: 'icmp' },
    });
    expect(ask({ from: '10.244.0.9', to: 'booking/frontend:http', protocol: '6' })).toMatchObject({
      ok: true,
      ends: { to: '10.96.40.10:80', protocol: 'tcp' },
    });
    expect(ask({ from: 'outside', to: 'booking/frontend', protocol: 'icmp' })).toMatchObject({ ok: false });
  });

  it('takes addresses of the node that are given, where no cluster knows them', () => {
    const local = new Set(['192.0.2.77']);
    const resolution = resolveChains(ruleset, emptyCluster, origin);
    const question = { from: 'this-node', to: 'booking/frontend:http', entry: 'node-port' } as const;
    expect(runToEnd(questionEnds(resolution, question, { local }))).toMatchObject({
      ok: true,
      ends: { from: '192.0.2.77', to: expect.stringMatching(/^192\.0\.2\.77:3\d{4}$/), hook: 'output' },
    });
  });

  it('asks by IPv6 where that is said, or where it is from an IPv6 address', () => {
    const both = resolveChains(
      rulesetOf(['iptables', 'ip6tables'].map((kind) => fixtureText(`lab/round-2/random-11/node-0.1.36.${kind}`)).join('\n')),
      clusterFrom(fixturePath('lab/round-2/random-11/cluster.json')),
    );
    const dual = both.cluster.services.find(({ clusterIPs }) => clusterIPs.length === 2);
    const six = dual?.clusterIPs.find((ip) => ip.includes(':'));
    const pod6 = both.cluster.pods.flatMap(({ podIPs }) => podIPs).find((ip) => ip.includes(':')) ?? '';
    const to = `${dual?.namespace}/${dual?.name}`;
    for (const question of [
      { from: 'this-node', to, ipv6: true },
      { from: pod6, to },
    ])
      expect(runToEnd(questionEnds(both, question))).toMatchObject({
        ok: true,
        ends: { to: expect.stringContaining(`[${six}]:`) },
      });
  });

  it.each([
    [{ from: 'booking/nobody', to: '10.96.40.10:80' }, /no Pod booking\/nobody/],
    [{ from: 'a pod', to: '10.96.40.10:80' }, /--from "a pod": expected IP/],
    [{ from: '10.0.0.1', to: 'somewhere' }, /--to "somewhere": expected IP/],
    [{ from: '10.0.0.1', to: 'booking/fronted:http' }, /booking\/frontend/],
    [{ from: '10.0.0.1', to: 'node:worker-9:80' }, /no node "worker-9"/],
    [{ from: '10.0.0.1', to: 'booking/frontend:http', protocol: 'sctp' }, /no port of protocol sctp/],
  ])('%j is refused with what is expected', (question, message) => {
    expect(ask(question)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  it('needs a cluster for what only a cluster knows', () => {
    expect(ask({ from: 'booking/web-0', to: '10.96.40.10:80' }, emptyCluster)).toMatchObject({
      ok: false,
      message: expect.stringContaining('needs a cluster that knows its Pods'),
    });
    expect(ask({ from: 'this-node', to: '10.96.40.10:80' }, emptyCluster)).toMatchObject({ ok: false });
  });
});
