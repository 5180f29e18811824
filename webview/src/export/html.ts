import { sha256 } from '@noble/hashes/sha2.js';
import { drawingText, xmlText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph } from '../../../server/src/kube/flow/graph.ts';
import { flowAnswer } from '../model/answer.ts';
import type { FlowComparison } from '../model/compare-flows.ts';
import { contrastSign, graphTitle } from '../model/format.ts';
import { type GraphIndex, indexGraph } from '../model/graph-index.ts';
import { arrange } from '../model/groups.ts';
import { mapAnswer } from '../model/map-answer.ts';
import { routeFacts, routeLine } from '../model/routes.ts';
import { compareSvg } from './compare-svg.ts';
import { allMapItems } from './map-items.ts';
import { monoFont, paletteOf, sansFont } from './palette.ts';
import { flowSvg, type SvgOptions } from './svg.ts';
import { itemLine, type TextItem, textItems } from './text-tree.ts';

const light = paletteOf('light');
const dark = paletteOf('dark');

const style = `
:root { color-scheme: light; --canvas: ${light.canvas}; --text: ${light.text}; --muted: ${light.muted}; --border: ${light.border}; --warning: ${light.warningText}; }
:root.dark { color-scheme: dark; --canvas: ${dark.canvas}; --text: ${dark.text}; --muted: ${dark.muted}; --border: ${dark.border}; --warning: ${dark.warningText}; }
body { margin: 24px; background: var(--canvas); color: var(--text); font: 14px/1.5 ${sansFont}; }
h1 { font-size: 20px; margin: 0; }
h2 { font-size: 15px; margin: 28px 0 6px; }
p { color: var(--muted); margin: 2px 0 16px; }
.drawing { overflow-x: auto; border: 1px solid var(--border); border-radius: 8px; }
.drawing svg { display: block; }
ul { list-style: none; padding-left: 0; margin: 0; }
ul ul { padding-left: 18px; border-left: 1px solid var(--border); margin-left: 4px; }
li { padding: 1px 0; font: 12.5px/1.55 ${monoFont}; overflow-wrap: anywhere; }
.notes li { font-family: ${sansFont}; }
.warning { color: var(--warning); }
@media print {
  body { margin: 0; }
  .drawing { border: 0; overflow: visible; }
  .drawing svg { max-width: 100%; height: auto; }
  li { break-inside: avoid; }
}
@page { size: landscape; margin: 12mm; }
`;

/** Computed when first asked for: the command line seldom writes a page. */
let styleHash: string | null = null;

function hashOfStyle(): string {
  styleHash ??= btoa(String.fromCharCode(...sha256(new TextEncoder().encode(style))));
  return styleHash;
}

/**
 * A flow as a self-contained page to attach to a ticket or to print: the drawing, and every endpoint as a list. No script; its policy
 * lets it load nothing.
 */
export function flowHtml(graph: FlowGraph, options: SvgOptions = {}): string {
  const index = indexGraph(graph);
  const arrangement = arrange(index, options.grouping ?? null, null);
  const open = new Set((arrangement.groups ?? []).map((group) => group.id));
  const svg = flowSvg(graph, { ...options, bare: true }).replace(/^<\?xml[^>]*\?>\n/, '');
  const title = drawingText(graph.title);
  const heading = graphTitle({ ...graph, title });
  const about = [options.subtitle ?? '', graph.source].map(drawingText).filter((part) => part !== '');
  const notes = graph.notes.map(
    (note) => `<li${note.severity === 'warning' ? ' class="warning"' : ''}>${xmlText(drawingText(note.message))}</li>`,
  );
  const routes = routeFacts(graph).map((route) => `<li>${xmlText(`${route.label} ${routeLine(route)}`)}</li>`);
  return htmlPage(heading, options.theme, [
    `<h1>${xmlText(heading)}</h1>`,
    `<p>${xmlText(about.join(' · '))}</p>`,
    ...answerHtml(index),
    drawingHtml(svg),
    ...(routes.length === 0 ? [] : ['<h2>Where packets end</h2>', `<ul class="notes">${routes.join('')}</ul>`]),
    ...(notes.length === 0 ? [] : ['<h2>Notes</h2>', `<ul class="notes">${notes.join('')}</ul>`]),
    '<h2>As text</h2>',
    nested(index.map === null ? textItems(index, arrangement, open, new Set()) : allMapItems(index.map)),
  ]);
}

/** Two flows as such a page: what differs, both drawings, every difference, and both as lists. */
export function compareHtml(comparison: FlowComparison, options: SvgOptions = {}): string {
  const { before, after, differences, remarks, summary } = comparison;
  const title = `NAT flow of ${drawingText(before.graph.title)}: ${drawingText(before.name)} and ${drawingText(after.name)}`;
  const svg = compareSvg(comparison, { ...options, bare: true }).replace(/^<\?xml[^>]*\?>\n/, '');
  const items = differences.map(({ text }) => `<li>${xmlText(`${contrastSign} ${text}`)}</li>`);
  return htmlPage(title, options.theme, [
    `<h1>${xmlText(title)}</h1>`,
    `<p>${xmlText([summary, ...remarks].join(' '))}</p>`,
    drawingHtml(svg),
    ...(items.length === 0 ? [] : ['<h2>Differences</h2>', `<ul class="notes">${items.join('')}</ul>`]),
    ...[before, after].flatMap(({ name, graph }) => {
      const index = indexGraph(graph);
      const arrangement = arrange(index, options.grouping ?? null, null);
      const open = new Set((arrangement.groups ?? []).map((group) => group.id));
      return [`<h2>${xmlText(drawingText(name))}</h2>`, nested(textItems(index, arrangement, open, new Set()))];
    }),
  ]);
}

function drawingHtml(svg: string): string {
  return `<div class="drawing" tabindex="0" role="region" aria-label="Drawing">${svg}</div>`;
}

function htmlPage(title: string, theme: SvgOptions['theme'], content: readonly string[]): string {
  return [
    '<!DOCTYPE html>',
    `<html lang="en"${theme === 'dark' ? ' class="dark"' : ''}>`,
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hashOfStyle()}'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${xmlText(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<main>',
    ...content,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** What the page says above the drawing: whether the Service serves, and what is wrong. */
function answerHtml(index: GraphIndex): readonly string[] {
  const flow = index.map === null ? flowAnswer(index) : null;
  const answer = index.map === null ? flow : mapAnswer(index.map);
  if (answer === null) return [];
  const facts = [...answer.facts, ...(flow?.details ?? [])].map(({ text }) => xmlText(text)).join(' · ');
  const faults = answer.faults.map(({ text }) => `<li class="warning">${xmlText(text)}</li>`).join('');
  return [
    `<h2>${xmlText(answer.state.text)}</h2>`,
    `<p>${facts}</p>`,
    ...(faults === '' ? [] : [`<ul class="notes">${faults}</ul>`]),
  ];
}

/** Items with levels as lists in lists. */
function nested(items: readonly TextItem[]): string {
  let html = '';
  let level = 0;
  for (const item of items) {
    if (item.level > level) html += '<ul>';
    else {
      html += '</li>';
      for (; level > item.level; level -= 1) html += '</ul></li>';
    }
    level = item.level;
    html += `\n<li>${xmlText(itemLine(item))}`;
  }
  for (; level > 0; level -= 1) html += '</li></ul>';
  return html;
}
