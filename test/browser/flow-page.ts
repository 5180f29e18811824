import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { type HostMessage, type PageMessage, readPageMessage } from '../../webview/src/messages.ts';
import type { FlowPanelState } from '../../webview/src/model/panel-state.ts';
import { type ThemeName, themeSheet } from './themes.ts';

const root = resolve(import.meta.dirname, '../..');
const built = join(root, 'dist/webview');
const origin = 'https://flow.test';

/** Where screenshots go; not kept in git. */
export const outputPath = join(root, 'test/output');

/** Builds the page's bundle, so that a test never looks at an old one; `npm test` has built it before the first test. */
export function buildWebview(): void {
  if (process.env['IPTABLES_BUILT'] === '1') return;
  execFileSync(process.execPath, [join(root, 'esbuild.mjs'), 'webview'], { stdio: 'pipe' });
}

export interface FlowPageOptions extends BrowserContextOptions {
  readonly theme?: ThemeName;
  /** What an earlier life of the page kept. */
  readonly kept?: unknown;
}

/** The built page as VS Code shows it, with this test as the extension at its other end. */
export interface FlowPage {
  readonly page: Page;
  /** All messages that the page has posted so far; one that the extension would refuse fails the test that reads them. */
  posted(): Promise<readonly PageMessage[]>;
  /** The last message of a kind, once there is one. */
  last<Kind extends PageMessage['kind']>(kind: Kind): Promise<Extract<PageMessage, { kind: Kind }>>;
  forget(): Promise<void>;
  send(message: HostMessage): Promise<void>;
  show(graph: FlowGraph, to?: string): Promise<void>;
  /** Two flows beside each other. */
  compare(graph: FlowGraph, other: FlowGraph, names?: readonly [string, string]): Promise<void>;
  /** What setState was given last. */
  state(): Promise<FlowPanelState>;
  /** Errors, refusals by the policy, and what the console complains about. */
  readonly problems: readonly string[];
  /** Loads it again, as it was when it was opened: a fraction of what another one takes. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the page with the policy of client/src/flow-page.ts and waits until it says that it listens. */
export async function openFlowPage(browser: Browser, options: FlowPageOptions = {}): Promise<FlowPage> {
  const { theme = 'light', kept, ...contextOptions } = options;
  // Without motion, so that a test need not wait for its end; a test of motion asks for it.
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    ...contextOptions,
  });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  await page.route(`${origin}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/flow.js') {
      await route.fulfill({ contentType: 'text/javascript', body: readFileSync(join(built, 'flow.js')) });
    } else if (pathname === '/flow.css') {
      await route.fulfill({ contentType: 'text/css', body: readFileSync(join(built, 'flow.css')) });
    } else if (pathname === '/theme.css') {
      await route.fulfill({ contentType: 'text/css', body: themeSheet(theme) });
    } else if (pathname === '/') {
      await route.fulfill({ contentType: 'text/html', body: pageSource(theme) });
    } else await route.abort();
  });
  await page.addInitScript(`
    (() => {
      let state = ${JSON.stringify(kept ?? null)} ?? undefined;
      window.posted = [];
      window.acquireVsCodeApi = () => ({
        postMessage: (message) => window.posted.push(structuredClone(message)),
        getState: () => state,
        setState: (next) => { state = structuredClone(next); window.keptState = state; },
      });
    })();
  `);
  await page.goto(`${origin}/`);
  const posted = async (): Promise<readonly PageMessage[]> => {
    const raw = await page.evaluate<unknown[]>('window.posted');
    return raw.map((message) => {
      const read = readPageMessage(message);
      if (read === null) throw new Error(`The extension would refuse ${JSON.stringify(message).slice(0, 300)}`);
      return read;
    });
  };
  const send = (message: HostMessage): Promise<void> =>
    page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`).then(() => untilDrawn(page));
  return {
    page,
    posted,
    async last(kind) {
      // Not with waitForFunction, whose way of polling the page's policy forbids.
      for (let turn = 0; turn < 400; turn += 1) {
        const found = (await posted()).findLast((message) => message.kind === kind);
        if (found !== undefined) return found as Extract<PageMessage, { kind: typeof kind }>;
        await page.waitForTimeout(50);
      }
      throw new Error(`The page has posted no ${kind}.`);
    },
    async forget() {
      await page.evaluate('void (window.posted = [])');
    },
    send,
    show: (graph, to = graph.title) =>
      send({ kind: 'flow', uri: 'file:///dumps/node-a.iptables', file: 'node-a.iptables', to, graph }),
    compare: (graph, other, [file, otherFile] = ['node-a.iptables', 'node-b.iptables']) =>
      send({
        kind: 'flow',
        uri: 'file:///dumps/node-a.iptables',
        file,
        to: graph.title,
        graph,
        other: { uri: 'file:///dumps/node-b.iptables', expected: false, file: otherFile, graph: other },
      }),
    async state() {
      // It is kept 150 ms after a change. A clock of the page itself ends behind that one, however slow the page is.
      return page.evaluate<FlowPanelState>('new Promise((done) => setTimeout(() => done(window.keptState), 200))');
    },
    problems,
    reload: () => page.goto(`${origin}/`).then(() => undefined),
    close: () => context.close(),
  };
}

/** Two frames: a message has arrived and what follows from it is drawn. */
export async function untilDrawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 0))');
}

function pageSource(theme: ThemeName): string {
  const nonce = 'dGVzdA';
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${origin}; img-src blob:`;
  const classes: Readonly<Record<ThemeName, string>> = {
    light: 'vscode-light',
    dark: 'vscode-dark',
    'high-contrast': 'vscode-high-contrast',
    'high-contrast-light': 'vscode-high-contrast-light vscode-high-contrast',
  };
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NAT flow</title>
<link rel="stylesheet" href="/theme.css">
<link rel="stylesheet" href="/flow.css">
</head>
<body class="${classes[theme]}" data-vscode-theme-id="${theme}">
<script nonce="${nonce}" src="/flow.js"></script>
</body>
</html>
`;
}
