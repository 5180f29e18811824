import type { TextItem } from '../export/text-tree.ts';
import type { Box, Layout } from '../layout/model.ts';
import type { TreeView } from './tree-view.ts';

export type Walk = 'up' | 'down' | 'left' | 'right' | 'first' | 'last';

export type KeyAction =
  | { readonly kind: 'walk'; readonly walk: Walk }
  | { readonly kind: 'open' | 'toggle' | 'clear' | 'search' | 'fit' | 'text' | 'details' }
  | { readonly kind: 'zoom'; readonly factor: number }
  /** In pixels of the window. */
  | { readonly kind: 'pan'; readonly dx: number; readonly dy: number }
  | { readonly kind: 'go'; readonly step: 1 | -1 }
  /** To the next step of a traced packet, or the one before. */
  | { readonly kind: 'step'; readonly by: 1 | -1 }
  /** To the next of the differences of two flows, or the one before. */
  | { readonly kind: 'difference'; readonly step: 1 | -1 };

const walks: Readonly<Record<string, Walk>> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Home: 'first',
  End: 'last',
};

const panStep = 80;
const pans: Readonly<Record<string, { readonly dx: number; readonly dy: number }>> = {
  ArrowUp: { dx: 0, dy: panStep },
  ArrowDown: { dx: 0, dy: -panStep },
  ArrowLeft: { dx: panStep, dy: 0 },
  ArrowRight: { dx: -panStep, dy: 0 },
};

/** What a key does; null: nothing of ours. Letters count only where the flow has the focus, so that text fields get theirs. */
export function keyAction(event: KeyboardEvent, inTree: boolean): KeyAction | null {
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey && !command && event.key === 'ArrowLeft') return { kind: 'go', step: -1 };
  if (event.altKey && !command && event.key === 'ArrowRight') return { kind: 'go', step: 1 };
  if (event.altKey && !command && event.key === 'F9') return { kind: 'step', by: event.shiftKey ? -1 : 1 };
  if (!event.altKey && !command && event.key === 'F7') return { kind: 'difference', step: event.shiftKey ? -1 : 1 };
  if (command && !event.altKey && event.key.toLowerCase() === 'f') return { kind: 'search' };
  if (command || event.altKey || !inTree) return null;
  const pan = event.shiftKey ? pans[event.key] : undefined;
  if (pan !== undefined) return { kind: 'pan', ...pan };
  const walk = walks[event.key];
  if (walk !== undefined) return { kind: 'walk', walk };
  switch (event.key) {
    case 'Enter':
      return { kind: 'open' };
    case ' ':
      return { kind: 'toggle' };
    case 'Escape':
      return { kind: 'clear' };
    case '/':
      return { kind: 'search' };
    case '+':
    case '=':
      return { kind: 'zoom', factor: 1.25 };
    case '-':
      return { kind: 'zoom', factor: 1 / 1.25 };
    case '0':
      return { kind: 'fit' };
    case 't':
    case 'T':
      return { kind: 'text' };
    case 'd':
    case 'D':
      return { kind: 'details' };
    default:
      return null;
  }
}

/** Where a step leads: to a node or group (with the tree's item, where one was walked to), or to opening and closing an item. */
export type Step =
  | { readonly kind: 'select'; readonly id: string; readonly key: string | null }
  | { readonly kind: 'toggle'; readonly item: TextItem };

/** As trees are walked in text; in the drawing, left and right along the edges and up and down within a column. */
export function walkTo(
  step: Walk,
  mode: 'drawing' | 'text',
  tree: TreeView,
  layout: Layout,
  selected: string | null,
): Step | null {
  const items = tree.items();
  const active = tree.active();
  const box = layout.boxes.find((candidate) => candidate.id === selected);
  if (mode === 'drawing' && layout.form === 'columns' && box !== undefined && (step === 'up' || step === 'down')) {
    const next = verticalNeighbour(layout, box, step === 'down' ? 1 : -1);
    return next === null ? null : { kind: 'select', id: next.id, key: null };
  }
  const at = active === null ? -1 : items.indexOf(active);
  const item = (place: number): Step | null => {
    const found = items[place];
    return found === undefined ? null : { kind: 'select', id: found.id, key: found.key };
  };
  if (at < 0) return item(step === 'last' || step === 'up' ? items.length - 1 : 0);
  switch (step) {
    case 'first':
      return item(0);
    case 'last':
      return item(items.length - 1);
    case 'down':
      return item(Math.min(at + 1, items.length - 1));
    case 'up':
      return item(Math.max(at - 1, 0));
    case 'right': {
      if (active?.expanded === false) return { kind: 'toggle', item: active };
      if (active?.expanded === true) return item(at + 1);
      // What is below it stands where it was met first.
      if (active?.repeated === true) {
        const original = items.findIndex((other) => other.id === active.id && !other.repeated);
        return original < 0 ? null : item(original + 1);
      }
      const beside = mode === 'drawing' && box !== undefined ? boxAtTheRight(layout, box) : null;
      return beside === null ? null : { kind: 'select', id: beside.id, key: null };
    }
    case 'left': {
      if (mode === 'text' && active?.expanded === true) return { kind: 'toggle', item: active };
      const parent = items.findIndex((other) => other.key === active?.parent);
      return parent < 0 ? null : item(parent);
    }
  }
}

/** The nearest box at the right of one, at the same height: what the text has one below the other. */
function boxAtTheRight({ boxes }: Layout, box: Box): Box | null {
  const middle = box.y + box.height / 2;
  let best: Box | null = null;
  for (const other of boxes) {
    if (other.x < box.x + box.width || other.y > middle || other.y + other.height < middle) continue;
    if (best === null || other.x < best.x) best = other;
  }
  return best;
}

function verticalNeighbour(layout: Layout, box: Box, direction: 1 | -1): Box | null {
  let best: Box | null = null;
  for (const other of layout.boxes) {
    if (other === box || other.column !== box.column || (other.y - box.y) * direction <= 0) continue;
    if (best === null || (other.y - best.y) * direction < 0) best = other;
  }
  return best;
}
