/** What a map has beyond a flow: one goes into the flow of a Service, and what is folded opens. */
import { toggled, togglesFor } from '../model/map-plan.ts';
import { type Page, update } from './page.ts';

/** Asks for the graph that a node stands for (of a Service its flow); false where it stands for itself. */
export function enterNode({ index, host }: Page, id: string): boolean {
  const to = index?.nodes.get(id)?.to;
  if (to === undefined) return false;
  host.post({ kind: 'request-flow', to });
  return true;
}

/** Opens what a node of a map is folded into; false where it is seen already, or this is no map. */
export function unfold(page: Page, id: string): boolean {
  const { index, shown, state, parts } = page;
  if (index?.map == null || shown === null) return false;
  const open = new Set(state.open);
  const toggles = togglesFor(index.map, id, { open, keep: shown.options.keep });
  if (toggles.length === 0) return false;
  update(page, { open: [...toggled(open, toggles)], view: parts.drawing.view() });
  return true;
}

/** The id of the text's item that stands for what has none of its own: on a map its Service's, of a port that is folded that of the one drawn. */
export function itemFor({ index, shown }: Page, id: string): string {
  return shown?.boxes.get(id)?.opens ?? index?.map?.serviceOf.get(id)?.node.id ?? shown?.layout.foldedInto?.(id) ?? id;
}
