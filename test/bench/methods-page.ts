/** The page of the documentation that says how long each request of the protocol takes (`npm run bench -- --methods`). */
import type { Machine } from './growth-page.ts';
import { type MethodFigures, type MethodsMeasured, ofWholeDocuments } from './methods.ts';

const refusedWhole = new Set(['textDocument/semanticTokens/full', 'textDocument/formatting']);

function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function row({ method, times, median, slow, computed }: MethodFigures): string {
  const note = refusedWhole.has(method) ? 'refused in words' : '';
  return `| \`${method}\` | ${times} | ${milliseconds(median)} | ${milliseconds(slow)} | ${computed === undefined ? '' : milliseconds(computed)} | ${note} |`;
}

function table(methods: readonly MethodFigures[]): readonly string[] {
  return [
    '| request | asked | median | 95th percentile | computed, 95th percentile | |',
    '| --- | ---: | ---: | ---: | ---: | --- |',
    ...methods.map(row),
  ];
}

/** The whole page as Markdown. */
export function methodsPage({ lines, bytes, methods }: MethodsMeasured, machine: Machine): string {
  const isWhole = ({ method }: MethodFigures): boolean => ofWholeDocuments.has(method);
  return `${[
    '# How long each request takes',
    '',
    'Written by `npm run bench -- --methods`; not edited by hand.',
    '',
    `A dump of ${lines.toLocaleString('en-US')} lines (${(bytes / 1e6).toFixed(1)} MB) with the snapshot of its cluster, over the protocol from another process: ${machine.cpu}, ${machine.cores} cores, Node.js ${machine.node}. About ${machine.load.toFixed(0)} processes wanted the cores meanwhile: where that is more than one, other work slowed all of it, and what the server's main thread computed for an answer is the truer figure.`,
    '',
    '## At a place, or of a screenful',
    '',
    'At places that are spread over the dump and over the words of its lines. What is resolved (a link, a lens) is one near the place, of a list that was asked for once, as an editor does.',
    '',
    ...table(methods.filter((figures) => !isWhole(figures))),
    '',
    '## Of the whole document',
    '',
    'These answers are as long as the dump; they are made in slices of a few milliseconds, between which others are answered. All tokens and formatting are refused in words beyond 50,000 lines, or streamed to a client that asks for it.',
    '',
    ...table(methods.filter(isWhole)),
  ].join('\n')}\n`;
}
