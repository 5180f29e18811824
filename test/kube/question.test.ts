import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type Question, type QuestionAnswer, questionEnds } from '../../server/src/kube/question/ends.ts';
import { clusterFrom, clusterOf, rulesetFrom, rulesetOf } from '../support/dumps.ts';
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

  it('about a Pod that has ended says that its address may be another one’s', () => {
    const { name } = pod('worker-1');
    const known = clusterOf(fixtureText('sample/cluster.json').replaceAll('"Running"', '"Succeeded"'));
    const ended = `Pod ${name} has ended (Succeeded): its address may be another Pod's by now.`;
    expect(ask({ from: name, to: '192.0.2.7:80' }, known)).toMatchObject({ ok: true, ends: { notes: [ended] } });
    expect(ask({ from: '192.0.2.7', to: `${name}:80` }, known)).toMatchObject({ ok: true, ends: { notes: [ended] } });
    expect(ask({ from: '192.0.2.7', to: `${name}:80` })).toMatchObject({ ok: true, ends: { notes: [] } });
  });

  it('from outside to a Service is about an entry that is seen from there', () => {
    const answer = ask({ from: 'outside', to: 'booking/frontend:http' });
    expect(answer).toMatchObject({ ok: true, ends: { from: '198.19.255.1', hook: 'prerouting' } });
    if (answer.ok) expect(answer.ends.to).not.toBe('10.96.40.10:80');
    // The gateway of the sample takes 203.0.113.0/24 alone: not everybody outside is in it.
    expect(ask({ from: 'outside', to: 'booking/gateway:https' })).toMatchObject({ ok: true, ends: { from: '198.19.255.1' } });
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

  it('from another node is told to meet the rules of that one first', () => {
    const notes = (from: string, to: string) => {
      const answer = ask({ from, to });
      return answer.ok ? answer.ends.notes : answer.message;
    };
    const first = 'Packets of worker-2 meet its own rules first, and this dump is of worker-1.';
    expect(notes('node:worker-2', 'node:worker-1:10250')).toEqual([first]);
    expect(notes('node:worker-1', 'node:worker-1:10250')).toEqual([]);
  });

  it('from an address to itself is told to come to no other machine', () => {
    const notes = (asked: Parameters<typeof ask>[0]) => {
      const answer = ask(asked);
      return answer.ok ? answer.ends.notes.join(' ') : answer.message;
    };
    expect(notes({ from: '10.244.0.17:40000', to: '10.244.0.17:80' })).toContain('10.244.0.17 is both ends');
    expect(notes({ from: '10.244.0.17', to: '10.244.0.17:80', hook: 'output' })).toBe('');
    expect(notes({ from: '127.0.0.1', to: '127.0.0.1:80' })).toBe('');
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
    [{ from: '10.0.0.1', to: 'booking/frontend:http', protocol: 'sctp' }, /no port of protocol sctp; it has tcp\.$/],
    // Without its namespace, or the word that says what it is.
    [{ from: 'frontend-6c8f7b9d45-2lqzr', to: '10.96.40.10:80' }, /outside\. Did you mean booking\/frontend-6c8f7b9d45-2lqzr\?$/],
    [{ from: '10.0.0.1', to: 'tickets:grpc' }, /Did you mean booking\/tickets:grpc\?$/],
    [{ from: '10.0.0.1', to: 'tickets.booking:9000' }, /Did you mean booking\/tickets:9000\?$/],
    [{ from: 'worker-1', to: '10.96.40.10:80' }, /Did you mean node:worker-1\?$/],
    [{ from: 'outside', to: 'worker-2:30180' }, /Did you mean node:worker-2:30180\?$/],
    [{ from: 'localhost', to: '10.96.40.10:80' }, /Did you mean this-node\?$/],
    [{ from: 'internet', to: '10.96.40.10:80' }, /Did you mean outside\?$/],
    // Ports.
    [{ from: '10.0.0.1', to: 'booking/tickets:9001' }, /^booking\/tickets has no port 9001; it has grpc \(9000\/tcp\)\.$/],
    [{ from: '10.0.0.1', to: 'kube-system/kube-dns:80' }, /it has dns \(53\/udp\), dns-tcp \(53\/tcp\)\.$/],
    [
      { from: 'outside', to: 'booking/frontend:30180' },
      /no port 30180; 30180 is the NodePort of http; it has http \(80\/tcp\)\.$/,
    ],
    [
      { from: '10.0.0.1', to: 'booking/tickets-0' },
      /--to booking\/tickets-0 has no port, which tcp needs: expected booking\/tickets-0:PORT\./,
    ],
    [{ from: 'outside', to: 'node:worker-1' }, /--to node:worker-1 has no port, which tcp needs/],
    [{ from: '10.0.0.1', to: '10.96.40.10:80/udp', protocol: 'tcp' }, /says udp, and --proto tcp: say one of them/],
    // Services without an address.
    [{ from: '10.0.0.1', to: 'booking/sessions:redis' }, /is headless .* Ask for one of its Pods/],
  ])('%j is refused with what is expected', (question, message) => {
    expect(ask(question)).toMatchObject({ ok: false, message: expect.stringMatching(message) });
  });

  it.each([
    ['tickets.booking.svc.cluster.local:9000', '10.96.40.20:9000', 'tcp'],
    ['tickets.booking.svc', '10.96.40.20:9000', 'tcp'],
    ['booking/tickets:grpc/tcp', '10.96.40.20:9000', 'tcp'],
    ['kube-system/kube-dns:53/TCP', '10.96.0.10:53', 'tcp'],
    ['10.96.0.10:53/udp', '10.96.0.10:53', 'udp'],
    ['10.244.1.9/icmp', '10.244.1.9', 'icmp'],
    ['This-Node:30180', '192.168.50.11:30180', undefined],
    ['node:30180', '192.168.50.11:30180', undefined],
    ['node:worker-2:30180/udp', '192.168.50.12:30180', 'udp'],
  ])('%s is another way to say where to', (to, plain, protocol) => {
    const answer = ask({ from: '10.244.0.9', to });
    expect(answer).toMatchObject({ ok: true, ends: { to: plain } });
    expect(answer.ok ? answer.ends.protocol : '').toBe(protocol);
  });

  it('of icmp to a clusterIP says that no endpoint gets it', () => {
    const answer = ask({ from: '10.244.0.9', to: 'booking/frontend', protocol: 'icmp' });
    expect(answer.ok && answer.ends.notes.at(-1)).toBe(
      'The rules of a Service are for its ports: icmp to a clusterIP is sent to no endpoint, whatever lets it pass.',
    );
  });

  it('needs a cluster for what only a cluster knows', () => {
    expect(ask({ from: 'booking/web-0', to: '10.96.40.10:80' }, emptyCluster)).toMatchObject({
      ok: false,
      message: expect.stringContaining('needs a cluster that knows its Pods'),
    });
    expect(ask({ from: 'this-node', to: '10.96.40.10:80' }, emptyCluster)).toMatchObject({ ok: false });
  });
});
