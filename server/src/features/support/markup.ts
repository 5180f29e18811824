/**
 * Text for hovers, made once and written as Markdown or as plain text, whichever the client shows. What comes from a dump or a cluster
 * is data here and never markup: it is escaped on the way out.
 */

import { hoverText, markdownCode, markdownText } from '../../base/safe-text.ts';

/** A run of text; `code` is shown in a fixed width, `link` leads to a page of documentation of our own choosing. */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: string }
  | { readonly link: string; readonly label: string };

export type Text = Inline | readonly Inline[];

export type Block =
  | { readonly kind: 'heading'; readonly text: Text }
  | { readonly kind: 'paragraph'; readonly text: Text }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Text[])[] }
  | { readonly kind: 'rule' };

function pieces(text: Text): readonly Inline[] {
  return typeof text === 'object' && Array.isArray(text) ? text : [text as Inline];
}

function inlineMarkdown(text: Text): string {
  return pieces(text)
    .map((piece) => {
      if (typeof piece === 'string') return markdownText(piece);
      if ('code' in piece) return markdownCode(piece.code);
      if ('strong' in piece) return `**${markdownText(piece.strong)}**`;
      return `[${markdownText(piece.label)}](${piece.link})`;
    })
    .join('');
}

function inlinePlain(text: Text): string {
  return pieces(text)
    .map((piece) => {
      if (typeof piece === 'string') return hoverText(piece);
      if ('code' in piece) return hoverText(piece.code);
      if ('strong' in piece) return hoverText(piece.strong);
      return `${hoverText(piece.label)} (${piece.link})`;
    })
    .join('');
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `#### ${inlineMarkdown(block.text)}`;
    case 'paragraph':
      return inlineMarkdown(block.text);
    case 'list':
      return block.items.map((item) => `- ${inlineMarkdown(item)}`).join('\n');
    case 'table':
      return [block.head.map(markdownText), block.head.map(() => '---'), ...block.rows.map((row) => row.map(inlineMarkdown))]
        .map((cells) => `| ${cells.join(' | ')} |`)
        .join('\n');
    case 'rule':
      return '---';
  }
}

function tablePlain(head: readonly string[], rows: readonly (readonly Text[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(inlinePlain))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function blockPlain(block: Exclude<Block, { readonly kind: 'rule' }>): string {
  switch (block.kind) {
    case 'heading':
    case 'paragraph':
      return inlinePlain(block.text);
    case 'list':
      return block.items.map((item) => `- ${inlinePlain(item)}`).join('\n');
    case 'table':
      return tablePlain(block.head, block.rows);
  }
}

/** The blocks as one text, in Markdown or plain. */
export function renderBlocks(blocks: readonly Block[], markdown: boolean): string {
  if (markdown) return blocks.map(blockMarkdown).join('\n\n');
  return blocks.flatMap((block) => (block.kind === 'rule' ? [] : [blockPlain(block)])).join('\n\n');
}
