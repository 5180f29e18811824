import type { MapIndex } from '../model/map-graph.ts';
import { type PlannedService, planMap } from '../model/map-plan.ts';
import { layoutMapColumns } from './map-columns.ts';
import { layoutMapOutline } from './map-outline.ts';
import { type MapSection, noArrangement, type ServiceItems, serviceItems } from './map-parts.ts';
import type { Layout, LayoutOptions } from './model.ts';

/** Lays a map of Services out; never fails. */
export function layoutMap(map: MapIndex, options: LayoutOptions): Layout {
  const plan = planMap(map, options);
  const sections = plan.namespaces.map((planned): MapSection => {
    const items = (service: PlannedService): ServiceItems => serviceItems(service, options.measure);
    return { planned, services: planned.shown.map(items), behind: planned.behind.map(items) };
  });
  if (sections.length === 0) {
    const nothing = { boxes: [], edges: [], frames: [], headings: [], width: 0, height: 0 };
    return { form: options.form, ...nothing, arrangement: noArrangement };
  }
  const layout = options.form === 'outline' ? layoutMapOutline : layoutMapColumns;
  return layout(sections, plan, options);
}
