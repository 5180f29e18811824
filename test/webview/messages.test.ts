import { describe, expect, it } from 'vitest';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { readHostMessage, readPageMessage } from '../../webview/src/messages.ts';
import { edge, graphOf, node, richGraph } from './fixtures.ts';

const source = { uri: 'file:///d', file: 'd', to: 'shop/web' };

describe('a message from the extension', () => {
  it('is taken when it is whole', () => {
    expect(readHostMessage({ kind: 'flow', ...source, graph: richGraph() })?.kind).toBe('flow');
    expect(readHostMessage({ kind: 'highlight', line: 3, table: 'nat', chain: null })?.kind).toBe('highlight');
    expect(readHostMessage({ kind: 'loading', ...source })?.kind).toBe('loading');
  });

  it('is refused when a part is missing, of another type, or refers to nothing', () => {
    const graph = richGraph();
    for (const message of [
      null,
      'flow',
      { kind: 'constructor' },
      { kind: 'flow', ...source },
      { kind: 'flow', ...source, graph: { ...graph, nodes: [{ id: 'x' }] } },
      { kind: 'flow', ...source, graph: graphOf([node('a', 'chain')], [edge('a', 'gone')]) },
      { kind: 'flow', ...source, graph: graphOf([node('a', 'chain'), node('a', 'chain')], []) },
      { kind: 'flow', ...source, graph: { ...graph, edges: [{ ...edge('svc', 'svl'), probability: Number.NaN }] } },
      { kind: 'highlight', line: 0, table: null, chain: null },
      { kind: 'nothing', ...source, reason: 7 },
    ]) {
      expect(readHostMessage(message)).toBeNull();
    }
  });

  it('may have fields that this page does not know', () => {
    expect(readHostMessage({ kind: 'loading', ...source, since: 12 })?.kind).toBe('loading');
  });
});

describe('a message from the page', () => {
  it('is taken when it is whole', () => {
    expect(readPageMessage({ kind: 'open-line', line: 12, focus: false })?.kind).toBe('open-line');
    expect(
      readPageMessage({ kind: 'save', format: 'svg', name: 'nat-flow-shop-web.svg', content: flowSvg(richGraph()) })?.kind,
    ).toBe('save');
  });

  it('names no file outside of where it is saved', () => {
    const content = flowSvg(richGraph());
    for (const name of ['../x.svg', '/etc/passwd', 'a/b.svg', '.hidden', 'a..svg', '', 'x\\y.svg', 'a b.svg']) {
      expect(readPageMessage({ kind: 'save', format: 'svg', name, content })).toBeNull();
    }
  });

  it('opens no line before the first', () => {
    for (const line of [0, -1, 1.5, '3', Number.POSITIVE_INFINITY]) {
      expect(readPageMessage({ kind: 'open-line', line, focus: true })).toBeNull();
    }
  });
});
