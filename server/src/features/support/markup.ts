/**
 * Text for hovers, made once and written as Markdown or as plain text, whichever the client shows. What comes from a dump or a cluster
 * is data here and never markup: it is escaped on the way out.
 */

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

/** What a name in a hover may take up; a dump may hold words of a megabyte. */
const longestText = 400;

/** One line: control characters become spaces, and those that turn the direction of writing visible, so that no name can pass for another. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

function cut(text: string): string {
  const line = oneLine(text);
  return line.length > longestText ? `${line.slice(0, longestText)}…` : line;
}

/** Text with every character escaped that Markdown or HTML could take for markup. */
export function escapeMarkdown(text: string): string {
  return cut(text)
    .replace(/[\\`*_{}[\]()#+\-!|~$^=:@]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\./g, '\\.');
}

function codeMarkdown(text: string): string {
  const shown = cut(text).replace(/\|/g, '¦');
  const longest = Math.max(0, ...Array.from(shown.matchAll(/`+/g), (run) => run[0].length));
  const fence = '`'.repeat(longest + 1);
  // A space on both sides lets text begin or end with a backtick; CommonMark takes it off again.
  return longest > 0 || shown.trim() === '' ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}

function pieces(text: Text): readonly Inline[] {
  return typeof text === 'object' && Array.isArray(text) ? text : [text as Inline];
}

function inlineMarkdown(text: Text): string {
  return pieces(text)
    .map((piece) => {
      if (typeof piece === 'string') return escapeMarkdown(piece);
      if ('code' in piece) return codeMarkdown(piece.code);
      if ('strong' in piece) return `**${escapeMarkdown(piece.strong)}**`;
      return `[${escapeMarkdown(piece.label)}](${piece.link})`;
    })
    .join('');
}

function inlinePlain(text: Text): string {
  return pieces(text)
    .map((piece) => {
      if (typeof piece === 'string') return cut(piece);
      if ('code' in piece) return cut(piece.code);
      if ('strong' in piece) return cut(piece.strong);
      return `${cut(piece.label)} (${piece.link})`;
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
      return [block.head.map(escapeMarkdown), block.head.map(() => '---'), ...block.rows.map((row) => row.map(inlineMarkdown))]
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
