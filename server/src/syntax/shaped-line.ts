/** A line of a known shape. */
import type { Line } from './line.ts';
import { FormedLine } from './line-form.ts';
import type { Shape } from './line-shape.ts';
import { faultOf, problemOf } from './shape-fault.ts';

type FaultyShape = Shape & { readonly fault: NonNullable<Shape['fault']> };

function isFaulty(shape: Shape): shape is FaultyShape {
  return shape.fault !== undefined;
}

/** One with which something is wrong, as with all of its shape; where is told from its text. */
class FaultyLine extends FormedLine {
  readonly #shape: FaultyShape;

  constructor(shape: FaultyShape, source: string, start: number, end: number, chain: string, target: string) {
    super(source, start, end, chain, target, shape.form);
    this.#shape = shape;
  }

  override get problems(): Line['problems'] {
    const { fault } = this.#shape;
    return [problemOf(fault, this.#shape, this.text)];
  }

  override get faults(): Line['faults'] {
    const { fault } = this.#shape;
    return [faultOf(fault, this.#shape, this.text)];
  }
}

/**
 * The line of a shape that stands in a text.
 * @param start where it begins there
 * @param end where it ends (exclusive), without its line end
 */
export function shapedLine(shape: Shape, source: string, start: number, end: number, chain: string, target: string): Line {
  return isFaulty(shape)
    ? new FaultyLine(shape, source, start, end, chain, target)
    : new FormedLine(source, start, end, chain, target, shape.form);
}
