/** A line of a known shape. */
import type { Line } from './line.ts';
import { FormedLine } from './line-form.ts';
import type { Shape } from './line-shape.ts';
import { placeIn } from './shape-fault.ts';

/** One with which something is wrong, as with all of its shape; where is told from its text. */
class FaultyLine extends FormedLine {
  readonly #shape: Shape;

  constructor(shape: Shape, source: string, start: number, end: number, chain: string, target: string) {
    super(source, start, end, chain, target, shape.form);
    this.#shape = shape;
  }

  override get problems(): Line['problems'] {
    const { fault } = this.#shape;
    return fault === undefined ? super.problems : [{ ...fault.fault, ...placeIn(fault, this.#shape, this.text) }];
  }
}

/**
 * The line of a shape that stands in a text.
 * @param start where it begins there
 * @param end where it ends (exclusive), without its line end
 */
export function shapedLine(shape: Shape, source: string, start: number, end: number, chain: string, target: string): Line {
  return shape.fault === undefined
    ? new FormedLine(source, start, end, chain, target, shape.form)
    : new FaultyLine(shape, source, start, end, chain, target);
}
