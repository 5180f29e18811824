/** What the pane beside the page's own flow shows, and the bar above both. */
import { drawingText } from '../../../server/src/base/safe-text.ts';
import { textItems } from '../export/text-tree.ts';
import { flowAnswer } from '../model/answer.ts';
import type { ComparedFlow } from '../model/flow-difference.ts';
import { type GraphIndex, indexGraph } from '../model/graph-index.ts';
import { filterOf } from '../model/search.ts';
import { toneSigns } from './answer-bar.ts';
import { element } from './dom.ts';
import { differenceEmphasis, type Emphasis, emphasisOf } from './emphasis.ts';
import { matches, type Page } from './page.ts';
import { makeShown } from './shown.ts';

/** Two panes want this much, in pixels, to stand side by side; with less, one is above the other. */
const sideBySide = 900;

/** Puts one pane beside or below the other, as the width has it, or shows one alone. */
export function placePanes({ parts, compared }: Page): void {
  const { clientWidth } = document.body;
  // In the document only while something is compared: a page of one flow has one drawing.
  if (compared === null) parts.other.element.remove();
  else if (parts.other.element.parentElement === null) parts.panes.append(parts.other.element);
  parts.ownHead.hidden = compared === null;
  document.body.classList.toggle('comparing', compared !== null);
  parts.panes.classList.toggle('stacked', clientWidth < sideBySide);
}

/** Lays the other flow out with the room that it has. */
export function relayoutOther(page: Page): void {
  const { compared, state, parts } = page;
  if (compared === null) return;
  const { drawing } = parts.other;
  const width = drawing.element.clientWidth;
  const shown = makeShown(compared.index, {
    measure: page.measure,
    grouping: state.grouping,
    open: new Set(state.open),
    keep: state.filtering ? filterOf(compared.index, state.search) : null,
    room: width === 0 ? null : width,
  });
  page.compared = { ...compared, shown };
  drawing.show(compared.index, shown.layout);
  if (state.view === null) drawing.fit(false);
}

/** The other pane has another size. */
export function resizedOther(page: Page): void {
  const { compared, parts } = page;
  const width = parts.other.drawing.element.clientWidth;
  if (compared === null || width === 0) return;
  if (compared.shown?.options.room === width) {
    if (page.state.view === null) parts.other.drawing.fit(false);
    return;
  }
  relayoutOther(page);
  refreshOther(page);
}

/** What stands out in the page's own drawing because a difference was gone to; null where none was. */
export function ownDifference({ compared, shown }: Page): Emphasis | null {
  if (compared === null || compared.at === null || shown === null) return null;
  return differenceEmphasis(shown, compared.comparison.differences[compared.at]?.before ?? []);
}

/** All of the other pane and of the bar that follows from the state. */
export function refreshOther(page: Page): void {
  const { compared, parts, state } = page;
  parts.compare.show(compared?.comparison ?? null, compared?.at ?? null);
  if (compared === null) return;
  const { comparison, index, shown, at } = compared;
  parts.ownHead.replaceChildren(...headOf(comparison.before, indexGraph(comparison.before.graph)));
  parts.other.head.replaceChildren(...headOf(comparison.after, index));
  if (shown === null) return;
  const title = `NAT flow of ${drawingText(index.graph.title)} in ${drawingText(comparison.after.name)}`;
  const { tree, drawing } = parts.other;
  tree.show(
    textItems(shown.layout.drawn ?? index, shown.layout.arrangement, shown.options.open, new Set()),
    title,
    state.mode === 'text',
  );
  const item = tree.active()?.id === state.selected ? tree.active() : tree.items().find(({ id }) => id === state.selected);
  tree.activate(item?.key ?? null);
  const difference = at === null ? undefined : comparison.differences[at];
  drawing.emphasize(
    difference === undefined
      ? emphasisOf(shown, state.selected, null, matches(page))
      : differenceEmphasis(shown, difference.after),
  );
}

/** The flow's name, and its state in a few words. */
function headOf({ name }: ComparedFlow, index: GraphIndex): readonly (Node | string)[] {
  const state = flowAnswer(index)?.state;
  const file = element('span', { class: 'pane-file' }, drawingText(name));
  if (state === undefined) {
    const [note] = index.graph.nodes.length === 0 ? index.graph.notes : [];
    return note === undefined ? [file] : [file, element('span', { class: 'tone-unsure' }, drawingText(note.message))];
  }
  const sign = toneSigns[state.tone];
  const shape = sign === '' ? null : element('span', { class: 'answer-sign', 'aria-hidden': 'true' }, sign);
  return [file, element('span', { class: `tone-${state.tone}` }, shape, state.text)];
}
