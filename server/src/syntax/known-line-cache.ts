/**
 * Shapes of lines that are known. A dump of a large cluster has hundreds of thousands of lines and a few dozen shapes of them. Once the parser has found
 * nothing wrong with a line, every line that differs from it in nothing but a hashed chain name, an address, a port, a share or a comment is right as well,
 * and is told in a fraction of the time (`line-shape.ts`). Where its target has no place in the table, or its address no place in the family, that is wrong with all of them.
 */
import { isRestoreInput, type LineContext } from './line.ts';
import { lineForm, plainForm } from './line-form.ts';
import {
  chainStep,
  countersStep,
  isHashedName,
  numberShape,
  type Shape,
  type Step,
  targetStep,
  tellLine,
  textOf,
  textStep,
  variableSteps,
} from './line-shape.ts';
import { shapeFault } from './shape-fault.ts';
import { type ChainStatement, notUnderstood, type RuleStatement, type Statement } from './statement.ts';

const mostShapes = 48;
/** Lines of known shapes are short. */
export const longestShaped = 4_096;

type NewShape = Omit<Shape, 'number'>;

/** A shape, and which one the line below had when it was seen last. */
interface LearnedShape extends Shape {
  next: LearnedShape | undefined;
}

/** What was learned in the same circumstances, and the shape that was seen last. */
interface Learned {
  readonly shapes: LearnedShape[];
  last: LearnedShape | undefined;
}

const learnedIn = new Map<LineContext, Learned>();
let recentContext: LineContext | undefined;
let recent: Learned | undefined;

function learned(context: LineContext): Learned | undefined {
  if (context !== recentContext) {
    recent = learnedIn.get(context);
    recentContext = context;
  }
  return recent;
}

/**
 * The shape of the line that begins at a place, where it was learned in these circumstances; what else there is to know of it is `told` then. Undefined where the
 * parser has to look at it.
 * @param bytes characters of a text, with a line feed behind the last
 */
export function knownShape(bytes: Uint8Array, start: number, context: LineContext): Shape | undefined {
  const known = context === recentContext ? recent : learned(context);
  if (known === undefined) return undefined;
  // Chains of one kind have the same rules, in the same order.
  const likely = known.last?.next;
  if (likely !== undefined && tellLine(likely, bytes, start)) {
    known.last = likely;
    return likely;
  }
  const shape = findShape(bytes, start, known.shapes);
  if (shape === undefined) return undefined;
  if (known.last !== undefined) known.last.next = shape;
  known.last = shape;
  return shape;
}

function findShape(bytes: Uint8Array, start: number, shapes: LearnedShape[]): LearnedShape | undefined {
  for (let index = 0; index < shapes.length; index += 1) {
    const shape = shapes[index];
    if (shape === undefined || !tellLine(shape, bytes, start)) continue;
    // What is seen often comes to the front.
    const before = shapes[index - 1];
    if (before !== undefined) {
      shapes[index - 1] = shape;
      shapes[index] = before;
    }
    return shape;
  }
  return undefined;
}

/** The words of a line between single blanks, a quoted one whole; undefined where it is not written that plainly. */
function plainWords(text: string): readonly string[] | undefined {
  const words = text.match(/"[^"\\]*"|[^\s"]+/g) ?? [];
  return words.join(' ') === text ? words : undefined;
}

/** A step, or a text that is part of one. */
type Part = Step | string;

/** What a word of a rule becomes in its shape. */
function partsOf(option: string, word: string): readonly Part[] {
  if (option === '-A' && isHashedName(word)) return [chainStep];
  return variableSteps(option, word) ?? [word];
}

/** Whether a rule may ask more of a packet than what is known of it (`Line.isUnsure`). */
export function mayAskMore({ hidden, options }: RuleStatement): boolean {
  return hidden.length > 0 || options.some(({ instance }) => instance === notUnderstood);
}

/** Whether a text can be a step: one byte a character, and no line's end within it. */
const plainText = /^[ -~]*$/;

function ruleShape(text: string, context: LineContext, statement: RuleStatement): NewShape | undefined {
  const { command, commandWord, chain, target, counters: counted } = statement;
  if (target === undefined || statement.isGoto || mayAskMore(statement)) return undefined;
  const body = counted === undefined ? text : text.slice(counted.end + 1);
  if (commandWord.text !== '-A' || !body.startsWith(`-A ${chain.text} `)) return undefined;
  const words = plainWords(body);
  if (words === undefined || !plainText.test(body)) return undefined;
  const isLast = words.at(-1) === target.text;
  // A target that is no hashed name is part of the shape; of one with options behind it the place would vary.
  const isHashed = isHashedName(target.text);
  if (isHashed && !isLast) return undefined;
  const parts = words.flatMap((word, at): readonly Part[] => {
    const own = isHashed && at === words.length - 1 ? [targetStep] : partsOf(words[at - 1] ?? '', word);
    return at === 0 ? own : [' ', ...own];
  });
  // Without a name that varies there are no others like it.
  if (!parts.some(isName)) return undefined;
  return {
    steps: joinedTexts(counted === undefined ? parts : [countersStep, ...parts]),
    form: plainForm(context, 'rule', command),
    chain: isHashedName(chain.text) ? undefined : chain.text,
    target: isHashed ? undefined : target.text,
    fault: undefined,
  };
}

function isName(part: Part): boolean {
  return typeof part !== 'string' && (part.kind === 'chain' || part.kind === 'target' || part.kind === 'name');
}

/** Steps of these parts, with texts that follow each other as one. They stay in memory: made of a shape alone, for lines of no shape come without end. */
function joinedTexts(parts: readonly Part[]): Shape['steps'] {
  const steps: Step[] = [];
  let text = '';
  for (const part of [...parts, undefined]) {
    const own = typeof part === 'string' ? part : part?.text === undefined ? undefined : textOf(part.text);
    if (own !== undefined) {
      text += own;
      continue;
    }
    if (text !== '') steps.push(textStep(text));
    text = '';
    if (part !== undefined && typeof part !== 'string') steps.push(part);
  }
  return steps;
}

function chainShape(text: string, context: LineContext, statement: ChainStatement): NewShape | undefined {
  if (text !== `:${statement.name.text} - [0:0]` || !isHashedName(statement.name.text)) return undefined;
  const steps = [textStep(':'), chainStep, textStep(' - [0:0]')];
  return { steps, form: plainForm(context, 'chain', 'new'), chain: undefined, target: '', fault: undefined };
}

/** What is wrong with a line for the name of its target and that of the table alone, or for an address and the family. */
const sharedFaults: ReadonlySet<string> = new Set(['wrong-table', 'wrong-family', 'bad-address', 'bad-mask']);

/** The shape with what is wrong with the line that it is of; undefined where that may be another thing, or elsewhere, in others. */
function withFault(shape: NewShape, text: string, { problems }: Statement): NewShape | undefined {
  const [problem] = problems;
  if (problem === undefined) return shape;
  const fault = shapeFault(shape.steps, text, problem);
  return fault === undefined ? undefined : { ...shape, form: lineForm({ ...shape.form, problems }), fault };
}

/** Whether circumstances are one object for all lines that stand in them, and behind a line of a dump what they were before it. */
function isShared({ within }: LineContext): boolean {
  return within === undefined || within.kind === 'output';
}

/** Whether nothing is wrong with a line, or nothing but what may be with all like it. Of what is no restore input a line with a fault is read in other ways, too. */
function mayBeShared({ problems }: Statement, context: LineContext): boolean {
  return problems.length === 0 || (problems.length === 1 && sharedFaults.has(problems[0]?.code ?? '') && isRestoreInput(context));
}

/** Remembers the shape of a line that the parser has read in these circumstances, if nothing is wrong with it, or nothing but what is with all lines of it. */
export function learnShape(text: string, context: LineContext, statement: Statement): void {
  if (!isShared(context) || !text.includes('KUBE-')) return;
  if (!mayBeShared(statement, context)) return;
  if (text.length > longestShaped) return;
  const known = learned(context) ?? { shapes: [], last: undefined };
  if (known.shapes.length >= mostShapes) return;
  const shape =
    statement.kind === 'rule'
      ? ruleShape(text, context, statement)
      : statement.kind === 'chain'
        ? chainShape(text, context, statement)
        : undefined;
  const told = shape === undefined ? undefined : withFault(shape, text, statement);
  if (told === undefined) return;
  known.shapes.push(numberShape({ ...told, next: undefined }));
  learnedIn.set(context, known);
  recent = known;
}
