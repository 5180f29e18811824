import fc from 'fast-check';
import { expect, it } from 'vitest';
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
