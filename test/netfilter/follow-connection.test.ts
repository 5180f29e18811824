import { describe, expect, it } from 'vitest';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import type { TraceRequest } from '../../server/src/netfilter/trace-request.ts';
import { ruleset } from './support.ts';

const own = ['192.0.2.1', '10.244.0.1'];
const options = { isLocal: (ip: string) => own.includes(ip) };

function report(text: string, request: Partial<TraceRequest>) {
  const answer = traceReport(ruleset(text), { from: '203.0.113.9:40000', to: '10.96.0.1:80', ...request }, options);
  if (!answer.ok) throw new Error(answer.message);
  return answer.report;
}

/** Each outcome as "accept: SRC:SPORT > DST:DPORT, then SRC:SPORT > DST:DPORT: chains with rules that matched". */
function outcomes(text: string, request: Partial<TraceRequest>): readonly string[] {
  return report(text, request).outcomes.map(({ verdict, start, packet, steps }) => {
    const ends = ({ src, sport, dst, dport }: typeof start) => `${src}:${sport} > ${dst}:${dport}`;
    return `${verdict}: ${ends(start)}, then ${ends(packet)}: ${steps.map(({ chain, action }) => `${chain} ${action}`).join('; ')}`;
  });
}

const service = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.9:8080
-A POSTROUTING -d 10.244.0.9/32 -j SNAT --to-source 10.244.0.1
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -s 10.244.0.9/32 -d 203.0.113.9/32 -p tcp -m conntrack --ctstate ESTABLISHED --ctdir REPLY --ctorigdst 10.96.0.1 --ctreplsrc 10.244.0.9 -j ACCEPT
-A FORWARD -d 10.244.0.9/32 -p tcp -m tcp --dport 8080 -m conntrack --ctdir ORIGINAL --ctstatus ASSURED -j ACCEPT
COMMIT
`;

describe('the answer to a packet', () => {
  it('comes from the endpoint and leaves as if it came from the Service', () => {
    expect(outcomes(service, { kind: 'answer' })).toEqual([
      'accept: 10.244.0.9:8080 > 10.244.0.1:40000, then 10.96.0.1:80 > 203.0.113.9:40000: FORWARD accept',
    ]);
  });

  it('has SYN and ACK, and no NAT of its own', () => {
    const text = `${service}*mangle
:FORWARD ACCEPT [0:0]
-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN,ACK -j DROP
COMMIT
`;
    expect(outcomes(text, { kind: 'answer' })[0]).toMatch(/^drop.*FORWARD drop$/);
    expect(outcomes(text, { kind: 'answer', flags: 'RST,ACK' })[0]).toMatch(/^accept/);
    expect(report(text, { kind: 'answer' }).assumptions).toContain(
      'NAT is decided by the first packet of a connection: table nat is not asked.',
    );
  });

  it('of a process of this node meets OUTPUT', () => {
    const text =
      '*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT DROP [0:0]\n-A OUTPUT -o eth0 -m state --state ESTABLISHED -j ACCEPT\nCOMMIT\n';
    expect(outcomes(text, { to: '192.0.2.1:22', in: 'eth0', kind: 'answer' })).toEqual([
      'accept: 192.0.2.1:22 > 203.0.113.9:40000, then 192.0.2.1:22 > 203.0.113.9:40000: OUTPUT accept',
    ]);
  });

  it('to an ICMP request is its reply', () => {
    const text =
      '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p icmp -m icmp --icmp-type 8 -j ACCEPT\n-A FORWARD -p icmp -m icmp --icmp-type 0 -j ACCEPT\nCOMMIT\n';
    const steps = (request: Partial<TraceRequest>) =>
      report(text, { from: '203.0.113.9', to: '10.244.0.9', protocol: 'icmp', ...request }).outcomes[0]?.steps.map(
        ({ line }) => line,
      );
    expect(steps({})).toEqual([3]);
    expect(steps({ kind: 'answer' })).toEqual([4]);
    expect(steps({ icmpType: 'timestamp-request', kind: 'answer' })).toEqual([2]);
  });

  it('may be an error about the connection, which is related to it and translated as its packets are', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -d 203.0.113.9/32 -j SNAT --to-source 192.0.2.1
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT
-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT
COMMIT
`;
    const ping = { from: '10.244.0.9', to: '203.0.113.9', protocol: 'icmp' };
    const related = (request: Partial<TraceRequest>) =>
      report(text, { ...ping, ...request }).outcomes.map(({ start, packet, steps }) => [
        `${start.src} > ${start.dst}`,
        `${packet.src} > ${packet.dst}`,
        steps.map(({ line }) => line),
      ]);
    const back = (line: number) => [['203.0.113.9 > 192.0.2.1', '203.0.113.9 > 10.244.0.9', [line]]];
    expect(related({ kind: 'answer' })).toEqual(back(8));
    expect(related({ kind: 'answer', icmpType: 'fragmentation-needed' })).toEqual(back(9));
    expect(related({ kind: 'later', icmpType: 'time-exceeded' })).toEqual([
      ['10.244.0.9 > 203.0.113.9', '192.0.2.1 > 203.0.113.9', [9]],
    ]);
    expect(report(text, { ...ping, kind: 'answer', icmpType: '3' }).assumptions).toEqual([
      'NAT is decided by the first packet of a connection: table nat is not asked.',
    ]);
    const untracked = `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 10.244.0.9 -j CT --notrack\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m state --state INVALID -j DROP\n-A FORWARD -m state --state RELATED -j REJECT\nCOMMIT\n`;
    expect(report(untracked, { ...ping, kind: 'answer', icmpType: '3' }).outcomes.map(({ verdict }) => verdict)).toEqual([
      'drop',
    ]);
  });

  it('that is not tracked keeps its addresses', () => {
    const text = `${service}*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -s 10.244.0.9/32 -j NOTRACK
COMMIT
`;
    expect(outcomes(text, { kind: 'answer' })[0]).toMatch(
      /^accept: 10\.244\.0\.9:8080 > 10\.244\.0\.1:40000, then 10\.244\.0\.9:8080 > 10\.244\.0\.1:40000/,
    );
  });

  it('to an untracked packet is a packet of its own', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -j CT --notrack
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m state --state ESTABLISHED -j DROP
-A FORWARD -m state --state UNTRACKED -j ACCEPT
COMMIT
`;
    expect(outcomes(text, { protocol: 'udp', kind: 'answer' })).toEqual([
      'accept: 10.96.0.1:80 > 203.0.113.9:40000, then 10.96.0.1:80 > 203.0.113.9:40000: PREROUTING notrack; PREROUTING accept; FORWARD accept',
    ]);
  });

  it('is told apart by what the first packet met, with its share', () => {
    const text = service.replace(
      '-A PREROUTING -d',
      '-A PREROUTING -p tcp -m statistic --mode random --probability 0.25 -j DNAT --to-destination 10.244.0.8:8080\n-A PREROUTING -d',
    );
    const { outcomes: found } = report(text, { kind: 'answer' });
    expect(found.map(({ probability, start, packet, verdict }) => [probability, start.src, packet.src, verdict])).toEqual([
      [0.25, '10.244.0.8', '10.244.0.8', 'drop'],
      [0.75, '10.244.0.9', '10.96.0.1', 'accept'],
    ]);
  });

  it('says which of its assumptions are about the first packet, and keeps those about the node', () => {
    const text = service.replace('--ctstate NEW -j ACCEPT', '--ctstate NEW -m ttl --ttl-gt 5 -j ACCEPT');
    const { outcomes: found } = report(text, { kind: 'answer' });
    expect(found.map(({ assuming }) => assuming)).toEqual([['First packet: The TTL is greater than 5.']]);
    const unknown = traceReport(ruleset(service), { from: '203.0.113.9', to: '10.96.0.1:80', kind: 'answer' }, {});
    if (!unknown.ok) throw new Error(unknown.message);
    expect(
      unknown.report.outcomes
        .map(({ assuming }) => assuming)
        .filter((texts) => texts.some((text, at) => texts.indexOf(text) < at)),
    ).toEqual([]);
  });
});

describe('a later packet', () => {
  it('of this node may have kept its address though a rule masquerades it', () => {
    const text = `*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -j MASQUERADE
COMMIT
*filter
:OUTPUT ACCEPT [0:0]
-A OUTPUT -m conntrack --ctstate SNAT -j DROP
COMMIT
`;
    const from = { from: '192.0.2.1:40000', hook: 'output', kind: 'later' } as const;
    expect(report(text, from).outcomes.map(({ verdict, assuming }) => [verdict, ...assuming])).toEqual([
      ['accept', 'MASQUERADE left the packet the address that it had, which is no translation.'],
      ['drop', 'MASQUERADE gave the packet another address of this node than it had.'],
    ]);
    const passing = text.replace(':OUTPUT', ':FORWARD').replace('-A OUTPUT', '-A FORWARD');
    expect(report(passing, { kind: 'later' }).outcomes.map(({ verdict }) => verdict)).toEqual(['drop']);
  });

  it('is as good as new where rules do not let conntrack see the answer', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --sport 80 -j CT --notrack
COMMIT
*filter
:FORWARD ACCEPT [0:0]
-A FORWARD -m state --state NEW -m conntrack --ctstatus CONFIRMED -j ACCEPT
-A FORWARD -m state --state INVALID -j DROP
-A FORWARD -m state --state ESTABLISHED -j REJECT
COMMIT
`;
    const steps = (request: Partial<TraceRequest>) =>
      report(text, request).outcomes.map(({ steps: each }) => each.map(({ line }) => line));
    expect(steps({ protocol: 'udp', kind: 'later' })).toEqual([[7]]);
    const tcp = text.replace('-p udp -m udp', '-p tcp -m tcp');
    expect(report(tcp, { kind: 'later' }).outcomes.map(({ verdict }) => verdict)).toEqual(['drop']);
  });

  it('has the mark that the answer gave the connection', () => {
    const text = `*mangle
:FORWARD ACCEPT [0:0]
-A FORWARD -m conntrack --ctdir REPLY -j CONNMARK --set-xmark 0x7/0xffffffff
-A FORWARD -m connmark --mark 0x7 -m conntrack --ctdir ORIGINAL -j DROP
COMMIT
`;
    expect(report(text, { kind: 'later' }).outcomes.map(({ verdict }) => verdict)).toEqual(['drop']);
  });

  it('is translated as the first one was', () => {
    expect(outcomes(service, { kind: 'later' })).toEqual([
      'accept: 203.0.113.9:40000 > 10.96.0.1:80, then 10.244.0.1:40000 > 10.244.0.9:8080: FORWARD accept',
    ]);
  });

  it('of a connection that no first packet opens is of an older one, which is said', () => {
    const text = '*filter\n:FORWARD DROP [0:0]\n-A FORWARD -m state --state ESTABLISHED -j ACCEPT\nCOMMIT\n';
    const { outcomes: found, assumptions } = report(text, { kind: 'later' });
    expect(found.map(({ verdict }) => verdict)).toEqual(['accept']);
    expect(assumptions.join()).toContain('older than they are');
  });
});

describe('what a request says of a packet', () => {
  const asks = (match: string, request: Partial<TraceRequest>) =>
    outcomes(`*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD ${match} -j DROP\nCOMMIT\n`, request).map((text) => text.split(':')[0]);

  it.each<readonly [match: string, request: Partial<TraceRequest>]>([
    ['-p tcp -m tcp --tcp-flags ALL SYN,ACK', { flags: 'SYN,ACK' }],
    ['-p tcp -m tcp --tcp-flags ALL NONE', { flags: 'NONE' }],
    ['-p icmp -m icmp --icmp-type 3/1', { protocol: 'icmp', icmpType: '3/1' }],
    ['-p icmp -m icmp --icmp-type echo-reply', { protocol: 'icmp', icmpType: 'echo-reply' }],
    ['-m mark --mark 0x10/0x10', { mark: '0x10' }],
    ['-m ttl --ttl-eq 9', { ttl: '10' }],
    ['-m length --length 1400', { length: '1400' }],
    ['-m dscp --dscp-class EF', { tos: '0xb8' }],
    ['-p tcp -m tcp --sport 55', { from: '203.0.113.9', sport: '55' }],
    ['-m state --state ESTABLISHED', { state: 'established' }],
    ['-m state --state INVALID', { protocol: 'icmp', icmpType: 'echo-reply' }],
    ['-m state --state RELATED', { protocol: 'icmp', icmpType: '3' }],
    ['-m state --state INVALID', { flags: 'SYN,ACK' }],
    ['-m state --state NEW', { flags: 'ACK' }],
    ['-m conntrack --ctdir REPLY', { flags: 'SYN,ACK', state: 'ESTABLISHED' }],
    ['-o eth9', { out: 'eth9' }],
  ])('%s is met by %j', (match, request) => {
    expect(asks(match, { to: '10.9.9.9:80', ...request })).toEqual(['drop']);
  });

  it('is met by the user who sends', () => {
    const text = '*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -m owner --uid-owner 33 -j DROP\nCOMMIT\n';
    expect(outcomes(text, { hook: 'output', uid: 'www-data' })[0]).toMatch(/^drop/);
    expect(outcomes(text, { hook: 'output', uid: '34' }).length).toBe(1);
    expect(outcomes(text, { hook: 'output' }).length).toBe(2);
  });

  it.each<readonly [Partial<TraceRequest>, string]>([
    [{ flags: 'SYM' }, '--flags "SYM": expected names of FIN'],
    [{ flags: 'SYN', protocol: 'udp' }, '--flags goes with --proto tcp'],
    [{ icmpType: '8' }, '--icmp-type goes with --proto icmp'],
    [{ icmpType: 'pong!', protocol: 'icmp' }, '--icmp-type "pong!" is no type'],
    [{ mark: 'x' }, '--mark "x" is no number from 0 to 4294967295.'],
    [{ ttl: '256' }, '--ttl "256" is no number from 0 to 255.'],
    [{ length: '3' }, '--length "3" is no number from 20 to 65535.'],
    [{ tos: 'loud' }, '--tos "loud" is none'],
    [{ uid: 'somebody' }, '--uid "somebody" is no user'],
    [{ sport: '7' }, '--sport 7 is not the port that --from says.'],
    [{ state: 'NEW', kind: 'answer' }, '--state NEW does not go with --reply'],
  ])('%j: %s', (request, message) => {
    const answer = traceReport(ruleset(service), { from: '203.0.113.9:1', to: '10.9.9.9:80', ...request }, options);
    expect(answer).toEqual({ ok: false, message: expect.stringContaining(message) });
  });
});

describe('what the text does not show', () => {
  it('is said: tables, built-in chains, the ends of chains', () => {
    const excerpt = '*nat\n:KUBE-SERVICES - [0:0]\n-A KUBE-SERVICES -d 10.96.0.1/32 -j DROP\n';
    expect(report(excerpt, {}).assumptions).toEqual([
      'The text does not show the tables raw, mangle and filter, which the packet would meet.',
      'The text does not show PREROUTING (nat) and POSTROUTING (nat), which the packet would meet.',
    ]);
    const cut = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.0.0.1/32 -j DROP\n';
    expect(report(cut, {}).assumptions).toContain('More rules than are shown may stand at the end of FORWARD (filter).');
  });

  it('is nothing in a whole save', () => {
    expect(report(service, {}).assumptions.filter((text) => text.includes('show'))).toEqual([]);
  });

  it('is the interfaces in a listing without -v: two outcomes', () => {
    const listing = `Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0

Chain FORWARD (policy ACCEPT)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
`;
    const { outcomes: found } = report(listing, { to: '192.0.2.1:80' });
    expect(found.map(({ verdict, assuming }) => [verdict, assuming.length])).toEqual([
      ['accept', 1],
      ['drop', 1],
    ]);
    expect(found[0]?.assuming[0]).toContain('does not show interfaces (-v)');
  });
});
