/**
 * Whether a file is one that the page makes. The page is shown what others wrote; what it gives back is written to disk and opened in a
 * browser, so the extension believes nothing of it: only elements and attributes that drawings have, and no way to load or run anything.
 */

/** The formats that a drawing is saved in. */
export type SaveFormat = 'svg' | 'png' | 'html' | 'mermaid' | 'dot';

const drawingElements = ['svg', 'title', 'g', 'rect', 'path', 'circle', 'text'];
const pageElements = ['html', 'head', 'meta', 'style', 'body', 'main', 'h1', 'h2', 'p', 'div', 'ul', 'li', ...drawingElements];

const drawingAttributes = [
  ...['xmlns', 'width', 'height', 'viewBox', 'role', 'aria-labelledby', 'id', 'xml:space', 'transform'],
  ...['x', 'y', 'rx', 'd', 'cx', 'cy', 'r', 'fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linecap'],
  ...['stroke-linejoin', 'opacity', 'fill-opacity', 'stroke-opacity', 'font-family', 'font-size', 'font-weight'],
  ...['letter-spacing', 'text-anchor', 'text-decoration', 'textLength', 'lengthAdjust'],
];
const pageAttributes = [
  'lang',
  'class',
  'charset',
  'http-equiv',
  'content',
  'name',
  'tabindex',
  'aria-label',
  ...drawingAttributes,
];

const tag = /<\/?([A-Za-z][\w-]*)((?: [\w:-]+="[^"<>]*")*)\/?>/y;
const attribute = / ([\w:-]+)="/g;

/** Whether every tag of a text, from a place on, is of these elements and attributes. Grows with the length of the text. */
function hasOnly(text: string, from: number, elements: ReadonlySet<string>, attributes: ReadonlySet<string>): boolean {
  for (let at = text.indexOf('<', from); at >= 0; at = text.indexOf('<', at + 1)) {
    tag.lastIndex = at;
    const found = tag.exec(text);
    if (found === null || !elements.has(found[1] ?? '')) return false;
    for (const [, name = ''] of (found[2] ?? '').matchAll(attribute)) if (!attributes.has(name)) return false;
  }
  return true;
}

const inDrawing = { elements: new Set(drawingElements), attributes: new Set(drawingAttributes) };
const inPage = { elements: new Set(pageElements), attributes: new Set(pageAttributes) };

const xmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n';
const pageHead =
  /^<!DOCTYPE html>\n<html lang="en"(?: class="dark")?>\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'">\n/;

/** An SVG document without scripts, styles, links and foreign content. */
export function isDrawing(text: string): boolean {
  return text.startsWith(`${xmlHead}<svg `) && hasOnly(text, xmlHead.length, inDrawing.elements, inDrawing.attributes);
}

/** A page whose policy lets it load and run nothing, and that does not lead elsewhere. */
export function isPage(text: string): boolean {
  const head = pageHead.exec(text)?.[0];
  if (head === undefined) return false;
  const rest = text.slice(head.length);
  // One policy, and no refresh.
  return !/http-equiv/i.test(rest) && hasOnly(text, text.indexOf('<html'), inPage.elements, inPage.attributes);
}

/** The first bytes of every PNG file, in base64. */
const pngHead = 'iVBORw0KGgo';

const isContent: Readonly<Record<SaveFormat, (content: string) => boolean>> = {
  svg: isDrawing,
  png: (content) => content.startsWith(pngHead) && content.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(content),
  html: isPage,
  mermaid: (content) => content.startsWith('---\ntitle: ') && content.includes('\n---\nflowchart LR\n'),
  dot: (content) => content.startsWith('digraph flow {\n'),
};

/** What a file of each format is called at its end. */
export const extensions: Readonly<Record<SaveFormat, string>> = {
  svg: 'svg',
  png: 'png',
  html: 'html',
  mermaid: 'mmd',
  dot: 'dot',
};

/** A name of a file without folders, that ends as its format's do, and that every system takes. */
export function isNameFor(name: string, format: SaveFormat): boolean {
  const isPlain = /^[A-Za-z0-9_-][\w.-]{0,199}$/.test(name) && !name.includes('..');
  return isPlain && name.endsWith(`.${extensions[format]}`) && !/^(?:con|prn|aux|nul|com\d|lpt\d)\./i.test(name);
}

/** Whether a file's name and content are of its format. */
export function isExport(format: SaveFormat, name: string, content: string): boolean {
  return isNameFor(name, format) && isContent[format](content);
}
