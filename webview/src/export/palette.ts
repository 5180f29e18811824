import type { ElementSpec } from './svg-elements.ts';

export type Theme = 'light' | 'dark';

interface Palette {
  readonly canvas: string;
  readonly text: string;
  readonly muted: string;
  readonly box: string;
  readonly border: string;
  readonly edge: string;
  readonly frame: string;
  readonly chip: string;
  readonly warning: string;
  readonly warningText: string;
  readonly error: string;
  readonly errorText: string;
  readonly blue: string;
  readonly grey: string;
  readonly orange: string;
  readonly purple: string;
  readonly teal: string;
  readonly green: string;
  readonly red: string;
}

const palettes: Readonly<Record<Theme, Palette>> = {
  light: {
    canvas: '#ffffff',
    text: '#1f2328',
    muted: '#59636e',
    box: '#ffffff',
    border: '#c4ccd4',
    edge: '#818b98',
    frame: '#f6f8fa',
    chip: '#e7ebef',
    warning: '#fff0cc',
    warningText: '#704800',
    error: '#ffe2e0',
    errorText: '#a40e26',
    blue: '#0969da',
    grey: '#6e7781',
    orange: '#bc4c00',
    purple: '#8250df',
    teal: '#1b7c83',
    green: '#1a7f37',
    red: '#cf222e',
  },
  dark: {
    canvas: '#1f1f1f',
    text: '#e6e6e6',
    muted: '#a3abb3',
    box: '#2a2a2c',
    border: '#4c5157',
    edge: '#8b949e',
    frame: '#252527',
    chip: '#3b3f45',
    warning: '#4d3a10',
    warningText: '#f5d48a',
    error: '#55201f',
    errorText: '#ffb3ad',
    blue: '#58a6ff',
    grey: '#8b949e',
    orange: '#f0883e',
    purple: '#bc8cff',
    teal: '#39c5cf',
    green: '#3fb950',
    red: '#f85149',
  },
};

// What some machine has, from the fonts that texts are measured for to those that come near.
export const sansFont =
  "'Segoe UI', 'Helvetica Neue', Arial, 'Liberation Sans', Arimo, 'Noto Sans', Roboto, 'DejaVu Sans Condensed', sans-serif";
export const monoFont = "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace";

type Attributes = Readonly<Record<string, string | number>>;

/** A palette by its theme's name. */
export function paletteOf(theme: Theme): Palette {
  return palettes[theme];
}

/** The colour that a box's kind has. */
function kindColour(classes: readonly string[], palette: Palette): string {
  if (classes.includes('verdict-accept')) return palette.green;
  if (classes.includes('verdict-drop')) return palette.red;
  for (const name of classes) {
    switch (name) {
      case 'kind-entry':
        return palette.blue;
      case 'kind-external':
      case 'kind-firewall':
        return palette.orange;
      case 'kind-service':
      case 'kind-service-local':
        return palette.purple;
      case 'kind-endpoint':
      case 'kind-group':
        return palette.teal;
      case 'kind-pod':
      case 'state-good':
        return palette.green;
      case 'state-bad':
        return palette.red;
      case 'state-warning':
        return palette.orange;
    }
  }
  return palette.grey;
}

/** The words of a state that is a fault stand out. */
function detailColour(classes: readonly string[], palette: Palette): string {
  if (classes.includes('state-bad')) return palette.errorText;
  return classes.includes('state-warning') ? palette.warningText : palette.muted;
}

function signColour(classes: readonly string[], palette: Palette): string {
  if (classes.includes('sign-good')) return palette.green;
  if (classes.includes('sign-bad')) return palette.red;
  return classes.includes('sign-warning') ? palette.orange : palette.grey;
}

/** A box behind its texts. */
function paintBack(classes: readonly string[], palette: Palette): Attributes {
  if (classes.includes('contrast-only') || classes.includes('contrast-changed')) {
    const dash: Attributes = classes.includes('contrast-only') ? { 'stroke-dasharray': '9 3' } : {};
    return { fill: palette.box, stroke: palette.orange, 'stroke-width': 2.5, ...dash };
  }
  return {
    fill: palette.box,
    stroke: classes.includes('drift-stale') ? palette.red : palette.border,
    ...(classes.includes('drift-missing') ? { 'stroke-dasharray': '5 4', fill: palette.canvas, stroke: palette.red } : {}),
  };
}

/**
 * The presentation attributes of an element, so that a file needs no style sheet: not every viewer reads one. `inherited` are the classes of
 * the elements around it, the nearest last.
 */
export function paint(element: ElementSpec, inherited: readonly string[], theme: Theme): Attributes {
  const palette = palettes[theme];
  const all = [...inherited, ...element.classes];
  const text = (size: number, fill: string, more: Attributes = {}): Attributes => ({ 'font-size': size, fill, ...more });
  const stroke = (colour: string, width: number, more: Attributes = {}): Attributes => ({
    fill: 'none',
    stroke: colour,
    'stroke-width': width,
    ...more,
  });
  const drifted = all.includes('drift-stale') || all.includes('drift-missing');
  const struck: Attributes = element.classes.includes('struck') ? { 'text-decoration': 'line-through' } : {};
  switch (element.classes[0]) {
    case 'back':
      return paintBack(all, palette);
    case 'stripe':
      return { fill: kindColour(all, palette), ...(all.includes('drift-missing') ? { 'fill-opacity': 0.4 } : {}) };
    case 'name':
      return text(13, all.includes('verdict-drop') || all.includes('verdict-accept') ? kindColour(all, palette) : palette.text, {
        'font-weight': 600,
        ...struck,
      });
    case 'detail':
      return text(11, detailColour(all, palette), { 'font-family': monoFont });
    case 'group-count':
      return text(11, palette.muted);
    case 'chip-back':
      return { fill: all.includes('tone-error') ? palette.error : all.includes('tone-warning') ? palette.warning : palette.chip };
    case 'chip-text':
      return text(
        11,
        all.includes('tone-error') ? palette.errorText : all.includes('tone-warning') ? palette.warningText : palette.text,
      );
    case 'ready':
      return { fill: palette.green };
    case 'not-ready':
      return stroke(palette.orange, 1.6);
    case 'sign':
      return stroke(signColour(all, palette), 1.8, { 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });
    case 'hairpin':
    case 'chevron':
      return stroke(palette.muted, 1.4, { 'stroke-linecap': 'round', 'stroke-linejoin': 'round' });
    case 'line':
      if (all.includes('contrast-only') || all.includes('contrast-changed')) {
        return { fill: 'none', stroke: palette.orange, 'stroke-linecap': 'round', 'stroke-dasharray': '9 5' };
      }
      return {
        fill: 'none',
        stroke: drifted || all.includes('verdict-drop') ? palette.red : palette.edge,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
        ...(drifted || all.includes('never') ? { 'stroke-dasharray': '4 4' } : {}),
      };
    case 'label-back':
      return { fill: palette.canvas };
    case 'label-main':
      return text(11, palette.text);
    case 'label-counter':
      return text(11, palette.muted);
    case 'label-warning':
      return text(11, palette.warningText, { 'font-weight': 600 });
    case 'frame-back':
      return { fill: palette.frame, stroke: palette.border, 'stroke-dasharray': all.includes('frame-host') ? '3 3' : 'none' };
    case 'frame-label':
      return text(11, palette.text, { 'font-weight': 600 });
    case 'frame-detail':
      return text(11, palette.muted);
    case 'heading':
      return text(11, palette.muted, { 'font-weight': 600, 'letter-spacing': '0.04em' });
    default:
      return {};
  }
}
