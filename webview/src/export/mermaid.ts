import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { type Anchor, partsOf } from '../layout/merged-edges.ts';
import type { Grouping } from '../messages.ts';
import { driftText } from '../model/format.ts';
import { indexGraph } from '../model/graph-index.ts';
import { arrange, waysOf } from '../model/groups.ts';
import { verdictTone } from './svg-elements.ts';

/** In quotes; what Mermaid or HTML would read as its own is spelled as Mermaid's character codes. */
function quoted(text: string): string {
  const escaped = text.replace(/[#"<>&`\\|{}[\]%;]/g, (character) => `#${character.codePointAt(0)};`);
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

function anchorText(anchor: Anchor): string {
  if (anchor.group !== null)
    return `${quoted(drawingText(anchor.group.label)).slice(0, -1)}<br>${quoted(anchor.group.detail).slice(1)}`;
  const { node } = anchor;
  if (node === null) return '""';
  const lines = [
    drawingText(node.label),
    drawingText(node.detail),
    ...node.badges.map((badge) => drawingText(badge.label)),
    driftText(node),
  ];
  const parts = lines.filter((line, at) => line !== '' && lines.indexOf(line) === at).map((line) => quoted(line).slice(1, -1));
  return `"${parts.join('<br>')}"`;
}

function classOf(anchor: Anchor): string {
  if (anchor.node?.drift === 'stale' || anchor.node?.drift === 'missing') return anchor.node.drift;
  if (anchor.node?.kind === 'verdict') return verdictTone(anchor.node) === 'drop' ? 'drop' : 'accept';
  if (anchor.node === null) return 'endpoint';
  switch (anchor.node.kind) {
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
export function flowMermaid(graph: FlowGraph, grouping: Grouping | null = null): string {
  const index = indexGraph(graph);
  const parts = partsOf(index, arrange(index, grouping, null));
  const ids = new Map(parts.anchors.map((anchor, at) => [anchor.id, `n${at}`]));
  const lines = ['---', `title: ${yamlString(drawingText(graph.title))}`, '---', 'flowchart LR'];
  for (const anchor of parts.anchors) {
    const [open, close] = shapes[anchor.node?.kind ?? 'chain'] ?? ['[', ']'];
    lines.push(`  ${ids.get(anchor.id)}${open}${anchorText(anchor)}${close}:::${classOf(anchor)}`);
  }
  for (const bundle of parts.bundles) {
    const together = parts.anchors.find((anchor) => anchor.id === bundle.to)?.group !== null;
    const label = waysOf(bundle.edges, together)
      .map((way) => {
        const share = way.probability === null || way.probability >= 1 ? '' : percentText(way.probability);
        return [share, drawingText(way.condition)].filter((part) => part !== '').join(' ');
      })
      .filter((text, at, all) => text !== '' && all.indexOf(text) === at)
      .map((text) => quoted(text).slice(1, -1))
      .join('<br>');
    lines.push(`  ${ids.get(bundle.from)} -->${label === '' ? '' : `|"${label}"|`} ${ids.get(bundle.to)}`);
  }
  lines.push(...styles.map((style) => `  ${style}`));
  return `${lines.join('\n')}\n`;
}
