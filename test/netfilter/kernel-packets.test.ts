/**
 * Fresh packets through a real kernel: a client, a node and two Pods speak UDP, TCP and ICMP through rulesets of real programs and random ones. The
 * rules that counted the first packet, its answer and the one after it are those of the paths that enumerating gives.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Family } from '../../server/src/catalog/types.ts';
import { afterAnswer, answerIn, connectionOf, laterIn } from '../../server/src/netfilter/connection.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import type { Outcome } from '../../server/src/netfilter/outcome.ts';
import { isLoopback, type Packet, packetOf } from '../../server/src/netfilter/packet.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { fixtureText } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { countedRules } from './counted-rules.ts';
import { type Exchange, type Host, hosts, interfaceTo, listening, type Network, startNetwork } from './kernel-network.ts';
import { randomRules } from './random-rules.ts';
import { ownAddresses, pathOf, type RecordedRuleset, sets } from './recorded-traces.ts';
import { address, ruleset } from './support.ts';

function outcomesOf(rules: Ruleset, packet: Packet): readonly Outcome[] {
  return runToEnd(enumerateSteps(rules, packet, { isLocal: (ip) => ownAddresses.has(ip) })).outcomes;
}

function firstPacket({ protocol, at, from, to, sport, dport }: Exchange): Packet {
  const family: Family = from.includes(':') ? 'ipv6' : 'ipv4';
  const hasPorts = protocol !== 'icmp';
  return packetOf({
    source: address(from),
    destination: address(to),
    protocol: protocol === 'icmp' && family === 'ipv6' ? 'ipv6-icmp' : protocol,
    sport: hasPorts ? sport : null,
    dport: hasPorts ? dport : null,
    ttl: 64,
    tos: 0,
    uid: 0,
    gid: 0,
    isFromHere: at === 'node',
    in: interfaceTo[at],
  });
}

/** The outcomes of the packets of one exchange, as far as they come: the first, its answer, the one after it. */
type Course = readonly Outcome[];

/** Who would answer a packet as it leaves the rules. */
function hostOf({ packet }: Outcome): Host | undefined {
  if (packet.destination.standsIn === true || isLoopback(packet.destination)) return 'node';
  const host = hosts[packet.destination.text];
  return packet.dport === null || listening.includes(packet.dport) ? host : undefined;
}

/** All courses that an exchange may take. */
function coursesOf(rules: Ruleset, exchange: Exchange): readonly Course[] {
  const first = firstPacket(exchange);
  return outcomesOf(rules, first).flatMap((outcome): readonly Course[] => {
    const host = outcome.verdict === 'accept' ? hostOf(outcome) : undefined;
    if (host === undefined) return [[outcome]];
    const connection = connectionOf(first, outcome);
    const out = interfaceTo[exchange.at];
    const back = { isFromHere: host === 'node', in: interfaceTo[host], out: out === '' ? null : out };
    // An echo has the type of service of what it answers.
    const tos = exchange.protocol === 'icmp' ? outcome.packet.tos : 0;
    const answer = answerIn(connection, back, { ttl: 64, tos, uid: host === 'node' ? null : 0 });
    return outcomesOf(rules, answer).flatMap((answered): readonly Course[] => {
      // After one ping there is nothing to say.
      if (answered.verdict !== 'accept' || exchange.protocol === 'icmp') return [[outcome, answered]];
      const later = laterIn(afterAnswer(connection, answered), first, { ttl: 64, tos: 0, uid: 0, gid: 0 });
      return outcomesOf(rules, later).map((last) => [outcome, answered, last]);
    });
  });
}

function pathsOf(course: Course): readonly string[] {
  return course.flatMap(pathOf).toSorted();
}

/** A refused packet is answered by the node, which goes through its own rules. */
function explains(course: Course, seen: readonly string[]): boolean {
  const paths = pathsOf(course);
  if (!course.some(({ verdict }) => verdict === 'reject')) return paths.join() === seen.join();
  const left = [...seen];
  return paths.every((step) => {
    const at = left.indexOf(step);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

const sources: Readonly<Record<Family, Readonly<Record<Host, string>>>> = {
  ipv4: { cli: '192.168.50.2', pod1: '10.244.0.2', pod2: '10.244.0.3', node: '192.168.50.1' },
  ipv6: { cli: 'fd00:50::2', pod1: 'fd00:244::2', pod2: 'fd00:244::3', node: 'fd00:50::1' },
};

let nextPort = 20_000;

/** Exchanges between all hosts, and with addresses that only rules translate. */
function exchanges(family: Family, further: readonly string[]): fc.Arbitrary<Exchange> {
  const own = sources[family];
  return (
    fc
      .record({
        protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
        at: fc.constantFrom<Host>('cli', 'cli', 'pod1', 'pod2', 'node'),
        to: fc.constantFrom(...Object.values(own), ...further),
        dport: fc.constantFrom(...listening),
      })
      // What a host sends to itself does not pass the node, or passes it twice.
      .filter(({ at, to }) => own[at] !== to && !(at === 'node' && ownAddresses.has(to)))
      .map((exchange) => ({ ...exchange, from: own[exchange.at], sport: 0 }))
  );
}

interface Compared {
  readonly packets: number;
  /** In words; undefined where kernel and project agree. */
  readonly disagreement: string | undefined;
}

function describeCourse(course: Course): string {
  return course.map((outcome) => `${outcome.verdict}: ${pathOf(outcome).join('; ')}`).join('\n    then ');
}

async function compare(network: Network, rules: Ruleset, family: Family, exchange: Exchange): Promise<Compared> {
  nextPort += 1;
  const said = { ...exchange, sport: nextPort };
  const courses = coursesOf(rules, said);
  // An answer that is translated and not tracked goes to whoever has that address, and is refused there.
  if (
    courses.some(
      ([first, answer]) => answer?.packet.state === 'UNTRACKED' && (first?.packet.dnat === true || first?.packet.snat === true),
    )
  )
    return { packets: 0, disagreement: undefined };
  // What rules send back to the host that sent it: the node's own goes through lo, others are told of a better way (ICMP redirect).
  if (courses.some(([first]) => first !== undefined && hostOf(first) === said.at)) return { packets: 0, disagreement: undefined };
  const mayBeAnswered = courses.some((course) => course.length > 1 && course[1]?.verdict === 'accept');
  // A chance has to be waited for; where nothing can come, a short while shows that nothing does.
  const answered = await network.say(said, mayBeAnswered ? 900 : 60);
  const saved = network.onNode([family === 'ipv4' ? 'iptables-nft-save' : 'ip6tables-nft-save', '-c']);
  await network.close(said.at);
  const seen = countedRules(saved);
  const packets = Math.max(...courses.map((course) => course.length));
  if (courses.some((course) => explains(course, seen))) return { packets, disagreement: undefined };
  const ours = courses.slice(0, 3).map((course) => `  ours: ${describeCourse(course)}`);
  const facts = `${JSON.stringify(said)}, ${answered ? 'answered' : 'not answered'}`;
  return { packets, disagreement: [facts, `  the kernel counted: ${seen.join('; ')}`, ...ours, saved].join('\n') };
}

const tables: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Loads rules in place of those before, with empty tables where they have none. */
function restore(network: Network, family: Family, rules: string): void {
  const empty = Object.entries(tables)
    .filter(([name]) => !rules.includes(`*${name}\n`))
    .map(([name, chains]) => `*${name}\n${chains.map((chain) => `:${chain} ACCEPT [0:0]\n`).join('')}COMMIT\n`);
  network.onNode([family === 'ipv4' ? 'iptables-nft-restore' : 'ip6tables-nft-restore'], empty.join('') + rules);
}

function withHeader(family: Family, rules: string): string {
  return `# Generated by ${family === 'ipv4' ? 'iptables' : 'ip6tables'}-save v1.8.9 on x\n${rules}`;
}

describeWith(['root', 'iptables', 'ipset', 'perl'], 'fresh packets in a real kernel', () => {
  let network: Network | undefined;
  beforeAll(async () => {
    network = await startNetwork();
    network.onNode(['ipset', 'restore'], sets);
  }, 60_000);
  afterAll(() => network?.stop());

  async function compareAll(
    cases: readonly { readonly family: Family; readonly rules: string; readonly said: readonly Exchange[] }[],
  ) {
    if (network === undefined) throw new Error('no network');
    let packets = 0;
    const disagreements: string[] = [];
    for (const { family, rules, said } of cases) {
      const built = ruleset(sets + withHeader(family, rules));
      for (const exchange of said) {
        restore(network, family, rules);
        const compared = await compare(network, built, family, exchange);
        packets += compared.packets;
        if (compared.disagreement !== undefined) disagreements.push(compared.disagreement);
      }
    }
    return { packets, disagreements };
  }

  it('go by rules of real programs as enumerating says', { timeout: 240_000 }, async () => {
    const all = JSON.parse(fixtureText('corpus/round-2/trace-rulesets.json')) as Readonly<Record<string, RecordedRuleset>>;
    const programs = Object.entries(all).filter(([name]) => name.startsWith('tpl-'));
    const further = { ipv4: ['10.96.0.1', '10.96.40.10', '8.8.8.8'], ipv6: ['fd00:10:96::f77c', '2001:db8::8'] };
    const cases = programs.map(([, { family, text }], index) => ({
      family,
      rules: text,
      said: fc.sample(exchanges(family, further[family]), { seed: 20261125 + index, numRuns: 6 }),
    }));
    const { packets, disagreements } = await compareAll(cases);
    expect(disagreements).toEqual([]);
    expect(packets).toBeGreaterThan(100);
  });

  it('go by random rules as enumerating says', { timeout: 240_000 }, async () => {
    const random = (family: Family, seed: number, numRuns: number) =>
      fc
        .sample(fc.tuple(randomRules(family), fc.array(exchanges(family, []), { minLength: 2, maxLength: 2 })), { seed, numRuns })
        .map(([rules, said]) => ({ family, rules, said }));
    const { packets, disagreements } = await compareAll([...random('ipv4', 1, 60), ...random('ipv6', 2, 30)]);
    expect(disagreements).toEqual([]);
    expect(packets).toBeGreaterThan(250);
  });
});
