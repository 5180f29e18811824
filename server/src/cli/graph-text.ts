/** A graph in the formats that the command line prints: a flow's, a chain's or a map's. */
import { flowDot } from '../../../webview/src/export/dot.ts';
import { flowLines } from '../../../webview/src/export/flow-lines.ts';
import { flowHtml } from '../../../webview/src/export/html.ts';
import { flowMermaid } from '../../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../../webview/src/export/svg.ts';
import { jsonText, terminalText } from '../base/safe-text.ts';
import type { FlowGraph } from '../kube/flow/graph.ts';
import { pc } from './colors.ts';
import type { flowFormats } from './flow-formats.ts';

/** @param file the dump's name, which stands under a picture's title */
export function graphText(graph: FlowGraph, format: (typeof flowFormats)[number], file: string): string {
  switch (format) {
    case 'json':
      return jsonText(graph.map === undefined ? graph : mapData(graph, graph.map.services));
    case 'svg':
      return flowSvg(graph, { subtitle: file });
    case 'html':
      return flowHtml(graph, { subtitle: file });
    case 'mermaid':
      return flowMermaid(graph);
    case 'dot':
      return flowDot(graph);
    case 'text':
      return indentedText(graph);
  }
}

/** A map without what only flows have. */
function mapData({ title, source, notes }: FlowGraph, services: readonly object[]): object {
  return { title, source, notes, services };
}

function indentedText(graph: FlowGraph): string {
  const lines = [`${pc.bold(terminalText(graph.title))} ${pc.dim(`(${terminalText(graph.source)})`)}`];
  const arrow = graph.map === undefined ? '-> ' : '';
  for (const { level, branch, text } of flowLines(graph)) {
    const indent = '  '.repeat(level - 1);
    lines.push(
      `${indent}${level > 1 ? arrow : ''}${branch === '' ? '' : `${pc.cyan(terminalText(branch))}  `}${terminalText(text)}`,
    );
  }
  for (const { severity, message } of graph.notes) {
    lines.push(
      severity === 'warning' ? pc.yellow(`warning: ${terminalText(message)}`) : pc.dim(`note: ${terminalText(message)}`),
    );
  }
  return lines.join('\n');
}
