import { describe, expect, it } from 'vitest';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import type { TraceRequest } from '../../server/src/netfilter/trace-request.ts';
import { endsText, type TraceStyle, traceMarkdown, traceText } from '../../server/src/netfilter/trace-text.ts';
import { ruleset } from './support.ts';

const dump = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:WEB - [0:0]
-A FORWARD -p tcp -m tcp --dport 80 -j WEB
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A WEB -m set --match-set good src -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
COMMIT
`;

function report(request: TraceRequest, text = dump) {
  const answer = traceReport(ruleset(text), request);
  if (!answer.ok) throw new Error(answer.message);
  return answer.report;
}

const style: TraceStyle = {
  plain: (text) => text,
  heading: (text) => `# ${text}`,
  verdict: (verdict) => verdict.toUpperCase(),
  note: (text) => `(${text})`,
};

const web: TraceRequest = { from: '10.0.0.9:40000', to: '10.0.0.80:80', in: 'eth0' };

describe('a report on a packet as text', () => {
  it('has what was asked, and each outcome with its steps', () => {
    expect(traceText(report(web), style)).toBe(`# tcp 10.0.0.9:40000 -> 10.0.0.80:80, NEW, first met in PREROUTING

100 % DROP, if 10.0.0.80 is no address of this node. The set good does not have 10.0.0.9.
  filter FORWARD, line 6: jump WEB
  filter FORWARD, line 3: drop
  ends as 10.0.0.9:40000 -> 10.0.0.80:80

100 % ACCEPT, if 10.0.0.80 is no address of this node. The set good has 10.0.0.9.
  filter FORWARD, line 6: jump WEB
  filter WEB, line 8: accept
  ends as 10.0.0.9:40000 -> 10.0.0.80:80

100 % ACCEPT, if 10.0.0.80 is an address of this node.
  ends as 10.0.0.9:40000 -> 10.0.0.80:80`);
  });

  it('of an answer says what it starts as, and ends with the notes', () => {
    expect(traceText(report({ ...web, kind: 'answer' }), style)).toBe(
      `# the answer to tcp 10.0.0.9:40000 -> 10.0.0.80:80, NEW, first met in PREROUTING

100 % ACCEPT, if 10.0.0.80 is no address of this node. The set good has 10.0.0.9.
  starts as 10.0.0.80:80 -> 10.0.0.9:40000
  filter FORWARD, line 7: accept
  ends as 10.0.0.80:80 -> 10.0.0.9:40000

100 % ACCEPT, if 10.0.0.80 is an address of this node.
  starts as 10.0.0.80:80 -> 10.0.0.9:40000
  ends as 10.0.0.80:80 -> 10.0.0.9:40000
(note: NAT is decided by the first packet of a connection: table nat is not asked.)`,
    );
  });

  it('says where rules that are not shown may decide otherwise', () => {
    const lines = traceText(report(web, dump.slice(0, dump.indexOf('COMMIT'))), style).split('\n');
    expect(lines.filter((line) => line.includes(' % ')).every((line) => line.includes(' as far as the text shows'))).toBe(true);
    expect(lines.at(-1)).toMatch(/^\(note: .*\)$/);
  });

  it('is a table for each outcome in Markdown', () => {
    const markdown = traceMarkdown(report({ ...web, from: '10.0.0.9:1', to: '10.0.0.80:80' }));
    expect(markdown.split('\n').slice(2, 8)).toEqual([
      '**100 % drop**, if 10\\.0\\.0\\.80 is no address of this node\\. The set good does not have 10\\.0\\.0\\.9\\.: ends as `10.0.0.9:1 -> 10.0.0.80:80`',
      '',
      '| | table | chain | line | rule | what it does |',
      '|---|---|---|---|---|---|',
      '| 1 | `filter` | `FORWARD` | 6 | `-A FORWARD -p tcp -m tcp --dport 80 -j WEB` | `jump WEB` |',
      '| 2 | `filter` | `FORWARD` | 3 | `policy FORWARD` | `drop` |',
    ]);
    expect(markdown.endsWith('\n')).toBe(true);
    expect(markdown).not.toContain('\n- ');
  });

  it('has its notes as a list in Markdown', () => {
    expect(
      traceMarkdown(report({ ...web, kind: 'answer' }))
        .split('\n')
        .slice(-3),
    ).toEqual(['', '- NAT is decided by the first packet of a connection\\: table nat is not asked\\.', '']);
  });
});

describe('the ends of a packet', () => {
  it.each([
    [{ src: '10.0.0.9', sport: 1, dst: 'fd00::1', dport: 80, mark: null }, '10.0.0.9:1 -> [fd00::1]:80'],
    [{ src: '10.0.0.9', sport: null, dst: '10.0.0.1', dport: null, mark: '0x1' }, '10.0.0.9 -> 10.0.0.1, mark 0x1'],
    [{ src: null, sport: null, dst: '10.0.0.1', dport: null, mark: null }, 'an address of the node -> 10.0.0.1'],
    [{ src: null, sport: 7, dst: '10.0.0.1', dport: 80, mark: null }, 'an address of the node, port 7 -> 10.0.0.1:80'],
  ])('%o: %s', (packet, words) => {
    expect(endsText(packet)).toBe(words);
  });
});
