import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareSvg } from '../../webview/src/export/compare-svg.ts';
import { flowDot } from '../../webview/src/export/dot.ts';
import { compareHtml, flowHtml } from '../../webview/src/export/html.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { compareFlows } from '../../webview/src/model/compare-flows.ts';
import { isExport } from '../../webview/src/model/export-check.ts';
import { edge, graphOf, hostileGraph, manyEndpoints, node, richGraph } from './fixtures.ts';

const small = graphOf(
  [
    node('e', 'entry', { label: '10.96.0.10:53/udp', detail: 'clusterIP' }),
    node('s', 'service', { label: 'kube-system/kube-dns:dns', detail: 'KUBE-SVC-TCOU7JCQXEZGVUNU' }),
    node('d', 'verdict', { label: 'DROP' }),
  ],
  [edge('e', 's'), edge('s', 'd', { probability: 0.25, condition: 'from 192.0.2.0/24', packets: 3 })],
  { title: 'kube-system/kube-dns:dns' },
);

describe('two flows', () => {
  const other = { ...richGraph(), nodes: richGraph().nodes.map((each) => (each.id === 'svc' ? { ...each, badges: [] } : each)) };
  const comparison = compareFlows({ name: 'a.iptables', graph: richGraph() }, { name: 'b.iptables', graph: other });

  it.each(['light', 'dark'] as const)('are one picture in %s, with what differs in words', (theme) => {
    const svg = compareSvg(comparison, { theme });
    expect(svg.match(/≠ changed/g)).toHaveLength(2);
    expect(svg).toContain('1 difference: 1 changed box.');
    expect(svg).toContain('>a.iptables: Serves some: ');
    expect(isExport('svg', 'a.svg', svg)).toBe(true);
    const html = compareHtml(comparison, { theme });
    expect(html).toContain(
      '<li>≠ Service chain of shop/web:http: masquerade unless from 10.244.0.0/16, affinity 10800 s in a.iptables',
    );
    expect(isExport('html', 'a.html', html)).toBe(true);
  });

  it('has the names of long files within their own drawing', () => {
    const long = `${'a-long-folder/'.repeat(20)}node-a.iptables`;
    const svg = compareSvg(compareFlows({ name: long, graph: manyEndpoints(2) }, { name: 'b', graph: manyEndpoints(2) }));
    const title = /<text x="8" y="16"[^>]* textLength="([\d.]+)"[^>]*>a-long-folder[^<]*…</.exec(svg)?.[1];
    const lefts = [...svg.matchAll(/<g transform="translate\(([\d.]+),[\d.]+\)">\n<text x="8" y="16"/g)].map(([, x]) =>
      Number(x),
    );
    expect(lefts).toHaveLength(2);
    expect(Number(title)).toBeGreaterThan(100);
    expect(Number(title) + 8).toBeLessThan((lefts[1] ?? 0) - (lefts[0] ?? 0));
  });

  it('stay text, whatever they hold, and stand below each other where they are wide', () => {
    const hostile = { name: '<script>', graph: hostileGraph() };
    const svg = compareSvg(compareFlows(hostile, { name: '"&', graph: manyEndpoints(3) }));
    expect(isExport('svg', 'a.svg', svg)).toBe(true);
    const height = Number(/ height="(\d+)"/.exec(compareSvg(compareFlows(hostile, hostile)))?.[1]);
    expect(height).toBeGreaterThan(500);
  });
});

describe('Mermaid', () => {
  it('is a flowchart from left to right', () => {
    expect(flowMermaid(small)).toBe(`---
title: "kube-system/kube-dns:dns"
---
flowchart LR
  n0(["10.96.0.10:53/udp<br>clusterIP"]):::entry
  n1["kube-system/kube-dns:dns<br>KUBE-SVC-TCOU7JCQXEZGVUNU"]:::service
  n2{{"DROP"}}:::drop
  n0 --> n1
  n1 -->|"25 #37; from 192.0.2.0/24"| n2
  classDef entry stroke:#0969da,stroke-width:2px
  classDef external stroke:#bc4c00,stroke-width:2px
  classDef service stroke:#8250df,stroke-width:2px
  classDef endpoint stroke:#1b7c83,stroke-width:2px
  classDef pod stroke:#1a7f37,stroke-width:2px
  classDef chain stroke:#6e7781
  classDef accept stroke:#1a7f37,stroke-width:2px
  classDef drop stroke:#cf222e,stroke-width:2px
  classDef stale stroke:#cf222e,stroke-dasharray:4 4
  classDef missing stroke:#cf222e,stroke-dasharray:2 4
`);
  });

  it('stays within what Mermaid draws for a thousand endpoints', () => {
    const text = flowMermaid(manyEndpoints(1000));
    expect(text).toContain('"node-1<br>84 endpoints"');
    expect(text.match(/-->/g)?.length).toBe(2 + 12);
  });

  it('lets no name out of its quotes', () => {
    for (const line of flowMermaid(hostileGraph()).split('\n')) {
      expect(line).not.toMatch(/<(?!br>)/);
      expect((line.match(/"/g)?.length ?? 0) % 2).toBe(0);
    }
    expect(flowMermaid(hostileGraph())).not.toContain('%%{init');
  });

  it('makes no formula and no icon of a name', () => {
    const named = graphOf(
      [node('a', 'chain', { label: '$$\\frac{a}{b}$$' }), node('b', 'chain', { label: 'fab:fa-car' })],
      [edge('a', 'b', { probability: 0.5, condition: 'fa:fa-car $$x$$' })],
    );
    expect(flowMermaid(named)).not.toMatch(/\$\$|fab?:fa-/);
  });
});

describe('DOT', () => {
  it('has every node and rule', () => {
    expect(flowDot(small)).toBe(`digraph flow {
  graph [rankdir=LR, label="kube-system/kube-dns:dns", labelloc=t, fontname="Helvetica"];
  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];
  edge [fontname="Helvetica", fontsize=10];
  n0 [label="10.96.0.10:53/udp\\nclusterIP", color="#0969da"];
  n1 [label="kube-system/kube-dns:dns\\nKUBE-SVC-TCOU7JCQXEZGVUNU", color="#8250df"];
  n2 [label="DROP", color="#cf222e"];
  n0 -> n1;
  n1 -> n2 [label="25 %, from 192.0.2.0/24\\n3 packets"];
}
`);
  });

  it('has entities of HTML as text: Graphviz draws what they stand for', () => {
    const text = flowDot(graphOf([node('a', 'chain', { label: '&#8238;&lt;b&gt;' })], [], { title: 'a&#x202e;' }));
    expect(text).toContain('label="&amp;#8238;&amp;lt;b&amp;gt;');
    expect(text).toContain('label="a&amp;#x202e;"');
  });

  it('has no string that is longer than Graphviz takes', () => {
    const long = node('a', 'chain', { label: '"'.repeat(20_000), detail: '\ud83d\ude00'.repeat(20_000) });
    const text = flowDot(graphOf([long], [], { title: '\\'.repeat(40_000) }));
    for (const string of text.match(/"(?:[^"\\]|\\.)*"/g) ?? []) expect(Buffer.byteLength(string)).toBeLessThan(16_384);
    expect(text).toContain('…');
  });

  it('escapes quotes and backslashes', () => {
    const text = flowDot(graphOf([node('a', 'chain', { label: 'say "hi"\\n' })], []));
    expect(text).toContain('label="say \\"hi\\"\\\\n"');
  });
});

describe('SVG', () => {
  it('has title, source, every name, share and note', () => {
    const svg = flowSvg(richGraph(), { subtitle: 'node-a.iptables' });
    expect(svg).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="\d+" height="\d+"/,
    );
    for (const text of [
      'NAT flow of shop/web:http',
      'node-a.iptables · cluster.json, read 2 minutes ago',
      'KUBE-SVC-LNITJ2S4TDGKMAA3',
      'web-7d9c-x2x4z',
      '33.3 %',
      '412 pkts, 49.6 %',
      'missing in dump',
      '⚠ Endpoint 10.244.2.9:8080 is no longer in the cluster.',
    ]) {
      expect(svg).toContain(text);
    }
    expect(svg).toContain('text-decoration="line-through"');
  });

  it('needs no style sheet, script or anything from elsewhere', () => {
    const svg = flowSvg(richGraph());
    expect(svg).not.toMatch(/<style|<script|<foreignObject|href=|url\(|\sclass=|\sstyle=/i);
  });

  it('has its colours from the theme', () => {
    expect(flowSvg(richGraph(), { theme: 'dark' })).toContain('fill="#1f1f1f"');
    expect(flowSvg(richGraph())).not.toContain('#1f1f1f');
  });

  it('is the same for the same graph', () => {
    expect(flowSvg(richGraph())).toBe(flowSvg(richGraph()));
  });

  it('keeps hostile names text', () => {
    const svg = flowSvg(hostileGraph());
    const tags = new Set([...svg.matchAll(/<\/?([?\w]+)/g)].map((match) => match[1]));
    expect([...tags].toSorted()).toEqual(['?xml', 'circle', 'g', 'path', 'rect', 'svg', 'text', 'title']);
    expect(svg.includes('\u202e')).toBe(false);
  });
});

describe('HTML', () => {
  it('lets nothing be loaded or run, and knows its own style', () => {
    const html = flowHtml(hostileGraph());
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(html).toContain(`content="default-src 'none'; style-src 'sha256-${hash}'"`);
    expect(html).not.toMatch(/<script|<img|<link|\sstyle=/i);
  });

  it('lists every endpoint, those of closed groups too', () => {
    const html = flowHtml(manyEndpoints(200));
    for (const at of [0, 77, 199]) expect(html).toContain(`big/fleet-6b8f-${at.toString(36).padStart(5, '0')}`);
  });

  it('nests the list as the flow goes', () => {
    const html = flowHtml(small);
    expect(html.slice(html.indexOf('<ul>'), html.indexOf('</main>'))).toBe(
      '<ul>\n<li>Entry 10.96.0.10:53/udp, clusterIP' +
        '<ul>\n<li>Service chain kube-system/kube-dns:dns, KUBE-SVC-TCOU7JCQXEZGVUNU' +
        '<ul>\n<li>25 % from 192.0.2.0/24: Verdict DROP, 3 packets' +
        '</li></ul></li></ul></li></ul>\n',
    );
  });
});
