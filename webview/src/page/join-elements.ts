import { type Selection, select } from 'd3';
import type { ElementSpec } from '../export/svg-elements.ts';
import { buildElement } from './dom.ts';

/** Elements for items with ids: an item that is the same object as before keeps its element. */
export function joinElements<Item extends { readonly id: string }>(
  layer: Selection<SVGGElement, unknown, null, undefined>,
  items: readonly Item[],
  elementOf: (item: Item) => ElementSpec,
  what: string | null,
): Selection<SVGElement, Item, SVGGElement, unknown> {
  const before = new Map<string, Item>();
  layer.selectChildren<SVGElement, Item>().each((item) => before.set(item.id, item));
  const make = (item: Item): SVGElement => {
    const made = buildElement(elementOf(item));
    if (what !== null) made.setAttribute('data-what', what);
    made.setAttribute('data-id', item.id);
    return made;
  };
  layer
    .selectChildren<SVGElement, Item>()
    .data(items, (item) => item.id)
    .join((enter) => enter.append(make))
    .filter((item) => before.has(item.id) && before.get(item.id) !== item)
    .each(function (item) {
      const made = make(item);
      select<SVGElement, Item>(made).datum(item);
      this.replaceWith(made);
    });
  return layer.selectChildren<SVGElement, Item>().order();
}
