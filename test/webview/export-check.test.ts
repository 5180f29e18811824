import { describe, expect, it } from 'vitest';
import { flowDot } from '../../webview/src/export/dot.ts';
import { flowHtml } from '../../webview/src/export/html.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { readPageMessage } from '../../webview/src/messages.ts';
import { isDrawing, isExport, isNameFor, isPage } from '../../webview/src/model/export-check.ts';
import { chainGraph, hostileGraph, manyEndpoints, richGraph } from './fixtures.ts';

const graphs = { rich: richGraph(), hostile: hostileGraph(), chain: chainGraph(), many: manyEndpoints(300) };
const svg = flowSvg(richGraph());
const html = flowHtml(richGraph());
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('what the page makes is taken', () => {
  it.each(Object.entries(graphs))('of a %s flow', (_name, graph) => {
    for (const theme of ['light', 'dark'] as const) {
      expect(isExport('svg', 'a.svg', flowSvg(graph, { theme }))).toBe(true);
      expect(isExport('html', 'a.html', flowHtml(graph, { theme }))).toBe(true);
    }
    expect(isExport('mermaid', 'a.mmd', flowMermaid(graph))).toBe(true);
    expect(isExport('dot', 'a.dot', flowDot(graph))).toBe(true);
  });

  it('and a picture', () => {
    expect(isExport('png', 'a.png', png)).toBe(true);
  });
});

describe('a drawing is refused', () => {
  const inside = (text: string): string => svg.replace('</svg>', `${text}</svg>`);

  it.each([
    ['with a script', inside('<script>alert(1)</script>')],
    ['with a handler', inside('<g onload="alert(1)"/>')],
    ['with a link', inside('<g href="https://evil.example"/>')],
    ['with a style', inside('<g style="background:url(x)"/>')],
    ['with foreign content', inside('<foreignObject/>')],
    ['with a comment', inside('<!-- x -->')],
    ['with an entity', svg.replace('?>\n', '?>\n<!DOCTYPE svg [<!ENTITY x "y">]>\n')],
    ['with an attribute without quotes', inside('<g onload=alert(1)>')],
    ['with a half tag', inside('<g')],
    ['that is a page', html],
    ['that is empty', ''],
  ])('%s', (_name, text) => {
    expect(isDrawing(text)).toBe(false);
  });
});

describe('a page is refused', () => {
  const inside = (text: string): string => html.replace('</main>', `${text}</main>`);

  it.each([
    ['with a script', inside('<script>alert(1)</script>')],
    ['with an image', inside('<img src="x"/>')],
    ['with a link', inside('<a href="x">x</a>')],
    ['with a form', inside('<form action="x"></form>')],
    ['with a frame', inside('<iframe src="x"></iframe>')],
    ['with a handler', inside('<div onclick="x"></div>')],
    ['that leads elsewhere', html.replace('<title>', '<meta http-equiv="refresh" content="0;url=x"><title>')],
    ['without a policy', html.replace(/<meta http-equiv[^>]*>\n/, '')],
    ['with another policy', html.replace("default-src 'none'", 'default-src *')],
    ['with something before the policy', html.replace('<meta charset', '<script>x</script><meta charset')],
    ['that is a drawing', svg],
  ])('%s', (_name, text) => {
    expect(isPage(text)).toBe(false);
  });
});

describe('a file', () => {
  it('ends as its format does', () => {
    expect(isNameFor('nat-flow-shop-web.svg', 'svg')).toBe(true);
    for (const name of ['a.html', 'a.svg.exe', 'a', 'a.SVG', 'svg']) expect(isNameFor(name, 'svg')).toBe(false);
    for (const name of ['con.svg', 'NUL.svg', 'com1.svg']) expect(isNameFor(name, 'svg')).toBe(false);
  });

  it.each([
    ['svg', 'a.svg', png],
    ['png', 'a.png', svg],
    ['png', 'a.png', `${png.slice(0, -4)}<s>=`],
    ['html', 'a.html', '<html><script>'],
    ['mermaid', 'a.mmd', html],
    ['dot', 'a.dot', svg],
  ] as const)('has the content of its format: %s is not %s', (format, name, content) => {
    expect(isExport(format, name, content)).toBe(false);
  });

  it('to be printed is a page', () => {
    expect(readPageMessage({ kind: 'print', name: 'a.html', html })?.kind).toBe('print');
    expect(readPageMessage({ kind: 'print', name: 'a.svg', html })).toBeNull();
    expect(readPageMessage({ kind: 'print', name: 'a.html', html: svg })).toBeNull();
    expect(readPageMessage({ kind: 'print', name: 'a.exe', html })).toBeNull();
  });
});
