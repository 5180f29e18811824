import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullRule } from '../../server/src/netfilter/compile-rule.ts';
import { ipAddress, packetOf } from '../../server/src/netfilter/packet.ts';
import { comparableRule, coversRule, mayCover } from '../../server/src/ruleset/rule-covers.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import type { Line } from '../../server/src/syntax/line.ts';

// What is compared are the words of rules; that no packet is an exception is asked of the code that follows packets.

const negation = fc.constantFrom('', '', '', '! ');
const address = fc.constantFrom(
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.2.0/24',
  '10.1.2.3/32',
  '10.1.2.4/32',
  '0.0.0.0/1',
  '192.0.2.0/24',
  '10.0.0.3/255.0.0.255',
);
const interfaceName = fc.constantFrom('eth0', 'eth+', 'eth1', 'cali1', '+');
const ports = fc.constantFrom('22', '23', '20:30', '22:23', ':22', '80');
const portList = fc.constantFrom('22', '22,23', '20:22,80', '80,81');
const states = fc.constantFrom('NEW', 'ESTABLISHED', 'NEW,ESTABLISHED', 'RELATED,ESTABLISHED');

const written = (option: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(negation, value).map(([not, text]) => ` ${not}${option} ${text}`);
const maybe = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.option(part, { nil: '', freq: 2 });
const ofProtocol = fc
  .constantFrom('tcp', 'udp')
  .chain((protocol) =>
    fc
      .tuple(
        maybe(fc.oneof(written('--dport', ports), written('--sport', ports)).map((text) => ` -m ${protocol}${text}`)),
        maybe(
          fc
            .oneof(written('--dports', portList), written('--sports', portList), written('--ports', portList))
            .map((text) => ` -m multiport${text}`),
        ),
      )
      .map((parts) => ` -p ${protocol}${parts.join('')}`),
  );
const conditions = fc.tuple(
  maybe(written('-s', address)),
  maybe(written('-d', address)),
  maybe(written('-i', interfaceName)),
  fc.oneof(maybe(written('-p', fc.constantFrom('tcp', 'udp', 'icmp'))), ofProtocol),
  maybe(written('--ctstate', states).map((text) => ` -m conntrack${text}`)),
);
/** Two rules, of which the second asks some of what the first one asks, and more. */
const rules = fc
  .tuple(conditions, conditions, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean(), fc.boolean()))
  .map(([first, own, shared]) => [first, own.map((part, at) => (shared[at] ? (first[at] ?? '') : part))] as const)
  .map((both) => both.map((parts) => `-A INPUT${parts.join('')} -j DROP`));

const host = fc.constantFrom(
  '10.1.2.3',
  '10.1.2.4',
  '10.1.2.9',
  '10.1.9.9',
  '10.9.9.3',
  '10.9.9.9',
  '192.0.2.1',
  '198.51.100.7',
  '127.0.0.1',
);
const packet = fc
  .record({
    source: host,
    destination: host,
    protocol: fc.constantFrom('tcp', 'udp', 'icmp'),
    sport: fc.constantFrom(20, 22, 23, 24, 80, 81, 5000),
    dport: fc.constantFrom(20, 22, 23, 24, 80, 81, 5000),
    in: fc.constantFrom('eth0', 'eth1', 'cali1', 'lo'),
    state: fc.constantFrom('NEW' as const, 'ESTABLISHED' as const, 'RELATED' as const),
  })
  .map(({ source, destination, ...more }) => {
    const [from, to] = [ipAddress(source), ipAddress(destination)];
    if (from === undefined || to === undefined) throw new Error('no address');
    return {
      ...packetOf({ ...more, source: from, destination: to, isFromHere: false }),
      isTracked: true,
      hook: 'INPUT' as const,
    };
  });

function read(first: string, second: string): readonly [Line, Line] {
  const { lines } = readWholeDocument(`*filter\n:INPUT ACCEPT [0:0]\n${first}\n${second}\nCOMMIT\n`, 'node.iptables');
  const [, , one, other] = lines;
  if (one === undefined || other === undefined) throw new Error('no lines');
  return [one, other];
}

function comparable(line: Line) {
  const statement = statementOf(line);
  return statement.kind === 'rule' ? comparableRule(statement, line.context) : undefined;
}

it('no packet meets a rule that is covered without meeting the one that covers it', () => {
  let covered = 0;
  let met = 0;
  fc.assert(
    fc.property(rules, fc.array(packet, { minLength: 20, maxLength: 40 }), ([first = '', second = ''], packets) => {
      const [one, other] = read(first, second);
      const [above, below] = [comparable(one), comparable(other)];
      if (above === undefined || below === undefined || !mayCover(above, 'filter') || !coversRule(above, below)) return;
      covered += 1;
      const meets = (line: Line, at: number): boolean =>
        fullRule(line, 'ipv4')?.predicates.every((predicate) => {
          const packet = packets[at];
          const answer = packet === undefined ? false : predicate(packet, { isLocal: () => undefined });
          expect(typeof answer).toBe('boolean');
          return answer === true;
        }) ?? false;
      for (const at of packets.keys()) {
        if (!meets(other, at)) continue;
        met += 1;
        expect(meets(one, at), `${first}\n${second}`).toBe(true);
      }
    }),
    { numRuns: 3000, seed: 5 },
  );
  // Otherwise nothing was tried.
  expect(covered).toBeGreaterThan(200);
  expect(met).toBeGreaterThan(500);
});

describe('a rule that asks', () => {
  /** Whether every packet of the second rule is known to have met the first one. */
  function covers(first: string, second: string, table = 'filter'): boolean {
    const [one, other] = read(`-A INPUT ${first} -j ACCEPT`, `-A INPUT ${second} -j ACCEPT`);
    const [above, below] = [comparable(one), comparable(other)];
    return above !== undefined && below !== undefined && mayCover(above, table) && coversRule(above, below);
  }

  it.each([
    ['nothing', '', '-s 10.0.0.1/32 -p udp'],
    ['for a network, one within it', '-s 10.0.0.0/8', '-s 10.1.0.0/16 -p tcp'],
    ['for networks, several within them', '-s 10.0.0.0/8,192.168.0.0/16', '-s 10.1.0.0/16,192.168.7.0/24'],
    ['for a destination, the same', '-d 10.0.0.1/32', '-d 10.0.0.1/32 -i eth0'],
    ['for all but one network, one that is apart', '! -s 10.0.0.0/8', '-s 192.168.0.0/16'],
    ['for all but one network, several that are apart', '! -s 10.0.0.0/8', '-s 192.168.0.0/16,172.16.0.0/16'],
    ['for all but one network, all but a wider one', '! -s 10.1.0.0/16', '! -s 10.0.0.0/8'],
    ['for interfaces by their beginning, one of them', '-i eth+', '-i eth0'],
    ['for interfaces by their beginning, some of them', '-i eth+', '-i eth1+'],
    ['for all but an interface, the same', '! -i eth0', '! -i eth0 -p tcp'],
    ['for the interface that it leaves by, the same', '-o eth0', '-o eth0 -p tcp'],
    ['for a protocol, its ports', '-p tcp', '-p tcp -m tcp --dport 22'],
    ['for all but a protocol, another one', '! -p tcp', '-p udp'],
    ['for all but a protocol, the same', '! -p tcp', '! -p tcp -s 10.0.0.1/32'],
    ['for ports, one of them', '-p tcp -m tcp --dport 20:30', '-p tcp -m tcp --dport 22'],
    ['for ports from the first to the last', '-p tcp -m tcp --dport 20:30', '-p tcp -m tcp --dport 20:30'],
    ['for a list of ports, some of them', '-p tcp -m multiport --dports 22,80,443', '-p tcp -m multiport --dports 80,443'],
    ['for a list of ports, one of them', '-p tcp -m multiport --sports 22,80', '-p tcp -m tcp --sport 80'],
    ['for no options of tcp, such with some', '-p tcp -m tcp', '-p tcp -m tcp --dport 22'],
    ['for all but a port, the same', '-p tcp -m tcp ! --dport 22', '-p tcp -m tcp ! --dport 22 --sport 5'],
    ['for states, one of them', '-m conntrack --ctstate RELATED,ESTABLISHED', '-m conntrack --ctstate ESTABLISHED'],
    ['for states, one of them and more', '-m conntrack --ctstate NEW,ESTABLISHED', '-m conntrack --ctstate NEW --ctproto 6'],
    ['for a kind of address, the same', '-m addrtype --dst-type LOCAL', '-m addrtype --dst-type LOCAL -p tcp'],
    ['for a network, one with more bits of its own', '-s 10.0.0.0/8', '-s 10.0.0.3/255.0.0.255'],
    ['for fragments, the same', '-f', '-f -s 10.0.0.1/32'],
    ['what only a comment differs in', '-m comment --comment a -p tcp', '-p tcp -m comment --comment b'],
  ])('%s, takes those packets', (_, first, second) => {
    expect(covers(first, second)).toBe(true);
  });

  it.each([
    ['for a network, a wider one', '-s 10.1.0.0/16', '-s 10.0.0.0/8'],
    ['for a network, one beside it', '-s 10.1.0.0/16', '-s 10.2.0.0/16'],
    ['for a network, any', '-s 10.0.0.0/8', '-p tcp'],
    ['for a network, all but it', '-s 10.0.0.0/8', '! -s 10.0.0.0/8'],
    ['for networks, one that is in none', '-s 10.0.0.0/8,192.168.0.0/16', '-s 10.1.0.0/16,172.16.0.0/16'],
    ['for all but one network, one within it', '! -s 10.0.0.0/8', '-s 10.1.0.0/16'],
    ['for all but one network, several of which one is within it', '! -s 10.0.0.0/8', '-s 192.168.0.0/16,10.1.0.0/16'],
    ['for all but one network, all but one within it', '! -s 10.0.0.0/8', '! -s 10.1.0.0/16'],
    ['for an interface, any', '-i eth0', ''],
    ['for an interface, all that begin so', '-i eth0', '-i eth0+'],
    ['for interfaces, all but one of them', '-i eth+', '! -i eth0'],
    ['for interfaces, others', '-i eth+', '-i cali1'],
    ['for all but an interface, the interface', '! -i eth0', '-i eth0'],
    ['for a protocol, another one', '-p tcp', '-p udp'],
    ['for a protocol, all but it', '-p tcp', '! -p tcp'],
    ['for a protocol, any', '-p tcp', ''],
    ['for all but a protocol, all but another one', '! -p tcp', '! -p udp'],
    ['for ports, more of them', '-p tcp -m tcp --dport 20:30', '-p tcp -m tcp --dport 20:31'],
    ['for ports, those before, too', '-p tcp -m tcp --dport 20:30', '-p tcp -m tcp --dport 19:30'],
    ['for ports, the same of the other end', '-p tcp -m tcp --dport 22', '-p tcp -m tcp --sport 22'],
    ['for ports, all but them', '-p tcp -m tcp --dport 22', '-p tcp -m tcp ! --dport 22'],
    ['for ports of either end, one of them at one end', '-p tcp -m multiport --ports 22', '-p tcp -m multiport --ports 23'],
    ['for a list of ports, one that is not in it', '-p tcp -m multiport --dports 22,80', '-p tcp -m multiport --dports 80,81'],
    ['for ports of tcp, any', '-p tcp -m tcp --dport 22', '-p tcp'],
    ['for an option of tcp, the same port', '-p tcp -m tcp --dport 22 --tcp-option 5', '-p tcp -m tcp --dport 22 --tcp-option 5'],
    ['for states, others', '-m conntrack --ctstate ESTABLISHED', '-m conntrack --ctstate RELATED,ESTABLISHED'],
    ['for states, all but one of them', '-m conntrack --ctstate NEW', '-m conntrack ! --ctstate NEW'],
    ['for all but states, the same', '-m conntrack ! --ctstate NEW', '-m conntrack ! --ctstate NEW'],
    ['for more than a state, the same', '-m conntrack --ctstate NEW --ctproto 6', '-m conntrack --ctstate NEW --ctproto 6'],
    ['for tcp without options, another protocol', '-p tcp -m tcp', '-p udp -m udp --dport 53'],
    [
      'for two kinds of addresses, one that is the same',
      '-m addrtype --src-type LOCAL --dst-type LOCAL',
      '-m addrtype --src-type LOCAL --dst-type UNICAST',
    ],
    ['for a network in its own bits, one with fewer', '-s 10.0.0.3/255.0.0.255', '-s 10.0.0.0/8'],
    ['for a kind of address, another one', '-m addrtype --dst-type LOCAL', '-m addrtype --src-type LOCAL'],
    ['for a kind of address, any', '-m addrtype --dst-type LOCAL', '-p tcp'],
    ['for two kinds of addresses, one of them', '-m addrtype --src-type LOCAL --dst-type LOCAL', '-m addrtype --src-type LOCAL'],
    ['for fragments, all', '-f', '-s 10.0.0.1/32'],
    ['for a mark, which may change', '-m mark --mark 1', '-m mark --mark 1'],
    ['as often as a limit lets it', '-m limit --limit 1/sec', '-m limit --limit 1/sec -p tcp'],
  ])('%s, does not take all of those packets', (_, first, second) => {
    expect(covers(first, second)).toBe(false);
  });

  it('for a state in raw takes no other one’s packets: there the state is made', () => {
    const state = '-m conntrack --ctstate INVALID';
    expect([covers(state, state, 'mangle'), covers(state, state, 'raw')]).toEqual([true, false]);
  });
});
