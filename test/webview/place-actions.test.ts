import { describe, expect, it } from 'vitest';
import { indexGraph } from '../../webview/src/model/graph-index.ts';
import { edgeActions, nodeActions, type PlaceAction } from '../../webview/src/page/place-actions.ts';
import { edge, richGraph } from './fixtures.ts';

const index = indexGraph(richGraph());

function said({ label, message }: PlaceAction): string {
  if (message.kind === 'open-line') return `${label}: line ${message.line}`;
  if (message.kind === 'copy') return `${label}: ${message.text}`;
  if (message.kind === 'trace') return `${label}: ${message.from} to ${message.to}, ${message.protocol}`;
  return message.kind === 'request-flow' ? `${label}: ${message.to}` : label;
}

function at(id: string): readonly string[] {
  const node = index.nodes.get(id);
  return node === undefined ? [] : nodeActions(index, node).map(said);
}

describe('the menu of a place', () => {
  it('leads from a chain to its first rule, to its declaration and to its graph', () => {
    expect(at('svc')).toEqual([
      'Go to Rule: line 74',
      'Go to Declaration: line 33',
      'Copy Chain Name: KUBE-SVC-LNITJ2S4TDGKMAA3',
      'Copy Service Name: shop/web',
      'Show Chain Graph: chain:nat/KUBE-SVC-LNITJ2S4TDGKMAA3@3',
    ]);
  });

  it('copies the address and the name of a Pod, and leads to the rule that sends packets there', () => {
    expect(at('pod:1')).toEqual([
      'Go to Rule: line 85',
      'Copy Address: 10.244.0.11:8080',
      'Copy Pod Name: shop/web-7d9c-x2x4z',
      'Open Object in Snapshot',
      'Trace Packet to Here…: null to 10.244.0.11:8080, tcp',
      'Trace Packet from Here…: shop/web-7d9c-x2x4z to null, tcp',
    ]);
  });

  it('copies where an entry listens', () => {
    expect(at('e:ip')).toContain('Copy Address: 10.96.20.10:80/tcp');
    expect(at('e:np')).toContain('Copy Address: 30080/tcp');
    expect(at('e:ip')).toContain('Trace Packet to Here…: null to 10.96.20.10:80, tcp');
    expect(at('e:np').join()).not.toContain('Trace');
  });

  it('leads from a verdict to its rule alone', () => {
    expect(at('drop')).toEqual(['Go to Rule: line 140']);
  });

  it('leads from an edge to each of its rules', () => {
    expect(edgeActions([edge('a', 'b', { line: 64, rule: '-A X -j Y' })]).map(said)).toEqual([
      'Go to Rule: line 64',
      'Copy Rule: -A X -j Y',
    ]);
    expect(edgeActions([edge('a', 'b', { line: 64 }), edge('a', 'b', { line: 1065 })]).map(said)).toEqual([
      'Go to Rule at Line 64: line 64',
      'Go to Rule at Line 1,065: line 1065',
    ]);
    expect(edgeActions([edge('a', 'b')])).toEqual([]);
  });
});
