/**
 * Widths of text without a DOM, for the command line and for tests; the page measures with its own fonts instead.
 */

/** How a text is set: a box's first line, its second (monospaced), a label on an edge, a badge. */
export type TextStyle = 'label' | 'detail' | 'edge' | 'chip' | 'heading';

/** The width of a text in pixels. */
export type Measure = (text: string, style: TextStyle) => number;

/** Font sizes in pixels, for measuring and for drawing. */
export const fontSizes: Readonly<Record<TextStyle, number>> = { label: 13, detail: 11, edge: 11, chip: 11, heading: 11 };

// Advance widths in thousandths of the font size, of the common sans-serif fonts' wider ones, so that text set in another still fits.
const narrow = new Map<string, number>();
for (const [letters, width] of [
  ["ijl|!'.,:;", 278],
  ['ft()[]/\\ -`I', 333],
  ['rJ"*', 400],
  ['csvxyzk', 520],
  ['mw', 850],
  ['MW%@', 920],
  ['ABCDEFGHKLNOPQRSTUVXYZ&', 700],
] as const) {
  for (const letter of letters) narrow.set(letter, width);
}

function characterWidth(character: string): number {
  const known = narrow.get(character);
  if (known !== undefined) return known;
  // East Asian and symbols are as wide as they are high.
  return (character.codePointAt(0) ?? 0) > 0x2e7f ? 1000 : 570;
}

/** An estimate that errs on the wide side for common fonts. */
export const estimateWidth: Measure = (text, style) => {
  const size = fontSizes[style];
  if (style === 'detail') {
    let cells = 0;
    for (const character of text) cells += (character.codePointAt(0) ?? 0) > 0x2e7f ? 1.7 : 1;
    return cells * size * 0.605;
  }
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return (width * size * (style === 'label' ? 1.04 : 1)) / 1000;
};

/** No font has characters below a pixel: what is longer than this is never measured whole. */
const longestMeasured = 400;

/** The longest text of at most so many characters that fits, as `cut` makes them. */
function longestFit(most: number, cut: (length: number) => string, style: TextStyle, width: number, measure: Measure): string {
  let low = 0;
  let high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(cut(middle), style) <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

/** The text, or as much of its beginning as fits with an ellipsis. */
export function fitText(text: string, style: TextStyle, width: number, measure: Measure): string {
  const bounded = text.length > longestMeasured ? `${text.slice(0, longestMeasured)}…` : text;
  if (measure(bounded, style) <= width) return bounded;
  const characters = [...bounded];
  const cut = (length: number): string => `${characters.slice(0, length).join('').trimEnd()}…`;
  return longestFit(characters.length, cut, style, width, measure);
}

/** The name, or as much of its beginning and its end as fits with an ellipsis between: names of one kind differ at their end. */
export function fitName(name: string, style: TextStyle, width: number, measure: Measure): string {
  const characters = [...name];
  if (characters.length <= longestMeasured && measure(name, style) <= width) return name;
  const cut = (length: number): string => {
    const tail = Math.floor(length * 0.4);
    return `${characters.slice(0, length - tail).join('')}…${tail === 0 ? '' : characters.slice(-tail).join('')}`;
  };
  return longestFit(Math.min(characters.length, longestMeasured), cut, style, width, measure);
}

/** The longest beginning of a text that fits, of one character at least. */
function longestStart(text: string, style: TextStyle, width: number, measure: Measure): string {
  const characters = [...text];
  const start = longestFit(characters.length, (length) => characters.slice(0, length).join(''), style, width, measure);
  return start === '' ? (characters[0] ?? '') : start;
}

/** The name in lines that fit, at most `most` of them, broken behind what joins its parts; what is too much is left out near its end. */
export function wrapName(name: string, style: TextStyle, width: number, most: number, measure: Measure): readonly string[] {
  if (name.length <= longestMeasured && measure(name, style) <= width) return [name];
  const lines: string[] = [];
  let rest = name.slice(0, longestMeasured);
  while (lines.length < most - 1 && measure(rest, style) > width) {
    const start = longestStart(rest, style, width, measure);
    const joint = Math.max(...['-', '/', ' ', ',', ']', ':'].map((sign) => start.lastIndexOf(sign)));
    // A part that is as long as a line is broken anywhere.
    const line = joint > 0 ? start.slice(0, joint + 1) : start;
    lines.push(line.trimEnd());
    rest = rest.slice(line.length);
  }
  return [
    ...lines,
    fitName(name.length > longestMeasured ? name.slice(name.length - longestMeasured) : rest, style, width, measure),
  ];
}

/** The text in lines that fit, broken at spaces, at most `most` of them; the last ends in an ellipsis where there was more. */
export function wrap(text: string, style: TextStyle, width: number, most: number, measure: Measure): readonly string[] {
  const pieces = text
    .slice(0, 1000)
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => brokenWord(word, style, width, measure));
  const lines: string[] = [];
  let line = '';
  for (const [index, { word, glue }] of pieces.entries()) {
    const longer = line === '' ? word : `${line}${glue}${word}`;
    if (line === '' || measure(longer, style) <= width) {
      line = longer;
      continue;
    }
    if (lines.length === most - 1) {
      const others = pieces.slice(index).map((piece) => `${piece.glue}${piece.word}`);
      lines.push(fitText(`${line}${others.join('')}`, style, width, measure));
      return lines;
    }
    lines.push(fitText(line, style, width, measure));
    line = word;
  }
  if (line !== '') lines.push(fitText(line, style, width, measure));
  return lines;
}

interface WordPiece {
  readonly word: string;
  /** What stands before it where it is not the first of its line. */
  readonly glue: '' | ' ';
}

/** A word, or what it is made of where it is too wide: "KUBE-SVC-" and "S6GYCJULEJ2HSKT7", "[fd00::1]" and ":8080". */
function brokenWord(word: string, style: TextStyle, width: number, measure: Measure): readonly WordPiece[] {
  const fits = (piece: string): boolean => measure(piece, style) <= width;
  if (fits(word)) return [{ word, glue: ' ' }];
  const pieces = word.split(/(?<=-)|(?<=\])/).flatMap((piece) => (fits(piece) ? [piece] : piece.split(/(?<=[:./,])/)));
  return pieces.map((piece, at) => ({ word: piece, glue: at === 0 ? ' ' : '' }));
}
