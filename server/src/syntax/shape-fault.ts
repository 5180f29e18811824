/** What is wrong with all lines of a shape, and where in each of them. */
import { LineBytes } from './line-bytes.ts';
import {
  isAddressStep,
  type Quoted,
  type Shape,
  type ShapeFault,
  type Step,
  type StepPlace,
  takeSteps,
  textOf,
} from './line-shape.ts';
import type { Fault, Problem, Span } from './statement.ts';

const single = new LineBytes();

/** How many characters of the line in `single` these steps take together. */
function taken(steps: readonly Step[], most: number): number {
  return takeSteps(steps, single.bytes, 0, most);
}

/** What is wrong with all lines of these steps, as it is with this one of them; undefined where it may be another thing, or elsewhere, in others. */
export function shapeFault(steps: readonly Step[], line: string, { start, end, ...fault }: Problem): ShapeFault | undefined {
  single.fill(line, 0, line.length);
  const [first, behind] = [placeOf(steps, start), placeOf(steps, end)];
  if (first === undefined || behind === undefined) return undefined;
  const step = steps[first.step];
  const within = step?.text === undefined ? undefined : textOf(step.text);
  const isText = within !== undefined && first.behind + end - start <= within.length;
  if (isText) return { fault, start: first, end: behind, within, quoted: undefined };
  if (fault.fix !== undefined) return undefined;
  // No mask varies.
  if (fault.code === 'bad-mask') return { fault, start: first, end: behind, within: undefined, quoted: undefined };
  const quoted = quotedIn(steps, line, first, fault.message);
  return quoted === undefined ? undefined : { fault, start: first, end: behind, within: undefined, quoted };
}

/** Which step takes what stands at a place of the line in `single`; undefined where that is in the middle of what varies. */
function placeOf(steps: readonly Step[], place: number): StepPlace | undefined {
  let at = 0;
  for (let step = 0; step < steps.length; step += 1) {
    const behind = taken(steps, step + 1);
    if (place === at || (place < behind && steps[step]?.text !== undefined)) return { step, behind: place - at };
    if (place < behind) return undefined;
    at = behind;
  }
  return place === at ? { step: steps.length, behind: 0 } : undefined;
}

/** How a message has the address in it with which a wrong word begins; undefined where it says something else. */
function quotedIn(steps: readonly Step[], line: string, { step, behind }: StepPlace, message: string): Quoted | undefined {
  // An IPv6 address may stand in brackets.
  const at = steps[step]?.text === undefined ? step : step + 1;
  const address = steps[at];
  const from = taken(steps, at);
  if (address === undefined || !isAddressStep(address) || (at > step && from - taken(steps, step) - behind !== 1))
    return undefined;
  const [before = '', after, ...more] = message.split(line.slice(from, taken(steps, at + 1)));
  return after === undefined || more.length > 0 ? undefined : { step: at, before, after };
}

/** What is wrong with a line of a shape, as with all of them. */
export function faultOf({ fault, quoted }: ShapeFault, { steps }: Shape, line: string): Fault {
  if (quoted === undefined) return fault;
  single.fill(line, 0, line.length);
  const value = line.slice(taken(steps, quoted.step), taken(steps, quoted.step + 1));
  return { ...fault, message: `${quoted.before}${value}${quoted.after}` };
}

/** The same with its place. */
export function problemOf(fault: ShapeFault, shape: Shape, line: string): Problem {
  return { ...faultOf(fault, shape, line), ...spanOf(fault, shape, line) };
}

function spanOf({ start, end, within }: ShapeFault, { steps }: Shape, line: string): Span {
  // To search takes a fifth as long as to go through the steps. A comment may say the same.
  const found = within === undefined ? -1 : line.indexOf(within);
  if (within !== undefined && !line.includes(within, found + 1)) {
    const length = end.step === start.step ? end.behind - start.behind : within.length - start.behind;
    return { start: found + start.behind, end: found + start.behind + length };
  }
  single.fill(line, 0, line.length);
  return { start: taken(steps, start.step) + start.behind, end: taken(steps, end.step) + end.behind };
}
