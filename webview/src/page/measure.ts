import { estimateWidth, fontSizes, type Measure, type TextStyle } from '../layout/text-metrics.ts';

/** Widths of text in the fonts that the page has now; ask for a new one when the theme changed. */
export function createMeasure(): Measure {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return estimateWidth;
  const page = getComputedStyle(document.body);
  const mono = page.getPropertyValue('--mono-font').trim();
  const fontOf = (style: TextStyle): string => {
    const size = `${fontSizes[style]}px`;
    if (style === 'detail') return `${size} ${mono === '' ? 'monospace' : mono}`;
    return `${style === 'label' || style === 'heading' ? '600 ' : ''}${size} ${page.fontFamily}`;
  };
  const fonts = new Map<TextStyle, string>();
  const known = new Map<string, number>();
  const measured = (text: string, style: TextStyle): number => {
    let font = fonts.get(style);
    if (font === undefined) {
      font = fontOf(style);
      fonts.set(style, font);
    }
    if (context.font !== font) context.font = font;
    return context.measureText(text).width;
  };
  const cell = measured('M', 'detail');
  const isMono = cell > 0 && Math.abs(cell - measured('i', 'detail')) < 0.01;
  return (text, style) => {
    // Thousands of chains' names need not be measured one by one.
    if (style === 'detail' && isMono && /^[ -~]*$/.test(text)) return text.length * cell;
    const key = `${style}\n${text}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const width = measured(text, style);
    // Bounded, as names come and go for as long as the page lives.
    if (known.size > 50_000) known.clear();
    known.set(key, width);
    return width;
  };
}
