import { describe, expect, it } from 'vitest';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import type { TraceRequest } from '../../server/src/netfilter/trace-request.ts';
import { endsText } from '../../server/src/netfilter/trace-text.ts';
import { rulesetFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { ruleset } from './support.ts';

const sample = rulesetFrom(fixturePath('sample/worker-1.iptables'));

function report(request: TraceRequest) {
  const answer = traceReport(sample, request);
  if (!answer.ok) throw new Error(answer.message);
  return answer.report;
}

describe('the report on a packet', () => {
  it('has every outcome rule by rule, with what is left of the packet', () => {
    const { packet, outcomes, assumptions } = report({ from: '127.0.0.1:40000', to: '10.96.40.20:9000' });
    expect(packet).toEqual({
      src: '127.0.0.1',
      sport: 40000,
      dst: '10.96.40.20',
      dport: 9000,
      mark: null,
      protocol: 'tcp',
      hook: 'output',
      in: null,
      out: null,
      state: 'NEW',
      kind: 'first',
    });
    expect(outcomes.map(({ probability, verdict, packet: end, assuming }) => [probability, verdict, end.dst, assuming])).toEqual([
      [0.5, 'accept', '10.244.1.21', []],
      [0.5, 'accept', '10.244.2.22', []],
      [1, 'accept', '10.244.1.21', ['The client was put on the list KUBE-SEP-TZ5GCWRDSEGD5RVD within 10800 s.']],
      [1, 'accept', '10.244.2.22', ['The client was put on the list KUBE-SEP-YXTSKMN7H7BLBTCT within 10800 s.']],
    ]);
    expect(outcomes[0]?.steps.map(({ table, chain, line, action }) => `${table} ${chain} ${line} ${action}`)).toEqual([
      'nat OUTPUT 84 jump KUBE-SERVICES',
      'nat KUBE-SERVICES 134 jump KUBE-SVC-MLP2VYCUNGXX2GFQ',
      'nat KUBE-SVC-MLP2VYCUNGXX2GFQ 152 jump KUBE-MARK-MASQ',
      'nat KUBE-MARK-MASQ 94 mark 0x4000/0x4000',
      'nat KUBE-SVC-MLP2VYCUNGXX2GFQ 155 jump KUBE-SEP-TZ5GCWRDSEGD5RVD',
      'nat KUBE-SEP-TZ5GCWRDSEGD5RVD 121 dnat to 10.244.1.21:9000',
      'filter OUTPUT 34 jump KUBE-FIREWALL',
      'filter OUTPUT 35 jump KUBE-PROXY-FIREWALL',
      'filter OUTPUT 36 jump KUBE-SERVICES',
      'filter OUTPUT 17 accept',
      'nat POSTROUTING 85 jump KUBE-POSTROUTING',
      'nat KUBE-POSTROUTING 100 mark 0x4000/0x0',
      'nat KUBE-POSTROUTING 101 masquerade',
    ]);
    expect(outcomes[0]?.steps[9]?.rule).toBe('policy OUTPUT');
    expect(outcomes[0]?.steps[12]?.rule).toBe(
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    );
    expect(outcomes[0]?.packet).toEqual({ src: null, sport: null, dst: '10.244.1.21', dport: 9000, mark: null });
    expect(assumptions.at(-1)).toContain('--hook prerouting --in lo');
  });

  it('follows a packet both ways where only the node knows whether an address is its own', () => {
    const { outcomes } = report({ from: '203.0.113.9:40000', to: '10.96.40.50:25', in: 'eth0' });
    expect(outcomes.map(({ verdict, assuming }) => [verdict, assuming])).toEqual([
      ['reject', ['10.96.40.50 is no address of this node.']],
      ['accept', ['10.96.40.50 is an address of this node.']],
    ]);
  });

  it('says why nothing translates a packet that is not tracked', () => {
    const text = `*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -j NOTRACK
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p udp -j DNAT --to-destination 10.244.0.9:53
COMMIT
`;
    const answer = traceReport(ruleset(text), { from: '203.0.113.9', to: '10.96.0.10:53', protocol: 'udp' });
    expect(answer).toMatchObject({
      report: {
        assumptions: expect.arrayContaining(['A packet that is not tracked is not translated: table nat is not asked.']),
      },
    });
  });

  it('takes icmp without ports', () => {
    expect(report({ from: '203.0.113.9', to: '10.0.0.9', protocol: 'icmp', out: 'eth0' }).packet).toMatchObject({
      protocol: 'icmp',
      sport: null,
      dport: null,
    });
  });
});

describe('what this node sends to itself', () => {
  it('is told to come back in by lo, and nothing else is', () => {
    const notes = (request: Partial<TraceRequest>, isLocal?: (ip: string) => boolean) => {
      const options = isLocal === undefined ? {} : { isLocal };
      const answer = traceReport(sample, { from: '192.0.2.1', to: '192.0.2.7:80', hook: 'output', ...request }, options);
      return answer.ok ? answer.report.assumptions.filter((note) => note.includes('comes back in by lo')).length : answer.message;
    };
    const isLocal = (ip: string): boolean => ip === '192.0.2.1';
    expect(notes({ to: '192.0.2.1:80' }, isLocal)).toBe(1);
    expect(notes({ from: '127.0.0.1', to: '127.0.0.1:80' }, isLocal)).toBe(1);
    expect(notes({}, isLocal)).toBe(0);
    expect(notes({})).toBe(1);
  });
});

describe('a request that is none', () => {
  it('is quoted, the first 80 characters of it', () => {
    const message = (from: string) => traceReport(sample, { from, to: '10.0.0.1:80' });
    expect(message('x'.repeat(80))).toEqual({ ok: false, message: expect.stringContaining(`--from "${'x'.repeat(80)}" is`) });
    expect(message('x'.repeat(81))).toEqual({ ok: false, message: expect.stringContaining(`--from "${'x'.repeat(80)}…" is`) });
  });

  it.each<readonly [TraceRequest, string]>([
    [{ from: 'x', to: '10.0.0.1:80' }, '--from "x" is no address: expected IP or IP:PORT, IPv6 as [IP]:PORT.'],
    [{ from: '10.0.0.1', to: '10.0.0.1:99999' }, '--to "10.0.0.1:99999" is no address'],
    [{ from: '10.0.0.1', to: '10.0.0.2' }, '--to "10.0.0.2" has no port, which tcp needs: expected IP:PORT.'],
    [{ from: '10.0.0.1', to: '[fd00::1]:80' }, '--from 10.0.0.1 and --to fd00::1 are of different families.'],
    [{ from: '10.0.0.1', to: '10.0.0.2:80', protocol: 'tpc' }, '--proto "tpc" is no protocol'],
    [{ from: '10.0.0.1', to: '10.0.0.2:80', hook: 'forward' }, '--hook "forward" is neither prerouting nor output.'],
    [{ from: '10.0.0.1', to: '10.0.0.2:80', hook: 'output', in: 'eth0' }, 'leave --in out'],
    [
      { from: '10.0.0.1', to: '10.0.0.2:80', state: 'OLD' },
      '--state "OLD" is none of NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED.',
    ],
    [{ from: '10.0.0.1', to: '10.0.0.2:80', out: 'a name/too long' }, '--out "a name/too long" is no name of an interface.'],
    [{ from: 'fd00::2', to: '[fd00::1]:80' }, 'The dump has no IPv6 tables, and fd00::1 is an IPv6 address.'],
  ])('%j: %s', (request, message) => {
    expect(traceReport(sample, request)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });

  it('of an empty file says that there are no tables', () => {
    expect(traceReport(ruleset(''), { from: '10.0.0.1', to: '10.0.0.2:80' })).toEqual({
      ok: false,
      message: 'The dump has no IPv4 tables, and 10.0.0.2 is an IPv4 address.',
    });
  });
});

describe('what a report cannot list or follow', () => {
  const rules = (lines: readonly string[]): string => `*filter\n:INPUT ACCEPT [0:0]\n${lines.join('\n')}\nCOMMIT\n`;
  const reported = (lines: readonly string[]) => {
    const answer = traceReport(ruleset(rules(lines)), {
      from: '192.0.2.1',
      to: '127.0.0.1:80',
      hook: 'prerouting',
      in: 'lo',
    });
    if (!answer.ok) throw new Error(answer.message);
    return answer.report;
  };

  it('is said in one sentence where an outcome takes very much to be so', () => {
    const { outcomes } = reported(Array.from({ length: 107 }, (_, at) => `-A INPUT -m set --match-set set${at} src -j DROP`));
    const assuming = outcomes.find(({ verdict }) => verdict === 'accept')?.assuming ?? [];
    expect(assuming).toHaveLength(101);
    expect(assuming[0]).toBe('7 more questions before these were answered with what is usual, or otherwise.');
  });

  it('is passed over where a chain is not in the dump', () => {
    const { outcomes } = reported(['-A INPUT -j NOWHERE', '-A INPUT -j DROP']);
    expect(outcomes.map(({ steps }) => steps.map(({ action }) => action))).toEqual([['jump NOWHERE', 'drop']]);
  });
});

it('a packet that REDIRECT sent to an address that nobody knows is shown with its port', () => {
  const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j REDIRECT --to-ports 15006\nCOMMIT\n';
  const answer = traceReport(ruleset(text), { from: '203.0.113.9', to: '10.0.0.1:80' });
  if (!answer.ok) throw new Error(answer.message);
  const [outcome] = answer.report.outcomes;
  expect(outcome === undefined ? '' : endsText(outcome.packet)).toBe('203.0.113.9 -> an address of the node, port 15006');
});

describe('a request is refused', () => {
  it.each([
    [{ from: '203.0.113.9', to: '10.0.0.1:80', uid: '1000' }, '--uid and --gid are those of a process of this node'],
    [{ from: '203.0.113.9', to: '10.0.0.1:80', gid: '0', kind: 'later' }, 'they go with --from this-node or --hook output'],
    [{ from: '010.0.0.1', to: '10.0.0.1:80' }, '--from "010.0.0.1" is no address: expected IP or IP:PORT'],
    [{ from: '203.0.113.9', to: '10.1:80' }, '--to "10.1:80" is no address: expected IP:PORT'],
  ] as const)('%j', (request, message) => {
    expect(traceReport(sample, request)).toMatchObject({ ok: false, message: expect.stringContaining(message) });
  });

  it('not for the process that answers', () => {
    expect(traceReport(sample, { from: '203.0.113.9', to: '10.0.0.1:80', uid: '1000', kind: 'answer' }).ok).toBe(true);
  });
});
