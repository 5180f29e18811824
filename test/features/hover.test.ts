import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Hover, MarkupContent } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { matches, targets } from '../../server/src/catalog/lookup.ts';
import { exampleValue } from '../../server/src/catalog/values/example-value.ts';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterOf } from '../support/dumps.ts';
import { markersIn } from '../support/markers.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
// A day after the newest time that the snapshot names.
const now = Date.parse('2026-11-21T07:15:00Z');
const cluster = clusterOf(readFileSync(resolve(sample, 'cluster.json'), 'utf8'), 'cluster.json', 60_000);

function textOf(result: Hover | null): string {
  return result !== null && MarkupContent.is(result.contents) ? result.contents.value : '';
}

/** Asks for the hover at every marker and expects the texts behind it, " & " between them; "nothing" for no hover. */
function check(dump: string, known?: Cluster): void {
  const state = dumpState(dump, known);
  const markers = markersIn(dump);
  expect(markers.length).toBeGreaterThan(0);
  for (const { line, start, end, text } of markers) {
    const result = runToEnd(hover(state, { line, character: start }, now, false));
    if (text === 'nothing') {
      expect(result).toBeNull();
      continue;
    }
    expect(result?.range).toEqual({ start: { line, character: start }, end: { line, character: end } });
    const value = textOf(result);
    for (const wanted of text.split(' & ')) expect(value).toContain(wanted);
  }
}

const frontend = `*nat
:PREROUTING ACCEPT [0:0]
#^^^^^^^^^^ hover: built-in chain, table nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]
:KUBE-SEP-QWFXKANDF3TMYGQH - [0:0]
:KUBE-SEP-LHZID5ROYHOMKZPZ - [0:0]
:KUBE-SEP-R72EKRGA5WG7RIYS - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A PREROUTING -j KUBE-SERVICES
`;

describe('hover', () => {
  it('names the Service, its policies and its endpoints with their real shares', () => {
    check(
      `${frontend}-A KUBE-SERVICES -d 10.96.40.10/32 -p tcp -m comment --comment "booking/frontend:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-3MGBTRC5ATFFL7T7
#                                                                                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^ hover: Service booking/frontend:http & namespace booking & 10.96.40.10:80/tcp & 3 endpoints, each with the same share & 33.3 % (1/3) & cluster.json, whose newest time is 24 hours ago
-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-QWFXKANDF3TMYGQH
#                                                                     ^^^^^^^^^^^^^ hover: 33.3 % of new connections: 1 of 3 endpoints
-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-LHZID5ROYHOMKZPZ
#                                                                     ^^^^^^^^^^^^^ hover: 33.3 % of new connections & Takes 50 % of the packets that the rules above left over
-A KUBE-SVC-3MGBTRC5ATFFL7T7 -j KUBE-SEP-R72EKRGA5WG7RIYS
-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp -m tcp -j DNAT --to-destination 10.244.0.17:8080
-A KUBE-SEP-LHZID5ROYHOMKZPZ -p tcp -m tcp -j DNAT --to-destination 10.244.1.9:8080
-A KUBE-SEP-R72EKRGA5WG7RIYS -p tcp -m tcp -j DNAT --to-destination 10.244.2.14:8080
COMMIT
`,
      cluster,
    );
  });

  it('names the Pod behind an endpoint chain, by hash where there is no comment', () => {
    check(
      `${frontend}-A KUBE-SVC-3MGBTRC5ATFFL7T7 -j KUBE-SEP-QWFXKANDF3TMYGQH
#                               ^^^^^^^^^^^^^^^^^^^^^^^^^ hover: Pod booking/frontend- & 10.244.0.17:8080 & Ready: yes & Owner: ReplicaSet frontend- & Endpoint of Service booking/frontend:http & kube-proxy's hash
-A KUBE-SEP-QWFXKANDF3TMYGQH -p tcp -m tcp -j DNAT --to-destination 10.244.0.17:8080
#                                                                   ^^^^^^^^^^^^^^^^ hover: Pod booking/frontend-
COMMIT
`,
      cluster,
    );
  });

  it('says what comments say where there is no cluster, and that there is none', () => {
    check(`${frontend}-A KUBE-SERVICES -d 10.96.40.10/32 -p tcp -m comment --comment "booking/frontend:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-3MGBTRC5ATFFL7T7
#                                                                                                                      ^^^^^^^^^^^^^^^^^^^^^^^^^ hover: Service booking/frontend:http & no cluster is known
-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m comment --comment "booking/frontend:http -> 10.244.0.17:8080" -j KUBE-SEP-QWFXKANDF3TMYGQH
#                                                                                                ^^^^^^^^^^^^^^^^^^^^^^^^^ hover: 10.244.0.17:8080 & booking/frontend:http
COMMIT
`);
  });

  it('tells an address from one that begins like it', () => {
    check(`*nat
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-MARK-MASQ
#                   ^^^^^^^^^^^^^ hover: Address of Service kube-system/kube-dns:dns & From the dump's comments
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-MARK-MASQ
#                   ^^^^^^^^^^^^ hover: --destination
COMMIT
`);
  });

  it("has the dump's comments say whose an address is, wherever a rule names it", () => {
    check(`*nat
-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.1/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
#                               ^^^^^^^^^^^^^ hover: Endpoint of Service shop/web:http
COMMIT
`);
    check(`*nat
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.1:8080
#                                                                                                        ^^^^^^^^^^^^^^^ hover: Endpoint of Service shop/web:http
COMMIT
`);
  });

  it('says that an endpoint chain is stale', () => {
    check(
      `*nat
:KUBE-SEP-YMMDN24UIRGMOLTR - [0:0]
#^^^^^^^^^^^^^^^^^^^^^^^^^ hover: Not among the endpoints of booking/frontend: the chain is stale.
-A KUBE-SEP-YMMDN24UIRGMOLTR -p tcp -m comment --comment "booking/frontend:http" -m tcp -j DNAT --to-destination 10.244.1.8:8080
COMMIT
`,
      cluster,
    );
  });

  it('explains tables, matches, targets and options', () => {
    check(`*filter
-A INPUT -m conntrack --ctstate NEW -j ACCEPT
#           ^^^^^^^^^ hover: conntrack match & iptables-extensions(8)
#                     ^^^^^^^^^ hover: --ctstate (conntrack match)
#                                      ^^^^^^ hover: ACCEPT target
-A INPUT -s 10.0.0.1/32 -j REJECT
#        ^^ hover: --source, --src, -s (iptables)
COMMIT
`);
  });

  it('explains the words of values, commands, policies and counters', () => {
    check(`*filter
:INPUT DROP [5:1200]
#      ^^^^ hover: DROP policy: what no rule decides is discarded.
#           ^^^^^^^^ hover: 5 packets, 1,200 bytes
:MINE - [0:0]
#     ^ hover: goes back to the calling chain
[1:60] -A INPUT -p tcp -m conntrack ! --ctstate RELATED,NEW -m tcp --dport 443 -j ACCEPT
#      ^^ hover: Append a rule
#                  ^^^ hover: Protocol 6. & --protocol
#                                   ^ hover: --ctstate must not hold
#                                               ^^^^^^^^^^^ hover: RELATED: The packet begins a connection that another one expects & Value: word[,...]
#                                                                          ^^^ hover: https in /etc/services
`);
  });

  it('explains the end of a table and the counters of a rule', () => {
    const state = dumpState('*filter\n[1:60] -A INPUT -j ACCEPT\nCOMMIT\n');
    const at = (line: number): string => textOf(runToEnd(hover(state, { line, character: 1 }, now, false)));
    expect(at(1)).toBe('The rule has matched 1 packet, 60 bytes, since the counters were set to zero.');
    expect(at(2)).toContain('all of it or none');
  });

  it('explains the word of a list that the mouse is on', () => {
    const dump = '*filter\n-A INPUT -m conntrack --ctstate NEW,RELATED,DNAT -j ACCEPT\nCOMMIT\n';
    const at = (word: string): string =>
      textOf(runToEnd(hover(dumpState(dump), { line: 1, character: (dump.split('\n')[1] ?? '').indexOf(word) + 1 }, now, false)));
    expect(at('NEW,')).toContain('NEW: The packet begins');
    expect(at('RELATED')).toContain('RELATED: ');
    expect(at('DNAT')).toContain('DNAT: ');
  });

  it('has a text for every option of the catalogue and every word of its value', () => {
    const families = { ipv4: 'file:///rules.v4', ipv6: 'file:///rules.v6' } as const;
    for (const extension of [...matches, ...targets]) {
      for (const option of extension.options) {
        const family = option.families[0] ?? 'ipv4';
        const values = exampleValue(option, family).join(' ');
        const load = extension.kind === 'match' ? '-m' : '-j';
        const line = `-A X ${load} ${extension.name} ${option.long} ${values}`;
        const state = dumpState(`*mangle\n${line}\nCOMMIT\n`, undefined, families[family]);
        for (const word of [extension.name, option.long, ...values.split(' ').slice(0, 1)]) {
          if (word === '') continue;
          const result = runToEnd(hover(state, { line: 1, character: line.lastIndexOf(` ${word}`) + 2 }, now, false));
          expect(textOf(result).length, `${line}: ${word}`).toBeGreaterThan(20);
        }
      }
    }
  });

  it('shows names from a hostile dump as text, never as Markdown or HTML', () => {
    const state = dumpState(
      `*nat
:KUBE-SVC-A - [0:0]
-A KUBE-SERVICES -m comment --comment "x/[a](command:evil)<img/src=x>:\`p cluster IP" -j KUBE-SVC-A
COMMIT
`,
    );
    const result = runToEnd(hover(state, { line: 1, character: 5 }, 0, true));
    const value = textOf(result);
    expect(value).not.toMatch(/\[a\]\(command/);
    expect(value).not.toContain('<img');
  });

  it('has nothing to say about blanks, prose and unknown options', () => {
    check(`*filter
-A INPUT --frobnicate 3 -j ACCEPT
#        ^^^^^^^^^^^^ hover: nothing
COMMIT
`);
  });
});
