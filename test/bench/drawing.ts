/**
 * How fast a flow is drawn in Chromium: from the message with the graph to the frame that shows it, and how smoothly it pans.
 * `node test/bench/drawing.ts [--json]` prints the figures of this alone.
 */
import type { Browser } from 'playwright-core';
import { flowGraph } from '../../server/src/kube/flow/build-flow.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { buildWebview, openFlowPage } from '../browser/flow-page.ts';
import { launchBrowser } from '../support/browser.ts';
import { clusterOf } from '../support/dumps.ts';
import { generateCluster, generateDump } from './generate.ts';
import { median, percentile, timed } from './statistics.ts';

export interface DrawingFigures {
  readonly endpoints: number;
  /** Milliseconds that the server takes to follow the Service's packets once the dump is read; median. */
  readonly asked: number;
  /** Milliseconds from the message to the frame that shows it, endpoints in groups; median of several new panels. */
  readonly drawn: number;
  /** The same for an edit of the dump: the same flow again in a panel that shows it. */
  readonly redrawn: number;
  /** Milliseconds to open everything: every group of the Service. */
  readonly opened: number;
  /** Frames a second while panning down through all that is open, and the 95th percentile of a frame in milliseconds. */
  readonly framesPerSecond: number;
  readonly slowFrame: number;
}

const panels = 5;

/** In the page: sends a message and tells how long it takes until the frame with it has been painted. */
function untilPainted(action: string): string {
  return `new Promise((done) => {
    const started = performance.now();
    ${action};
    setTimeout(() => requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(performance.now() - started);
      port2.postMessage(0);
    }), 0);
  })`;
}

const panDown = `new Promise((done) => {
  const canvas = document.querySelector('.canvas');
  const frames = [];
  let before = 0;
  const step = (now) => {
    if (before !== 0) frames.push(now - before);
    before = now;
    if (frames.length === 150) return done(frames);
    canvas.dispatchEvent(new WheelEvent('wheel', { deltaY: 37, clientX: 300, clientY: 300, bubbles: true, cancelable: true }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

/** A flow as the server makes it of a generated dump, and how long that takes. */
function askForFlow(endpoints: number): { readonly graph: FlowGraph; readonly milliseconds: number } {
  // A few Services beside it, as on a real node.
  const shape = { services: 3, endpoints };
  const ruleset = buildWholeRuleset(readWholeDocument(generateDump(shape), 'node-0.iptables'));
  const resolution = resolveChains(ruleset, clusterOf(JSON.stringify(generateCluster(shape))));
  const service = resolution.cluster.services[1];
  if (service === undefined) throw new Error('The generated cluster has no Services.');
  const target = { kind: 'service', namespace: service.namespace, name: service.name, port: null } as const;
  const answers = Array.from({ length: 5 }, () => timed(() => flowGraph(resolution, target)));
  const answer = answers[0]?.value;
  if (answer?.ok !== true) throw new Error(`No flow: ${answer?.reason}`);
  return { graph: answer.graph, milliseconds: median(answers.map((each) => each.milliseconds)) };
}

/** Measures the built page with a Service of so many endpoints. */
export async function measureDrawing(browser: Browser, endpoints: number): Promise<DrawingFigures> {
  const { graph, milliseconds } = askForFlow(endpoints);
  const message = { kind: 'flow', uri: 'file:///node-a.iptables', file: 'node-a.iptables', to: 'big/fleet', graph };
  // Parsed beforehand, as the extension host's message is.
  const prepare = `void (window.prepared = JSON.parse(${JSON.stringify(JSON.stringify(message))}))`;
  const drawn: number[] = [];
  const redrawn: number[] = [];
  for (let panel = 0; panel < panels; panel += 1) {
    const { page, close } = await openFlowPage(browser, { viewport: { width: 1200, height: 800 } });
    await page.evaluate(prepare);
    drawn.push(await page.evaluate<number>(untilPainted("window.postMessage(window.prepared, '*')")));
    redrawn.push(await page.evaluate<number>(untilPainted("window.postMessage(window.prepared, '*')")));
    await close();
  }
  const first = await openFlowPage(browser);
  await first.show(graph, 'big/fleet');
  const groups = await first.page.evaluate<string[]>(
    '[...document.querySelectorAll(".boxes > .kind-group")].map((box) => box.getAttribute("data-id"))',
  );
  const kept = { ...(await first.state()), uri: message.uri, to: message.to, open: groups };
  await first.close();
  const { page, close } = await openFlowPage(browser, { viewport: { width: 1200, height: 800 }, kept });
  await page.evaluate(prepare);
  const opened = await page.evaluate<number>(untilPainted("window.postMessage(window.prepared, '*')"));
  const frames = await page.evaluate<number[]>(panDown);
  await close();
  return {
    endpoints,
    asked: milliseconds,
    drawn: median(drawn),
    redrawn: median(redrawn),
    opened,
    framesPerSecond: (1000 * frames.length) / frames.reduce((sum, frame) => sum + frame, 0),
    slowFrame: percentile(frames, 0.95),
  };
}

if (import.meta.main) {
  buildWebview();
  const browser = await launchBrowser();
  const figures: DrawingFigures[] = [];
  for (const endpoints of [1000, 5000]) figures.push(await measureDrawing(browser, endpoints));
  await browser.close();
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures, null, 2));
  else {
    console.table(
      figures.map((figure) =>
        Object.fromEntries(Object.entries(figure).map(([name, value]) => [name, Math.round(value * 10) / 10])),
      ),
    );
  }
}
