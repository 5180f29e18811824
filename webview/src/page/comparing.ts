/** Going through the differences of two flows, and what is done in the pane of the other. */
import type { TextItem } from '../export/text-tree.ts';
import { lineOf } from '../model/describe.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { differenceText } from './compare-bar.ts';
import type { Drawing } from './drawing.ts';
import { openLine, openLineOf, type Page, say, update } from './page.ts';
import { refresh } from './refresh.ts';
import { openGroupsOf, setSelected, toggleGroup, togglePorts } from './selection.ts';
import type { Shown } from './shown.ts';
import type { Target } from './target.ts';

/** Goes to the next difference, or the one before; from the last to the first. */
export function nextDifference(page: Page, step: 1 | -1): void {
  const { compared, parts } = page;
  if (compared === null) return;
  const { differences } = compared.comparison;
  const count = differences.length;
  if (count === 0) {
    say(page, compared.comparison.summary);
    return;
  }
  const at = compared.at === null ? (step > 0 ? 0 : count - 1) : (compared.at + step + count) % count;
  const difference = differences[at];
  if (difference === undefined) return;
  const id = difference.before[0] ?? difference.after[0] ?? null;
  openGroupsOf(page, [...difference.before, ...difference.after]);
  update(page, { selected: id });
  page.cursor = null;
  page.compared = { ...(page.compared ?? compared), at };
  refresh(page);
  revealIn(page.shown, parts.drawing, difference.before, near(page.compared.index, difference.after));
  revealIn(page.compared.shown, parts.other.drawing, difference.after, near(page.index, difference.before));
  // Else both are fitted anew as the bar grows by the line that tells the difference.
  update(page, { view: parts.drawing.view() });
  say(page, differenceText(compared.comparison, at));
}

/** What leads to a box that the other flow alone has: there it would be. */
function near(index: GraphIndex | null, [id]: readonly string[]): readonly string[] {
  return index === null || id === undefined ? [] : index.in(id).map(({ from }) => from);
}

/** Brings a difference's first two boxes into sight, the second one first, as it is what the first one leads to; else what is near. */
function revealIn(shown: Shown | null, drawing: Drawing, ids: readonly string[], instead: readonly string[]): void {
  const [first, second] = ids.length > 0 ? ids : instead;
  for (const id of [second, first]) {
    const box = id === undefined ? undefined : shown?.boxOf.get(id);
    if (box !== undefined) drawing.reveal(box);
  }
}

/** Asks for the flow alone again. */
export function stopComparing(page: Page): void {
  page.host.post({ kind: 'compare', stop: true });
}

/** A click on a box or an edge of the other drawing. */
export function clickOther(page: Page, target: Target, double: boolean): void {
  if (target.kind === 'edge') {
    const line = target.edges.find((edge) => edge.line !== null)?.line;
    if (line !== undefined && line !== null) openLine(page, line, double, true);
    setSelected(page, target.drawn.to, null);
    return;
  }
  if (target.box.group !== null) {
    toggleGroup(page, target.box.id);
    return;
  }
  if (togglePorts(page, target.box)) return;
  setSelected(page, target.box.id, null);
  openOther(page, target.box.id, double);
}

/** Shows the line of a node in the other dump. */
function openOther(page: Page, id: string, focus: boolean): void {
  const index = page.compared?.index;
  const node = index?.nodes.get(id);
  const line = index === undefined || node === undefined ? null : lineOf(index, node);
  if (line !== null) openLine(page, line, focus, true);
}

/** An item of the other text was clicked, or Enter was pressed at it. */
export function openOtherItem(page: Page, item: TextItem, focus: boolean): void {
  setSelected(page, item.id, null);
  page.parts.other.tree.activate(item.key);
  if (page.compared?.index.nodes.has(item.id) === true) openOther(page, item.id, focus);
  else if (item.id.startsWith('group:')) toggleGroup(page, item.id);
  else openLineOf(page, item.id, focus);
}

/** The arrow keys came to an item of the other text. */
export function walkOther(page: Page, item: TextItem): void {
  setSelected(page, item.id, null);
  page.parts.other.tree.activate(item.key);
  const box = page.compared?.shown?.boxOf.get(item.id);
  if (box !== undefined) page.parts.other.drawing.reveal(box);
}
