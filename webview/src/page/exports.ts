import { compareSvg } from '../export/compare-svg.ts';
import { flowDot } from '../export/dot.ts';
import { compareHtml, flowHtml } from '../export/html.ts';
import { drawnGraph } from '../export/map-drawn-graph.ts';
import { flowMermaid } from '../export/mermaid.ts';
import { flowSvg, type SvgOptions } from '../export/svg.ts';
import type { LayoutOptions } from '../layout/model.ts';
import { plainOptions } from '../layout/model.ts';
import type { PageMessage } from '../messages.ts';
import type { FlowComparison } from '../model/compare-flows.ts';
import { extensions, type SaveFormat } from '../model/export-check.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { MenuEntry } from './menu-list.ts';

/** What is shown, to be exported; null where nothing is. */
export interface Exportable {
  readonly index: GraphIndex;
  readonly file: string;
  readonly options: LayoutOptions;
  /** The two flows that are shown; null where there is one. */
  readonly comparison: FlowComparison | null;
  /** As `options.keep`, of the second of two flows. */
  readonly otherKeep: LayoutOptions['keep'];
}

/** A canvas has limits, and nobody wants a picture larger than this. */
const mostPixels = 60_000_000;

/** The export menu's entries. */
export function exportEntries(
  current: () => Exportable | null,
  post: (message: PageMessage) => void,
  say: (text: string) => void,
): readonly MenuEntry[] {
  const entry = (label: string, run: (shown: Exportable) => void | Promise<void>): MenuEntry => ({
    label,
    run() {
      const shown = current();
      if (shown === null) {
        say('There is nothing to export.');
        return;
      }
      Promise.resolve(run(shown)).catch((error: unknown) => say(error instanceof Error ? error.message : String(error)));
    },
  });
  const save = (shown: Exportable, format: SaveFormat, content: string): void =>
    post({ kind: 'save', format, name: `${baseName(shown)}.${extensions[format]}`, content });
  return [
    entry('Copy as Mermaid', ({ index, options }) =>
      post({ kind: 'copy', text: flowMermaid(drawnGraph(index, options), options.grouping), what: 'Mermaid' }),
    ),
    entry('Save as SVG…', (shown) => save(shown, 'svg', svgOf(shown))),
    entry('Save as PNG…', async (shown) => save(shown, 'png', await pngOf(svgOf(shown)))),
    entry('Save as HTML page…', (shown) => save(shown, 'html', htmlOf(shown, svgOptions(shown)))),
    entry('Save as Mermaid…', (shown) =>
      save(shown, 'mermaid', flowMermaid(drawnGraph(shown.index, shown.options), shown.options.grouping)),
    ),
    entry('Save as Graphviz DOT…', (shown) => save(shown, 'dot', flowDot(drawnGraph(shown.index, shown.options)))),
    entry('Print…', (shown) =>
      post({
        kind: 'print',
        name: `${baseName(shown)}.html`,
        html: htmlOf(shown, { ...svgOptions(shown), theme: 'light' }),
      }),
    ),
  ];
}

function svgOf(shown: Exportable): string {
  const { comparison, index } = shown;
  return comparison === null ? flowSvg(index.graph, svgOptions(shown)) : compareSvg(comparison, svgOptions(shown));
}

function htmlOf({ comparison, index }: Exportable, options: SvgOptions): string {
  return comparison === null ? flowHtml(index.graph, options) : compareHtml(comparison, options);
}

/** As it is on the page, in columns, in the light or dark that the page has, and in fonts that any machine has. */
function svgOptions({ file, options, otherKeep }: Exportable): SvgOptions {
  const { classList } = document.body;
  const dark =
    classList.contains('vscode-dark') ||
    (classList.contains('vscode-high-contrast') && !classList.contains('vscode-high-contrast-light'));
  return {
    ...options,
    otherKeep,
    form: 'columns',
    room: null,
    measure: plainOptions.measure,
    subtitle: file,
    theme: dark ? 'dark' : 'light',
  };
}

/** "shop-web-http": what the host lets pass as a file's name. */
function baseName({ index }: Exportable): string {
  const name = index.graph.title
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/^[-.]+/, '')
    .slice(0, 80);
  return `${index.map === null ? 'nat-flow' : 'map'}-${name === '' ? 'drawing' : name.replace(/[-.]$/, '')}`;
}

/** The picture in twice its size as PNG, in base64. */
async function pngOf(svg: string): Promise<string> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(2, Math.sqrt(mostPixels / (image.naturalWidth * image.naturalHeight)), 16_000 / image.naturalHeight);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.floor(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.floor(image.naturalHeight * scale));
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('This window cannot draw pictures.');
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (blob === null) throw new Error('The picture is too large for PNG; SVG has no limit.');
    return base64(new Uint8Array(await blob.arrayBuffer()));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function base64(bytes: Uint8Array): string {
  let text = '';
  // In pieces, as a call takes some ten thousand arguments only.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
