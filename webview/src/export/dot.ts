import { counted } from '../../../server/src/base/counted.ts';
import { cutText, drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph, FlowNode, FlowState } from '../../../server/src/kube/flow/graph.ts';
import { plainOptions } from '../layout/model.ts';
import { badgeChip, branchText, driftText } from '../model/format.ts';
import { indexGraph } from '../model/graph-index.ts';
import { stateTones } from '../model/service-state.ts';
import { drawnGraph } from './map-drawn-graph.ts';
import { paletteOf } from './palette.ts';
import { verdictTone } from './svg-elements.ts';

/** Graphviz takes no string of more than 16,384 bytes; what is written for one character has five bytes at most. */
const longestLine = 400;
const longestString = 3_000;

/**
 * A string as DOT has it; a line break within is written as the two characters `\n`. Graphviz draws the character that an entity of HTML stands
 * for, in plain strings too.
 */
function quoted(...lines: readonly string[]): string {
  const shown: string[] = [];
  let length = 0;
  for (const line of new Set(lines)) {
    if (line === '') continue;
    const text = cutText(drawingText(line), longestLine);
    length += text.length + 1;
    if (length > longestString) {
      shown.push('…');
      break;
    }
    shown.push(text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('&', '&amp;'));
  }
  return `"${shown.join('\\n')}"`;
}

function colourOf(node: FlowNode): string {
  const palette = paletteOf('light');
  if (node.drift === 'stale' || node.drift === 'missing') return palette.red;
  switch (node.kind) {
    case 'entry':
      return palette.blue;
    case 'external':
    case 'firewall':
      return palette.orange;
    case 'service':
    case 'service-local':
      return palette.purple;
    case 'endpoint':
      return palette.teal;
    case 'pod':
      return palette.green;
    case 'listed-service':
      return node.state === undefined ? palette.purple : stateColour(palette, node.state);
    case 'verdict':
      return verdictTone(node) === 'drop' ? palette.red : palette.green;
    default:
      return palette.grey;
  }
}

/** The colour of a Service's state; of one that is not known none of them. */
function stateColour(palette: ReturnType<typeof paletteOf>, { kind }: FlowState): string {
  const tone = stateTones[kind];
  if (tone === 'good') return palette.green;
  return tone === 'bad' ? palette.red : tone === 'warning' ? palette.orange : palette.grey;
}

/** A flow for Graphviz: every node and every rule of the graph, from left to right. */
export function flowDot(given: FlowGraph): string {
  const graph = drawnGraph(indexGraph(given), plainOptions);
  const ids = new Map(graph.nodes.map((node, at) => [node.id, `n${at}`]));
  const lines = [
    'digraph flow {',
    `  graph [rankdir=LR, label=${quoted(graph.title)}, labelloc=t, fontname="Helvetica"];`,
    '  node [shape=box, style=rounded, fontname="Helvetica", fontsize=11];',
    '  edge [fontname="Helvetica", fontsize=10];',
  ];
  for (const node of graph.nodes) {
    const label = quoted(node.label, node.detail, ...node.badges.map(badgeChip), driftText(node));
    const style = node.drift === 'missing' || node.drift === 'stale' ? ', style="rounded,dashed"' : '';
    lines.push(`  ${ids.get(node.id)} [label=${label}, color="${colourOf(node)}"${style}];`);
  }
  for (const edge of graph.edges) {
    const label = quoted(branchText(edge), edge.packets === null ? '' : counted(edge.packets, 'packet'));
    lines.push(`  ${ids.get(edge.from)} -> ${ids.get(edge.to)}${label === '""' ? '' : ` [label=${label}]`};`);
  }
  lines.push('}');
  return `${lines.join('\n')}\n`;
}
