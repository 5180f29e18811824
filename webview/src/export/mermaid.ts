import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { mergeGraph, type Vertex } from '../layout/merged-edges.ts';
import { plainOptions } from '../layout/model.ts';
import { badgeChip, driftText } from '../model/format.ts';
import { indexGraph } from '../model/graph-index.ts';
import { arrange, branchesOf, type Grouping } from '../model/groups.ts';
import { stateTones } from '../model/service-state.ts';
import { drawnGraph } from './map-drawn-graph.ts';
import { verdictTone } from './svg-elements.ts';

/** In quotes; what Mermaid or HTML would read as its own is spelled as Mermaid's character codes. */
function quoted(text: string): string {
  // "$$" begins a formula. "fa:fa-car" is an icon, however it is spelled: there is no escape but a blank between.
  const escaped = text
    .replaceAll(':fa-', ': fa-')
    .replace(/[#"<>&`\\|{}[\]%;$]/g, (character) => `#${character.codePointAt(0)};`);
  return `"${escaped}"`;
}

/** JSON's strings are YAML's; what Mermaid looks for before it reads the YAML (`%%{`) or HTML would read is spelled by its number. */
function yamlString(text: string): string {
  const number = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text.replaceAll('"', "'")).replace(/[<>&%{}]/g, number);
}

const shapes: Readonly<Partial<Record<FlowNode['kind'], readonly [string, string]>>> = {
  entry: ['([', '])'],
  pod: ['(', ')'],
  address: ['(', ')'],
  verdict: ['{{', '}}'],
};

function vertexText(vertex: Vertex): string {
  if (vertex.group !== null)
    return `${quoted(drawingText(vertex.group.label)).slice(0, -1)}<br>${quoted(drawingText(vertex.group.detail)).slice(1)}`;
  const { node } = vertex;
  if (node === null) return '""';
  const lines = [
    drawingText(node.label),
    drawingText(node.detail),
    ...node.badges.map((badge) => drawingText(badgeChip(badge))),
    driftText(node),
  ];
  const parts = lines.filter((line, at) => line !== '' && lines.indexOf(line) === at).map((line) => quoted(line).slice(1, -1));
  return `"${parts.join('<br>')}"`;
}

function classOf(vertex: Vertex): string {
  if (vertex.node?.drift === 'stale' || vertex.node?.drift === 'missing') return vertex.node.drift;
  if (vertex.node?.kind === 'verdict') return verdictTone(vertex.node) === 'drop' ? 'drop' : 'accept';
  if (vertex.node?.kind === 'listed-service' && vertex.node.state !== undefined)
    return mermaidStates[stateTones[vertex.node.state.kind]];
  if (vertex.node === null) return 'endpoint';
  switch (vertex.node.kind) {
    case 'entry':
      return 'entry';
    case 'external':
    case 'firewall':
      return 'external';
    case 'service':
    case 'service-local':
      return 'service';
    case 'endpoint':
      return 'endpoint';
    case 'pod':
      return 'pod';
    default:
      return 'chain';
  }
}

const mermaidStates = { good: 'accept', warning: 'external', bad: 'drop', unsure: 'chain' } as const;

const styles: readonly string[] = [
  'classDef entry stroke:#0969da,stroke-width:2px',
  'classDef external stroke:#bc4c00,stroke-width:2px',
  'classDef service stroke:#8250df,stroke-width:2px',
  'classDef endpoint stroke:#1b7c83,stroke-width:2px',
  'classDef pod stroke:#1a7f37,stroke-width:2px',
  'classDef chain stroke:#6e7781',
  'classDef accept stroke:#1a7f37,stroke-width:2px',
  'classDef drop stroke:#cf222e,stroke-width:2px',
  'classDef stale stroke:#cf222e,stroke-dasharray:4 4',
  'classDef missing stroke:#cf222e,stroke-dasharray:2 4',
];

/**
 * A flow as a Mermaid flowchart, from left to right, to be pasted where Markdown shows it. More than some thirty endpoints stand as
 * groups, as Mermaid draws 500 edges at most.
 */
export function flowMermaid(given: FlowGraph, grouping: Grouping | null = null): string {
  const graph = drawnGraph(indexGraph(given), plainOptions);
  const index = indexGraph(graph);
  const parts = mergeGraph(index, arrange(index, grouping, null));
  const ids = new Map(parts.vertices.map((vertex, at) => [vertex.id, `n${at}`]));
  const lines = ['---', `title: ${yamlString(drawingText(graph.title))}`, '---', 'flowchart LR'];
  for (const vertex of parts.vertices) {
    const [open, close] = shapes[vertex.node?.kind ?? 'chain'] ?? ['[', ']'];
    lines.push(`  ${ids.get(vertex.id)}${open}${vertexText(vertex)}${close}:::${classOf(vertex)}`);
  }
  for (const merged of parts.mergedEdges) {
    const together = parts.vertices.find((vertex) => vertex.id === merged.to)?.group !== null;
    const label = branchesOf(merged.edges, together)
      .map((branch) => {
        const share = branch.probability === null || branch.probability >= 1 ? '' : percentText(branch.probability);
        return [share, drawingText(branch.condition)].filter((part) => part !== '').join(' ');
      })
      .filter((text, at, all) => text !== '' && all.indexOf(text) === at)
      .map((text) => quoted(text).slice(1, -1))
      .join('<br>');
    lines.push(`  ${ids.get(merged.from)} -->${label === '' ? '' : `|"${label}"|`} ${ids.get(merged.to)}`);
  }
  lines.push(...styles.map((style) => `  ${style}`));
  return `${lines.join('\n')}\n`;
}
