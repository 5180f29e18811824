import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { percentText } from '../../server/src/base/percent.ts';
import { drawingText } from '../../server/src/base/safe-text.ts';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph, FlowNode } from '../../server/src/kube/flow/graph.ts';
import type { Resolution } from '../../server/src/kube/identity/chain-identity.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { nodeShares } from '../../webview/src/model/routes.ts';
import { launchBrowser } from '../support/browser.ts';
import { clusterFrom, rulesetFrom } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { buildWebview, type FlowPage, openFlowPage } from './flow-page.ts';

// A browser on a busy machine takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

interface Drawn {
  readonly id: string;
  readonly classes: string;
  readonly name: string;
  readonly chips: readonly string[];
  readonly hairpin: boolean;
}

/** The line that a click on a box shows: a chain's first rule (a dispatcher's first of this flow), a Pod's, or what leads there. */
function clickedLine(ruleset: Ruleset, graph: FlowGraph, node: FlowNode): number | null {
  const chain = ruleset.tables.find(({ name }) => name === node.table)?.chains.get(node.chain ?? '');
  const rule = node.kind === 'dispatch' ? undefined : chain?.rules[0];
  if (rule !== undefined && node.kind !== 'entry' && node.kind !== 'verdict') return rule + 1;
  const from = graph.edges.filter((edge) => edge.from === node.id && edge.line !== null).map((edge) => edge.line ?? 0);
  if (node.kind === 'dispatch' && from.length > 0) return Math.min(...from);
  return node.line ?? graph.edges.find((edge) => edge.to === node.id && edge.line !== null)?.line ?? null;
}

/** Everything that the page shows of boxes and edges, read out of its document. */
function readDrawing(flow: FlowPage): Promise<{
  readonly boxes: readonly Drawn[];
  readonly edges: readonly { readonly id: string; readonly text: string }[];
}> {
  return flow.page.evaluate(`(() => {
    const texts = (element, selector) => [...element.querySelectorAll(selector)].map((text) => text.textContent);
    const labels = new Map();
    for (const label of document.querySelectorAll('.labels > *')) {
      const id = label.getAttribute('data-id').split('\\n').slice(0, 2).join('\\n');
      labels.set(id, [...(labels.get(id) ?? []), texts(label, 'text').join(' ')]);
    }
    return {
      boxes: [...document.querySelectorAll('.boxes > *')].map((box) => ({
        id: box.getAttribute('data-id'),
        classes: box.getAttribute('class'),
        name: texts(box, '.name').join(''),
        chips: [...box.querySelectorAll('.chip')].map((chip) => texts(chip, '.chip-text').join(' ')),
        hairpin: box.querySelector('.hairpin') !== null,
      })),
      edges: [...document.querySelectorAll('.edges > *')].map((edge) => {
        const id = edge.getAttribute('data-id');
        return { id, text: (labels.get(id) ?? []).join(' | ') };
      }),
    };
  })()`);
}

/** Whether a text that may have been cut, at its end or within, is of another. */
function begins(shown: string, whole: string): boolean {
  const [head = '', tail = ''] = shown.split('…');
  return whole.startsWith(head) && whole.endsWith(tail);
}

function chipsExpected(node: FlowNode): readonly string[] {
  return node.badges
    .filter((badge) => badge.kind !== 'hairpin' || node.kind !== 'endpoint')
    .map((badge) => (badge.kind === 'masquerade' && badge.condition !== '' ? 'masquerade some' : drawingText(badge.label)));
}

const driftChips: Readonly<Record<string, string>> = { stale: 'stale', missing: 'missing in dump', differs: 'differs' };

/** What the page shows is what the graph says: every node, badge, state, verdict, share and condition. */
function compare(graph: FlowGraph, { boxes, edges }: Awaited<ReturnType<typeof readDrawing>>): void {
  expect(boxes.map((box) => box.id).toSorted()).toEqual(graph.nodes.map((node) => node.id).toSorted());
  const byId = new Map(boxes.map((box) => [box.id, box]));
  for (const node of graph.nodes) {
    const box = byId.get(node.id);
    if (box === undefined) throw new Error(`no box ${node.id}`);
    // Whole, in one line or several, which may end at a blank.
    expect(box.name.replaceAll(' ', '')).toBe(drawingText(node.label).replaceAll(' ', ''));
    expect(box.classes.split(' ')).toContain(`kind-${node.kind}`);
    const chips = [...box.chips];
    if (node.drift !== null) {
      expect(chips.shift()).toBe(driftChips[node.drift]);
      expect(box.classes.split(' ')).toContain(`drift-${node.drift}`);
    }
    if (node.pod?.ready === false && node.kind !== 'endpoint')
      expect(chips.shift()).toBe(node.pod.terminating ? 'terminating' : 'not ready');
    if (chips[0] === 'no packets') {
      expect(graph.edges.filter((edge) => edge.to === node.id).every((edge) => edge.packets === 0)).toBe(true);
      chips.shift();
    }
    const wanted = chipsExpected(node);
    expect(chips).toHaveLength(wanted.length);
    for (const [at, chip] of chips.entries()) expect(begins(chip, wanted[at] ?? '')).toBe(true);
    if (node.kind === 'endpoint') expect(box.hairpin).toBe(node.badges.some((badge) => badge.kind === 'hairpin'));
    if (node.kind === 'verdict') {
      const tone = node.label.startsWith('ACCEPT') ? 'accept' : /^(DROP|REJECT)/.test(node.label) ? 'drop' : 'other';
      expect(box.classes.split(' ')).toContain(`verdict-${tone}`);
    }
  }
  const byEdge = new Map(edges.map((edge) => [edge.id, edge.text]));
  for (const edge of graph.edges) {
    const text = byEdge.get(`${edge.from}\n${edge.to}`);
    if (text === undefined) throw new Error(`no edge from ${edge.from} to ${edge.to}`);
    if (edge.probability !== null && edge.probability < 1) expect(text).toContain(percentText(edge.probability));
    const [first = ''] = drawingText(edge.condition).split(' ');
    if (first !== '') expect(text).toContain(first);
    if (edge.packets !== null) expect(text).toContain(`${edge.packets.toLocaleString('en-US')} pkts`);
  }
}

describeWith('chromium', 'every Service of a real node', () => {
  let browser: Browser;
  let flow: FlowPage;
  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
    flow = await openFlowPage(browser, { viewport: { width: 2500, height: 1300 } });
  });
  afterAll(async () => {
    expect(flow.problems).toEqual([]);
    await browser.close();
  });

  const dumps = [
    ['shop/node-a.counters.iptables', 'shop/cluster.json', 11],
    ['shop/node-a.ip6tables', 'shop/cluster.json', 1],
    ['shop-stale/node-a.iptables', 'shop-stale/cluster.json', 10],
  ] as const;
  for (const [dump, snapshot, least] of dumps) {
    it(`${dump}: shares, badges, verdicts and clicks are those of the model`, async () => {
      const cluster = clusterFrom(labPath(snapshot));
      const resolution: Resolution = resolveChains(rulesetFrom(labPath(dump)), cluster);
      let shown = 0;
      for (const { namespace, name } of cluster.services) {
        const answer = flowGraph(resolution, { kind: 'service', namespace, name, port: null });
        if (!answer.ok) {
          await flow.send({ kind: 'nothing', uri: 'file:///d', file: 'd', to: name, reason: answer.reason });
          expect(await flow.page.locator('.empty-reason').textContent()).toBe(answer.reason);
          continue;
        }
        const { graph } = answer;
        await flow.show(graph, answer.to);
        compare(graph, await readDrawing(flow));
        for (const node of graph.nodes) {
          await flow.forget();
          await flow.page.locator(`.boxes > [data-id="${node.id}"]`).click();
          const line = clickedLine(resolution.ruleset, graph, node);
          const opened = (await flow.posted()).filter((message) => message.kind === 'open-line');
          expect(opened).toEqual(line === null ? [] : [{ kind: 'open-line', line, focus: false }]);
          const shares = await flow.page.locator('.details .share').allTextContents();
          const expected = nodeShares(indexGraph(graph), node);
          expect(shares).toEqual(
            node.kind === 'entry' ? [] : expected.map(({ entry, from, share }) => `${entry}${from}${percentText(share)}`),
          );
          for (const entry of graph.entries) {
            const own = node.shares[entry.id];
            // The first of an entry's routes is what the model's share is of.
            if (own !== undefined) expect(expected.find((item) => item.entry === entry.label)?.share).toBe(own);
          }
        }
        shown += 1;
      }
      expect(shown).toBeGreaterThanOrEqual(least);
    });
  }
});
