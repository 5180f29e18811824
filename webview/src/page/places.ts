/** How each drawing of a panel was left: who goes back finds it so. Not worth keeping over a reload of the window. */
import type { FlowPanelState } from '../model/panel-state.ts';

/** What of the state belongs to one drawing. */
export type Place = Pick<FlowPanelState, 'open' | 'selected' | 'search' | 'filtering' | 'view'>;

/** The part of a state that belongs to the drawing which is shown. */
export function placeOf({ open, selected, search, filtering, view }: FlowPanelState): Place {
  return { open, selected, search, filtering, view };
}
