/** Listings and excerpts: what is not shown is neither assumed nor denied. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { codeLenses, resolveCodeLens } from '../../server/src/features/code-lenses.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { inlayHints } from '../../server/src/features/inlay-hints.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveReport } from '../../server/src/kube/identity/report.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom, rulesetOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';
import { askFlow, edgesOf, flow } from './flow-support.ts';

function messages(graph: FlowGraph): readonly string[] {
  return graph.notes.map(({ message }) => message);
}

const excerpt = `-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-LOLE4ISW44XBNF3G
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http -> 10.244.1.7:8080" -j KUBE-SEP-IAZPHGLZVO2SWOVD
-A KUBE-SEP-IAZPHGLZVO2SWOVD -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.1.7:8080
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment "kube-system/kube-dns:dns" -j KUBE-SEP-6E7XQMQ4RAYOWTTM
`;

describe('an excerpt of rules, as grep leaves them', () => {
  it('is drawn as kube-proxy hooks its chains in, and says so', () => {
    const graph = flow(excerpt, '10.96.33.10:80');
    expect(edgesOf(graph)).toEqual([
      '10.96.33.10:80/tcp -> KUBE-SERVICES 1',
      'KUBE-SERVICES -> KUBE-SVC-LOLE4ISW44XBNF3G 1',
      'KUBE-SVC-LOLE4ISW44XBNF3G -> KUBE-SEP-IAZPHGLZVO2SWOVD 1',
      'KUBE-SEP-IAZPHGLZVO2SWOVD -> 10.244.1.7:8080 1',
    ]);
    expect(messages(graph)).toContain(
      'The dump is an excerpt without the built-in chains that lead to KUBE-SERVICES (nat), KUBE-NODEPORTS (nat): taken to be hooked in as kube-proxy does it.',
    );
    expect(messages(graph)).toContain(
      'The dump may not show all rules of KUBE-SVC-LOLE4ISW44XBNF3G: shares are those of the rules that it shows.',
    );
  });

  it('starts at the chain of a Service that nothing shown leads to, as resolve names it', () => {
    const { chains } = resolveReport(rulesetOf(excerpt), clusterFrom(fixturePath('sample/cluster.json')));
    expect(chains.find(({ chain }) => chain === 'KUBE-SVC-TCOU7JCQXEZGVUNU')?.service).toMatchObject({
      namespace: 'kube-system',
      name: 'kube-dns',
      port: 'dns',
    });
    const graph = flow(excerpt, 'kube-system/kube-dns:dns');
    expect(graph.entries).toEqual([
      {
        id: 'entry:chain:nat:KUBE-SVC-TCOU7JCQXEZGVUNU',
        kind: 'chain',
        ip: null,
        port: null,
        protocol: 'udp',
        label: 'KUBE-SVC-TCOU7JCQXEZGVUNU',
      },
    ]);
    expect(edgesOf(graph)).toEqual([
      'KUBE-SVC-TCOU7JCQXEZGVUNU -> KUBE-SVC-TCOU7JCQXEZGVUNU 1',
      'KUBE-SVC-TCOU7JCQXEZGVUNU -> KUBE-SEP-6E7XQMQ4RAYOWTTM 1',
      'KUBE-SEP-6E7XQMQ4RAYOWTTM -> not known 1',
    ]);
    expect(messages(graph)).toContain(
      'No rule that the dump shows leads to KUBE-SVC-TCOU7JCQXEZGVUNU: the flow is drawn from this chain on.',
    );
  });

  it('starts at an endpoint where that is all there is of a Service', () => {
    const [, , , endpoint = ''] = excerpt.split('\n');
    expect(edgesOf(flow(endpoint, 'shop/web'))).toEqual([
      'KUBE-SEP-IAZPHGLZVO2SWOVD -> KUBE-SEP-IAZPHGLZVO2SWOVD 1',
      'KUBE-SEP-IAZPHGLZVO2SWOVD -> 10.244.1.7:8080 1',
    ]);
  });

  it("has the protocol of an endpoint's DNAT where nothing else says it", () => {
    const [chain, endpoint] = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SEP-AAAAAAAAAAAAAAAA'];
    const rules = (protocol: string): string =>
      [
        `-A ${chain} -m comment --comment "shop/dns:dns" -j ${endpoint}`,
        `-A ${endpoint} -s 10.244.0.5/32 -m comment --comment "shop/dns:dns" -j KUBE-MARK-MASQ`,
        `-A ${endpoint} -p ${protocol} -m comment --comment "shop/dns:dns" -m ${protocol} -j DNAT --to-destination 10.244.0.5:53`,
      ].join('\n');
    const entries = (protocol: string) => flow(rules(protocol), 'shop/dns').entries.map((entry) => [entry.label, entry.protocol]);
    expect(entries('udp')).toEqual([[chain, 'udp']]);
    expect(entries('sctp')).toEqual([[chain, 'sctp']]);
  });

  it("finds a chain by the clusterIP that the chain's own rules name", () => {
    const chain = `-A KUBE-SVC-LOLE4ISW44XBNF3G ! -s 10.244.0.0/16 -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http -> 10.244.1.7:8080" -j KUBE-SEP-IAZPHGLZVO2SWOVD
`;
    expect(flow(chain, '10.96.33.10:80').title).toBe('shop/web:http');
    expect(askFlow(rulesetOf(chain), clusterFrom(fixturePath('sample/cluster.json')), '10.96.33.10:81')).toBe(
      '10.96.33.10:81: no rule for that port. 10.96.33.10 has 80/tcp in what the dump shows.',
    );
  });

  it('never says that nothing is there', () => {
    expect(askFlow(rulesetOf(excerpt), clusterFrom(fixturePath('sample/cluster.json')), '10.96.99.99:80')).toMatch(
      /^No rule that the dump shows is for 10\.96\.99\.99:80: it is an excerpt, and the node may have one\./,
    );
  });

  it('does not know what the rest of a chain does', () => {
    const half = excerpt.replace('-> 10.244.1.7:8080" -j', '-> 10.244.1.7:8080" -m statistic --mode random --probability 0.5 -j');
    const edges = edgesOf(flow(half, '10.96.33.10:80'));
    expect(edges).toContain('KUBE-SVC-LOLE4ISW44XBNF3G -> not known 0.5');
    expect(edges.join('\n')).not.toContain('not redirected');
  });
});

describe('a listing without -n', () => {
  const listing = `Chain PREROUTING (policy ACCEPT)
target     prot opt source               destination
KUBE-SERVICES  all  --  anywhere             anywhere             /* kubernetes service portals */

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
KUBE-SERVICES  all  --  anywhere             anywhere             /* kubernetes service portals */

Chain KUBE-SERVICES (2 references)
target     prot opt source               destination
KUBE-SVC-LOLE4ISW44XBNF3G  tcp  --  anywhere             10.96.33.10          /* shop/web:http cluster IP */ tcp dpt:http

Chain KUBE-SVC-LOLE4ISW44XBNF3G (1 references)
target     prot opt source               destination
KUBE-SEP-IAZPHGLZVO2SWOVD  all  --  anywhere             anywhere             /* shop/web:http -> 10.244.1.7:8080 */

Chain KUBE-SEP-IAZPHGLZVO2SWOVD (1 references)
target     prot opt source               destination
DNAT       tcp  --  anywhere             anywhere             /* shop/web:http */ tcp to:10.244.1.7:8080
`;

  it('names ports, which are found by number', () => {
    const numeric = listing.replaceAll('anywhere', '0.0.0.0/0').replace('dpt:http', 'dpt:80');
    for (const to of ['10.96.33.10:80', 'shop/web:http', 'shop/web']) {
      expect(edgesOf(flow(listing, to))).toEqual(edgesOf(flow(numeric, to)));
      expect(flow(listing, to).entries.map(({ label }) => label)).toEqual(['10.96.33.10:80/tcp']);
    }
    const ports = (text: string) =>
      resolveReport(rulesetOf(text), clusterFrom(fixturePath('sample/cluster.json'))).chains.map(
        ({ service }) => service?.portNumber,
      );
    expect(ports(listing)).toEqual(ports(numeric));
  });

  it('names ports in hand-written rules, too', () => {
    const written = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.33.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport http -j KUBE-SVC-LOLE4ISW44XBNF3G
COMMIT
`;
    expect(flow(written, '10.96.33.10:80').title).toBe('shop/web:http');
  });
});

describe('commands in a paste', () => {
  const paste = `    iptables -t nat -I PREROUTING 1 -d 10.96.3.45 -p udp -m udp --dport 53 -j DNAT --to-destination 169.254.20.10:53
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/kube-dns:dns cluster IP" -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
`;

  it('do not keep a packet from what the paste leaves out', () => {
    const edges = edgesOf(flow(paste, '10.96.0.10:53'));
    expect(edges).toEqual([
      '10.96.0.10:53/udp -> KUBE-SERVICES 1',
      'KUBE-SERVICES -> KUBE-SVC-TCOU7JCQXEZGVUNU 1',
      'KUBE-SVC-TCOU7JCQXEZGVUNU -> not known 1',
    ]);
  });
});

describe('a listing that a terminal wrapped', () => {
  const wrapped = `Chain KUBE-SERVICES (2 references)
 pkts bytes target     prot opt in     out     source               destination
    0     0 KUBE-SVC-LOLE4ISW44XBNF3G  tcp  --  *      *       0.0.0.0/0            10.96.33.10          /* shop/web:http clus
ter IP */ tcp dpt:80
    0     0 KUBE-SVC-NPX46M4PTMTKRN6Y  tcp  --  *      *       0.0.0.0/0            10.96.0.1            /* default/kubernetes
:https cluster IP */ tcp dpt:443

Chain KUBE-SVC-LOLE4ISW44XBNF3G (1 references)
 pkts bytes target     prot opt in     out     source               destination
    0     0 KUBE-SEP-IAZPHGLZVO2SWOVD  all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web:http -> 1
0.244.1.7:8080 */
`;

  it('has names, ports and endpoints whole', () => {
    const { chains } = resolveReport(rulesetOf(wrapped), emptyCluster);
    const said = chains.map(({ service, endpoint }) =>
      service === null ? '' : `${service.name}:${service.port} ${service.portNumber} ${endpoint?.ip ?? ''}`,
    );
    expect(said).toEqual(['', 'web:http 80 ', 'kubernetes:https 443 ', 'web:http 80 10.244.1.7']);
    expect(edgesOf(flow(wrapped, '10.96.33.10:80'))).toContain('KUBE-SVC-LOLE4ISW44XBNF3G -> KUBE-SEP-IAZPHGLZVO2SWOVD 1');
  });
});

describe('rows of a listing that grep picked', () => {
  const rows = `$ sudo iptables -t nat -L -n | grep shop/web
KUBE-MARK-MASQ  all  --  10.244.1.7           0.0.0.0/0            /* shop/web:http */
DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            /* shop/web:http */ tcp to:10.244.1.7:8080
KUBE-SVC-LOLE4ISW44XBNF3G  tcp  --  0.0.0.0/0            10.96.33.10          /* shop/web:http cluster IP */ tcp dpt:80
KUBE-SEP-IAZPHGLZVO2SWOVD  all  --  0.0.0.0/0            0.0.0.0/0            /* shop/web:http -> 10.244.1.7:8080 */
`;

  it('are drawn from the chain that resolve names, of which nothing is shown', () => {
    for (const to of ['shop/web', 'shop/web:http', '10.96.33.10:80']) {
      const graph = flow(rows, to);
      expect(edgesOf(graph)).toEqual(['KUBE-SVC-LOLE4ISW44XBNF3G -> not known 1']);
      expect(graph.title).toMatch(/^shop\/web/);
      expect(messages(graph)).toContain(
        'No rule that the dump shows leads to KUBE-SVC-LOLE4ISW44XBNF3G: the flow is drawn from this chain on.',
      );
    }
  });
});

describe('what an editor says of a chain that is not shown whole', () => {
  const rows = (count: number): string =>
    Array.from(
      { length: count },
      (_, at) =>
        `-A KUBE-SVC-LOLE4ISW44XBNF3G -m comment --comment "shop/web:http -> 10.244.1.${at}:8080" ${at < count - 1 ? `-m statistic --mode random --probability ${(1 / (count - at)).toFixed(11)} ` : ''}-j KUBE-SEP-${'ABCDEFGHIJKLMNOP'.slice(at)}${'Q'.repeat(at)}`,
    ).join('\n');
  const whole = dumpState(`*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-LOLE4ISW44XBNF3G - [0:0]\n${rows(3)}\nCOMMIT\n`);
  const cut = dumpState(`${rows(3)}\n`);
  const hoverAt = (state: DumpState, line: number, word: string): string => {
    const character = (state.ruleset.lines.at(line)?.text ?? '').indexOf(word) + 1;
    return JSON.stringify(runToEnd(hover(state, { line, character }, 0, false))?.contents ?? '');
  };
  const hintsOf = (state: DumpState): readonly string[] => {
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    return runToEnd(
      inlayHints(state, range, {
        chains: false,
        jumpPlace: 'jump',
        declarations: false,
        rules: false,
        shares: true,
        addresses: false,
      }),
    ).map(({ label }) => String(label));
  };
  const lensOf = (state: DumpState): string => {
    const [lens] = runToEnd(codeLenses(state));
    return lens === undefined ? '' : (resolveCodeLens(state, lens, true).command?.title ?? '');
  };

  it('gives shares only where all rules are there', () => {
    expect(hoverAt(whole, 2, 'KUBE-SVC')).toMatch(/3 endpoints, each with the same share.*33\.3 % \(1\/3\)/);
    expect(hoverAt(cut, 0, 'KUBE-SVC')).toContain(
      '3 endpoints shown: the chain may have more, so that their shares are not known',
    );
    expect(hoverAt(cut, 0, 'KUBE-SVC')).not.toContain('%');
    expect(hoverAt(whole, 4, '0.5')).toContain('33.3 % of new connections: 1 of 3 endpoints');
    expect(hoverAt(cut, 1, '0.5')).toMatch(/"Takes 50 % of the packets that the rules above left over\."/);
    expect(hintsOf(whole)).toEqual(['33.3 % of new connections', '33.3 % of new connections']);
    expect(hintsOf(cut)).toEqual([]);
    expect(lensOf(whole)).toBe('shop/web:http: 3 endpoints, show NAT flow');
    expect(lensOf(cut)).toBe('shop/web:http: 3 endpoints shown, show NAT flow');
  });

  it('counts what is shown, and no more', () => {
    expect(hoverAt(whole, 2, 'KUBE-SVC')).toContain('3 rules; no rule jumps to it.');
    expect(hoverAt(cut, 0, 'KUBE-SVC')).toContain('3 rules shown; no rule that is shown jumps to it.');
    const [first = ''] = rows(3).split('\n');
    const target = dumpState(`${first}\n-A KUBE-SERVICES -j KUBE-SVC-TCOU7JCQXEZGVUNU\n`);
    expect(hoverAt(target, 1, 'KUBE-SVC')).toContain('No rule of it that leads to an endpoint is shown.');
    expect(hoverAt(target, 1, 'KUBE-SVC')).not.toContain('nothing answers');
  });
});

describe('any part of a dump', () => {
  const lines = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8').split('\n');
  const cluster = clusterFrom(fixturePath('sample/cluster.json'));
  const targets = ['booking/frontend', 'booking/gateway', 'booking/seatmap', 'kube-system/kube-dns', 'booking/mailer'];
  const origin = { node: 'worker-1' };
  const whole = new Map(targets.map((to) => [to, flow(lines.join('\n'), to, cluster, origin)]));
  /** The entries of which some packets end with a verdict instead of at an endpoint; with this one, unless that is empty. */
  const entriesEndingAt = (graph: FlowGraph | undefined, verdict: string): readonly string[] => {
    const ends = (graph?.nodes ?? []).filter(({ kind, label }) => kind === 'verdict' && (verdict === '' || label === verdict));
    return (graph?.entries ?? [])
      .filter(({ id }) =>
        ends.some(
          (node) => node.shares[id] || graph?.routes?.some((route) => route.entry === id && (route.ends?.[node.id] ?? 0) > 0),
        ),
      )
      .map(({ label }) => label);
  };
  const drifting = (graph: FlowGraph): readonly string[] =>
    graph.nodes.filter(({ drift }) => drift !== null).map(({ id, drift }) => `${id} ${drift}`);

  it('draws no disagreement and denies nothing that the whole does not', () => {
    fc.assert(
      fc.property(fc.nat(lines.length), fc.nat(lines.length), fc.constantFrom('rows', 'cut', 'grep'), (a, b, how) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const shown =
          how === 'grep'
            ? lines.filter((line) => line.startsWith('-A') && line.includes(targets[a % targets.length]?.split('/')[1] ?? ''))
            : how === 'cut'
              ? lines.slice(from, to)
              : lines.filter((line, at) => line.startsWith('-A') && at >= from && at < to);
        const ruleset = rulesetOf(shown.join('\n'));
        for (const target of targets) {
          const graph = askFlow(ruleset, cluster, target, origin);
          if (typeof graph === 'string') {
            expect(graph).not.toMatch(/writes no rules|no Service has/);
            continue;
          }
          const all = whole.get(target);
          expect(all === undefined ? [] : drifting(graph).filter((node) => !drifting(all).includes(node))).toEqual([]);
          expect(entriesEndingAt(graph, 'not redirected').filter((entry) => !entriesEndingAt(all, '').includes(entry))).toEqual(
            [],
          );
        }
      }),
      { seed: 3, numRuns: 100 },
    );
  });
});
