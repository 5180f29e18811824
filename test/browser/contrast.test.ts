import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';
import { manyEndpoints, richGraph } from '../webview/fixtures.ts';
import { richMap } from '../webview/map-fixtures.ts';
import { buildWebview, type FlowPage, openFlowPage } from './flow-page.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const extensions = resolve(import.meta.dirname, '../editor/node_modules/code-server/lib/vscode/extensions');

type Colors = Readonly<Record<string, string>>;

interface Theme {
  readonly name: string;
  readonly kind: 'vs' | 'vs-dark' | 'hc-black' | 'hc-light';
  readonly colors: Colors;
}

const bodyClasses: Readonly<Record<Theme['kind'], string>> = {
  vs: 'vscode-light',
  'vs-dark': 'vscode-dark',
  'hc-black': 'vscode-high-contrast',
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};

/** What VS Code takes where a theme does not say (src/vs/platform/theme/common/colors). */
const defaults: Readonly<Record<Theme['kind'], Colors>> = {
  vs: {
    focusBorder: '#0090f1',
    'editor.background': '#ffffff',
    'editor.foreground': '#333333',
    'editorError.foreground': '#e51400',
    'editorInfo.foreground': '#0063d3',
    'minimap.findMatchHighlight': '#d18616',
    'charts.green': '#388a34',
    'charts.purple': '#652d90',
  },
  'vs-dark': {
    focusBorder: '#007fd4',
    'editor.background': '#1e1e1e',
    'editor.foreground': '#bbbbbb',
    'editorError.foreground': '#f14c4c',
    'editorInfo.foreground': '#59a4f9',
    'minimap.findMatchHighlight': '#d18616',
    'charts.green': '#89d185',
    'charts.purple': '#b180d7',
  },
  'hc-black': {
    focusBorder: '#f38518',
    'editor.background': '#000000',
    'editor.foreground': '#ffffff',
    'editorError.foreground': '#f48771',
    'editorInfo.foreground': '#59a4f9',
    'minimap.findMatchHighlight': '#ab5a00',
    'charts.green': '#89d185',
    'charts.purple': '#b180d7',
  },
  'hc-light': {
    focusBorder: '#006bbd',
    'editor.background': '#ffffff',
    'editor.foreground': '#292929',
    'editorError.foreground': '#b5200d',
    'editorInfo.foreground': '#0063d3',
    'minimap.findMatchHighlight': '#0f4a85',
    'charts.green': '#374e06',
    'charts.purple': '#652d90',
  },
};

/** A chart's colour is that of something else where a theme does not say. */
const sameAs: Readonly<Record<string, string>> = {
  'charts.red': 'editorError.foreground',
  'charts.blue': 'editorInfo.foreground',
  'charts.orange': 'minimap.findMatchHighlight',
};

function colorsOf(path: string): Colors {
  const { include, colors = {} } = JSON.parse(readFileSync(path, 'utf8')) as { include?: string; colors?: Colors };
  return { ...(include === undefined ? {} : colorsOf(join(dirname(path), include))), ...colors };
}

function bundledThemes(): readonly Theme[] {
  return readdirSync(extensions)
    .filter((name) => name.startsWith('theme-'))
    .flatMap((name) => {
      const folder = join(extensions, name);
      const { contributes } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        contributes: { themes?: readonly { id: string; uiTheme: Theme['kind']; path: string }[] };
      };
      return (contributes.themes ?? []).map(({ id, uiTheme, path }) => {
        const own = { ...defaults[uiTheme], ...colorsOf(join(folder, path)) };
        const charts = Object.entries(sameAs).map(([chart, other]) => [chart, own[chart] ?? own[other] ?? '']);
        return { name: id, kind: uiTheme, colors: { ...own, ...Object.fromEntries(charts) } };
      });
    });
}

/** In the page: the contrast (WCAG 2) of a CSS colour as an element has it against the page's ground. */
const contrastScript = `(selector, property) => {
  const paint = (colors) => {
    const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d');
    for (const color of colors) { context.fillStyle = color; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((value) => { const v = value / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = getComputedStyle(document.body).backgroundColor;
  const color = getComputedStyle(document.querySelector(selector))[property];
  const [a, b] = [light(paint(['#fff', ground])), light(paint(['#fff', ground, color]))].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}`;

/** Shapes, which need 3:1, and texts, which need 4.5:1. */
const shapes: readonly (readonly [selector: string, property: string])[] = [
  ['.kind-entry .stripe', 'fill'],
  ['.kind-firewall .stripe', 'fill'],
  ['.kind-service .stripe', 'fill'],
  ['.kind-endpoint .stripe', 'fill'],
  ['.kind-pod .stripe', 'fill'],
  ['.kind-verdict .stripe', 'fill'],
  ['circle.ready', 'fill'],
  ['circle.not-ready', 'stroke'],
  ['.edge .line', 'stroke'],
  ['.edge.verdict-drop .line', 'stroke'],
  ['.edge.drift-stale .line', 'stroke'],
];
/** Of a map. */
const mapShapes: typeof shapes = [
  ['.sign-good', 'stroke'],
  ['.sign-warning', 'stroke'],
  ['.sign-bad', 'stroke'],
  ['.sign-unsure', 'stroke'],
  ['.kind-entry .stripe', 'fill'],
  ['.kind-namespace .stripe', 'fill'],
  ['.kind-listed-service .stripe', 'fill'],
  ['.kind-host .stripe', 'fill'],
  ['.kind-pod .stripe', 'fill'],
];
/** Of two flows, and of a traced packet. */
const comparedShapes: typeof shapes = [
  ['.box.contrast-only .back', 'stroke'],
  ['.edge.contrast-only .line', 'stroke'],
];
const tracedShapes: typeof shapes = [
  ['.step:not(.current) .step-back', 'fill'],
  ['.step.current .step-back', 'stroke'],
  ['.step.current .step-text', 'fill'],
  ['.edge.lit .line', 'stroke'],
];
const texts: readonly string[] = ['.answer .tone-bad', '.answer .tone-warning', '.answer-state', '.verdict-drop .name'];

describeWith(['chromium', 'code-server'], 'colours that carry meaning', () => {
  let browser: Browser;
  const pages: { readonly flow: FlowPage; readonly shapes: typeof shapes; readonly texts: readonly string[] }[] = [];
  beforeAll(async () => {
    buildWebview();
    browser = await launchBrowser();
    const open = (): Promise<FlowPage> => openFlowPage(browser, { viewport: { width: 1900, height: 800 } });
    const [flow, map, compared, traced] = [await open(), await open(), await open(), await open()];
    await flow.show(richGraph());
    await map.show(richMap(), 'map:');
    await compared.compare(richGraph(), manyEndpoints(3));
    await traced.show(richGraph());
    const steps = [
      { line: 64, words: 'KUBE-FW: jump' },
      { line: 82, words: 'KUBE-SVL: jump' },
    ];
    await traced.send({ kind: 'traced', title: 'tcp', steps, current: 1 });
    pages.push(
      { flow, shapes, texts },
      { flow: map, shapes: mapShapes, texts: ['.answer-state'] },
      { flow: compared, shapes: comparedShapes, texts: [] },
      { flow: traced, shapes: tracedShapes, texts: [] },
    );
  });
  afterAll(() => browser.close());

  const contrast = (flow: FlowPage, selector: string, property: string): Promise<number> =>
    flow.page.evaluate<number>(`(${contrastScript})(${JSON.stringify(selector)}, ${JSON.stringify(property)})`);

  it.each(bundledThemesOrNone())('are told from the ground in $name', async ({ kind, colors }) => {
    const variables = Object.entries(colors).map(([name, value]) => [`--vscode-${name.replaceAll('.', '-')}`, value]);
    const faint: string[] = [];
    for (const { flow, shapes: drawn, texts: words } of pages) {
      await flow.page.evaluate(
        `document.body.className = ${JSON.stringify(bodyClasses[kind])};
       document.body.removeAttribute('style'); document.documentElement.removeAttribute('style');
       for (const [name, value] of ${JSON.stringify(variables)}) document.documentElement.style.setProperty(name, value);`,
      );
      for (const [selector, property] of drawn) {
        const ratio = await contrast(flow, selector, property);
        if (ratio < 3) faint.push(`${selector} ${ratio.toFixed(2)}`);
      }
      for (const selector of words) {
        const ratio = await contrast(flow, selector, selector.endsWith('.name') ? 'fill' : 'color');
        if (ratio < 4.5) faint.push(`${selector} ${ratio.toFixed(2)}`);
      }
    }
    expect(faint).toEqual([]);
  });
});

/** None where the editor that brings them is not installed: the whole is skipped there. */
function bundledThemesOrNone(): readonly Theme[] {
  try {
    return bundledThemes();
  } catch {
    return [];
  }
}
