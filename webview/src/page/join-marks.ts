import { type Selection, select } from 'd3';
import type { Mark } from '../export/svg-elements.ts';
import { markElement } from './dom.ts';

/** Marks for things with ids: a thing that is the same object as before keeps its element. */
export function joinMarks<Thing extends { readonly id: string }>(
  layer: Selection<SVGGElement, unknown, null, undefined>,
  things: readonly Thing[],
  markOf: (thing: Thing) => Mark,
  what: string | null,
): Selection<SVGElement, Thing, SVGGElement, unknown> {
  const before = new Map<string, Thing>();
  layer.selectChildren<SVGElement, Thing>().each((thing) => before.set(thing.id, thing));
  const make = (thing: Thing): SVGElement => {
    const made = markElement(markOf(thing));
    if (what !== null) made.setAttribute('data-what', what);
    made.setAttribute('data-id', thing.id);
    return made;
  };
  layer
    .selectChildren<SVGElement, Thing>()
    .data(things, (thing) => thing.id)
    .join((enter) => enter.append(make))
    .filter((thing) => before.has(thing.id) && before.get(thing.id) !== thing)
    .each(function (thing) {
      const made = make(thing);
      select<SVGElement, Thing>(made).datum(thing);
      this.replaceWith(made);
    });
  return layer.selectChildren<SVGElement, Thing>().order();
}
