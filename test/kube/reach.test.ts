import { describe, expect, it } from 'vitest';
import { hostPort } from '../../server/src/base/ip.ts';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { nodeAddress } from '../../server/src/kube/flow/packet-sources.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { type Ending, endingOf, fatesOf } from '../../server/src/kube/question/fates.ts';
import { type ReachClient, type ReachReport, reachSteps } from '../../server/src/kube/question/reach.ts';
import { endpointText, type ReachAnswer } from '../../server/src/kube/question/reach-answer.ts';
import { compareReach } from '../../server/src/kube/question/reach-difference.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import { clusterFrom, rulesetFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath, fixtureText, labPath } from '../support/fixtures.ts';
import { clusterWith, service } from './objects.ts';
import { besideFirewalls, recordedDumps, resolved } from './recorded-dumps.ts';

function reach(resolution: Resolution, to: string | null = null): ReachReport {
  const parsed = to === null ? null : parseFlowTarget(to);
  if (parsed?.ok === false) throw new Error(parsed.message);
  const result = runToEnd(reachSteps(resolution, parsed === null ? null : parsed.target));
  if (!result.ok) throw new Error(result.message);
  return result.report;
}

/** An answer in a line: "arrives kept 10.244.0.17:8080 0.333 + 10.244.1.9:8080 0.667". */
function words({ outcome, source, endpoints, isSure, decidedBy }: ReachAnswer): string {
  const ends = endpoints.map(({ address, share }) => `${address} ${Math.round(share * 1000) / 1000}`).join(' + ');
  const by = decidedBy === null ? '' : `by ${decidedBy.chain}`;
  return [outcome, isSure ? '' : '(unsure)', source ?? '', ends, by].filter((part) => part !== '').join(' ');
}

/** "cluster-ip from pod: arrives ...", clients of an entry that get the same answer together. */
function table(report: ReachReport, name: string): readonly string[] {
  const service = report.services.find((each) => each.name === name);
  if (service === undefined) throw new Error(`no ${name}; there are ${report.services.map((each) => each.name).join(', ')}`);
  return service.entries.flatMap(({ kind, clients }) => {
    const groups = new Map<string, string[]>();
    for (const client of clients) {
      const answer = words(client.answer);
      const who = client.kind === 'outside' ? client.words : client.kind;
      groups.set(answer, [...(groups.get(answer) ?? []), who]);
    }
    return [...groups].map(([answer, who]) => `${kind} from ${who.join(', ')}: ${answer}`);
  });
}

const sample = (): Resolution =>
  resolveChains(rulesetFrom(fixturePath('sample/worker-1.iptables')), clusterFrom(fixturePath('sample/cluster.json')), {
    fileName: 'worker-1.iptables',
  });

describe('who reaches a Service', () => {
  it('is told for each kind of client and each entry', () => {
    expect(table(reach(sample(), 'booking/gateway'), 'booking/gateway:https')).toEqual([
      'cluster-ip from pod, pod-elsewhere: arrives kept 10.244.0.30:8443 0.5 + 10.244.1.31:8443 0.5',
      'cluster-ip from node, node-elsewhere, outside: arrives rewritten 10.244.0.30:8443 0.5 + 10.244.1.31:8443 0.5',
      'load-balancer-ip from pod, pod-elsewhere, node, node-elsewhere, outside (elsewhere): dropped by KUBE-PROXY-FIREWALL',
      'load-balancer-ip from outside (203.0.113.0/24): arrives kept 10.244.0.30:8443 1',
      'node-port from pod, pod-elsewhere: arrives kept 10.244.0.30:8443 0.5 + 10.244.1.31:8443 0.5',
      'node-port from node, loopback: arrives rewritten 10.244.0.30:8443 0.5 + 10.244.1.31:8443 0.5',
      'node-port from node-elsewhere, outside: arrives kept 10.244.0.30:8443 1',
    ]);
  });

  it('is told for every Service at once as for each alone', () => {
    const resolution = sample();
    const all = reach(resolution);
    expect(all.services.length).toBeGreaterThan(8);
    for (const service of all.services) {
      const { name, port } = { name: `${service.service?.namespace}/${service.service?.name}`, port: service.service?.port };
      const alone = reach(resolution, `${name}${port ? `:${port}` : ''}`);
      expect(alone.services.find((each) => each.name === service.name && each.protocol === service.protocol)).toEqual(service);
    }
  });

  it('names the Pods that stand for others, the rules that look for an entry, and the one that decides', () => {
    const [service] = reach(sample(), 'booking/mailer').services;
    const [entry] = service?.entries ?? [];
    const pod = entry?.clients.find(({ kind }) => kind === 'pod');
    expect(pod).toMatchObject({ words: 'a Pod on worker-1', name: expect.stringContaining('/') });
    expect(pod?.answer.decidedBy).toMatchObject({ table: 'filter', chain: 'KUBE-SERVICES', line: 43 });
    expect(entry?.lines).toEqual([43]);
  });

  it('says why there is nothing to say', () => {
    const parsed = parseFlowTarget('booking/nobody');
    if (!parsed.ok) throw new Error(parsed.message);
    expect(runToEnd(reachSteps(sample(), parsed.target))).toMatchObject({
      ok: false,
      message: expect.stringContaining('booking/nobody'),
    });
  });

  it('names eight of the Services that no rule is for', () => {
    const nat =
      '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.1.0/32 -p tcp -m comment --comment "shop/s0:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-A\nCOMMIT\n';
    const lost = (count: number): string | undefined => {
      const services = Array.from({ length: count + 1 }, (_, at) => service(`shop/s${at}`, { ip: `10.96.1.${at}` }));
      const { notes } = reach(resolveChains(rulesetOf(nat), clusterWith(...services)));
      return notes.find((note) => note.startsWith('The dump has no rule for '));
    };
    const rest = ', which the cluster has: ask for one of them by its name.';
    const eight = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'].map((name) => `shop/${name}`).join(', ');
    expect(lost(0)).toBeUndefined();
    expect(lost(8)).toBe(`The dump has no rule for ${eight}${rest}`);
    expect(lost(10)).toBe(`The dump has no rule for ${eight} and 2 more${rest}`);
  });

  it('of an excerpt is unsure where a table that packets meet is not shown', () => {
    const nat =
      '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A\n-A KUBE-SVC-A -p tcp -j DNAT --to-destination 10.0.0.1:80\n';
    const report = reach(resolveChains(rulesetOf(nat), emptyCluster), '10.96.0.1:80');
    expect(report.services[0]?.entries[0]?.clients[0]?.answer).toMatchObject({ outcome: 'arrives', isSure: false });
    expect(report.notes.join(' ')).toContain('The text does not show');
  });

  it('of an excerpt says nothing of the source where rules that are not shown may rewrite it', () => {
    const nat = [
      '-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-A',
      '-A KUBE-SVC-A ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ',
      '-A KUBE-SVC-A -j KUBE-SEP-A',
      '-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination 10.0.0.1:80',
    ].join('\n');
    const cluster = clusterFrom(fixturePath('sample/cluster.json'));
    const report = reach(resolveChains(rulesetOf(nat), cluster), '10.96.0.1:80');
    const sources = report.services[0]?.entries[0]?.clients.map(({ answer }) => answer.source);
    expect(new Set(sources)).toEqual(new Set(['not-known']));
    // The cluster is given: what is missing is which of its nodes it is.
    expect(report.notes.join(' ')).toContain('Say with --node which node the dump is of.');
  });

  it('says what an answer depends on that nobody knows', () => {
    const dump = fixtureText('sample/worker-1.iptables').replace(
      ':KUBE-EXTERNAL-SERVICES - [0:0]',
      (line) => `${line}\n-A FORWARD -m set --match-set blocked src -j DROP`,
    );
    const cluster = clusterFrom(fixturePath('sample/cluster.json'));
    const report = reach(resolveChains(rulesetOf(dump), cluster, { node: 'worker-1' }), 'booking/frontend');
    const answer = report.services[0]?.entries[0]?.clients[0]?.answer;
    expect(answer).toMatchObject({ outcome: 'arrives', isSure: false });
    expect(answer?.alternatives).toEqual([
      { when: [expect.stringContaining('blocked')], outcome: 'dropped', source: null, endpoint: null },
    ]);
  });
});

/** What comes of a packet as `trace` follows it, from its start to its end and over lo where this node sends to itself. */
function traced(resolution: Resolution, { packet }: ReachClient): readonly Ending[] {
  const { ruleset } = resolution;
  const dump = ruleset.dumps.find(({ family }) => (family === 'ipv6') === packet.to.includes(':'));
  if (dump === undefined) throw new Error('no dump');
  const options = { own: new Set([nodeAddress(resolution, dump).text]) };
  const withPort = (ip: string, port: number | null): string => (port === null ? ip : hostPort(ip, port));
  const { from, sport, to, dport, protocol, hook } = packet;
  const question = { from: withPort(from, sport), to: withPort(to, dport), protocol, hook };
  const answer = runToEnd(traceQuestion(resolution, packet.in === null ? question : { ...question, in: packet.in }, options));
  if (!answer.ok) throw new Error(answer.message);
  const { found, options: followed } = answer.traced;
  return found.outcomes.flatMap((outcome): readonly Ending[] => {
    const ending = endingOf(outcome);
    const { destination, isFromHere } = outcome.packet;
    if (!isFromHere || outcome.verdict !== 'accept' || followed.isLocal?.(destination.text) !== true) return [ending];
    const back = runToEnd(enumerateSteps(ruleset, { ...outcome.packet, in: 'lo', out: '' }, followed));
    return back.outcomes.map((again) => ({
      ...ending,
      verdict: again.verdict,
      probability: ending.probability * again.probability,
      oddity: ending.oddity + again.oddity,
      assumed: [...ending.assumed, again.assumed],
    }));
  });
}

/** An answer, or what `trace` found, in a form in which they compare. */
interface Compared {
  readonly outcome: string | undefined;
  readonly source: string | null | undefined;
  readonly passed: number;
  readonly ends: readonly (readonly (string | number)[])[];
  readonly alternatives: ReadonlySet<string>;
}

function ofAnswer({ outcome, source, endpoints, passed, alternatives }: ReachAnswer): Compared {
  const verdicts = {
    arrives: 'accept',
    'not-redirected': 'accept',
    'not-known': 'accept',
    dropped: 'drop',
    rejected: 'reject',
  } as const;
  return {
    outcome,
    source,
    passed: Math.round(passed * 1e6) / 1e6,
    ends: endpoints.map(({ address, share }) => [address, Math.round(share * 1e6) / 1e6]).toSorted(),
    alternatives: new Set(alternatives.map((each) => (each.outcome === 'mixed' ? 'mixed' : verdicts[each.outcome]))),
  };
}

/** The same of what `trace` found. */
function ofTrace(endings: readonly Ending[]): Compared {
  const { fates, alternatives } = fatesOf(endings);
  const passed = fates.filter(({ verdict }) => verdict === 'accept');
  const kinds = new Set(
    fates.map(({ verdict, endpoint }) =>
      verdict === 'drop' ? 'dropped' : verdict === 'reject' ? 'rejected' : endpoint === null ? 'not-redirected' : 'arrives',
    ),
  );
  const rewritten = new Set(passed.map(({ isRewritten }) => (isRewritten ? 'rewritten' : 'kept')));
  const ends = new Map<string, number>();
  for (const { endpoint, share } of passed)
    if (endpoint !== null) ends.set(endpointText(endpoint), (ends.get(endpointText(endpoint)) ?? 0) + share);
  return {
    outcome: kinds.size === 1 ? [...kinds][0] : 'mixed',
    source: rewritten.size === 0 ? null : rewritten.size === 1 ? [...rewritten][0] : 'both',
    passed: Math.round(passed.reduce((sum, { share }) => sum + share, 0) * 1e6) / 1e6,
    ends: [...ends].map(([address, share]) => [address, Math.round(share * 1e6) / 1e6]).toSorted(),
    alternatives: new Set(alternatives.map(({ verdict }) => verdict)),
  };
}

/** Compares every answer with what `trace` says of its packet; how many there were. */
function expectTraced(resolution: Resolution, most: number): number {
  let compared = 0;
  for (const { name, entries } of reach(resolution).services)
    for (const { label, clients } of entries)
      for (const client of clients) {
        if (compared >= most) return compared;
        compared += 1;
        const where = `${name} ${label} from ${client.words}`;
        const { ends, ...found } = ofTrace(traced(resolution, client));
        // A trace goes past what is not shown, and names it; where that decides, the answer is that nobody knows.
        const isKnown = client.answer.notKnown === 0;
        const answer = ofAnswer(client.answer);
        const source = answer.source === 'not-known' ? answer.source : found.source;
        expect({ where, ...answer }).toMatchObject({ where, ends, ...(isKnown ? { ...found, source } : {}) });
      }
  return compared;
}

describe('every answer is what trace says of its packet', () => {
  it.each(recordedDumps('sample', 'flow', 'lab/shop', 'lab/shop-1.23', 'lab/shop-1.30', 'lab/shop-stale'))('in %s', (name) => {
    expect(expectTraced(resolved(name), 200)).toBeGreaterThan(5);
  });

  it.each(recordedDumps('lab/round-2'))('in %s', (name) => {
    expectTraced(resolved(name), 60);
  });

  it.each(recordedDumps('corpus/kube-proxy-tests', 'pasted'))('in %s, of which no cluster is known', (name) => {
    expectTraced(resolved(name, emptyCluster), 80);
  });

  it.each(besideFirewalls())('beside the firewall of %s', (_name, text) => {
    const cluster = clusterFrom(labPath('shop/cluster.json'));
    expect(expectTraced(resolveChains(rulesetOf(text), cluster, { node: 'node-a' }), 80)).toBe(80);
  });
});

describe('two dumps', () => {
  const of = (name: string, node: string): ReachReport =>
    reach(resolveChains(rulesetFrom(labPath(name)), clusterFrom(labPath('shop-stale/cluster.json')), { node, fileName: name }));

  it('that are the same differ in nothing', () => {
    const report = of('shop-stale/node-a.iptables', 'node-a');
    expect(compareReach(report, report)).toMatchObject({ onlyBefore: [], onlyAfter: [], differences: [] });
  });

  it('of a node before and after kube-proxy was back differ in what the cluster had changed', () => {
    const comparison = compareReach(
      of('shop-stale/node-a.iptables', 'node-a'),
      of('shop-stale/node-a.synced.iptables', 'node-a'),
    );
    expect(comparison.onlyBefore.some((name) => name.startsWith('legacy/erp'))).toBe(true);
    expect(comparison.onlyAfter.some((name) => name.startsWith('shop/search'))).toBe(true);
    const cart = comparison.differences.filter(({ name }) => name.startsWith('shop/cart'));
    expect(cart.length).toBeGreaterThan(2);
    expect(cart[0]?.what[0]).toBe('rejected -> arrives');
  });
});
