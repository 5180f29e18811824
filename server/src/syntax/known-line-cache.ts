/**
 * Shapes of lines that are known to be right. A dump of a large cluster has hundreds of thousands of lines and a few dozen shapes of them:
 * `-A KUBE-SEP-... -s .../32 -j KUBE-MARK-MASQ`. Once the parser has found nothing wrong with a line, every line that differs from it in
 * nothing but a hashed chain name, an address, a port, a share or a comment is right as well, and a regular expression tells it in a
 * fraction of the time. What an expression lets vary is narrow: any value of it is as good as any other.
 */
import type { LineContext } from './line.ts';
import { type LineForm, plainForm } from './line-form.ts';
import type { ChainStatement, RuleStatement, Statement } from './statement.ts';

/** What all lines of a shape have in common. */
export interface Shape {
  readonly pattern: RegExp;
  readonly form: LineForm;
  /** Where the chain's name begins, counted from the end of the counters at the line's start. */
  readonly nameStart: number;
  readonly counted: boolean;
  /** The target of every such line; undefined where it is the line's last word. */
  readonly target: string | undefined;
}

const hashedName = 'KUBE-(?:SEP|SVC|SVL|EXT|FW|XLB)-[A-Z2-7]{16}';
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = `${octet}(?:\\.${octet}){3}`;
// Up to seven groups, so that the two colons stand for one at least.
const ipv6 = '(?:[0-9a-f]{1,4}:){1,6}:[0-9a-f]{1,4}';
const port = '(?:[1-9]\\d{0,3}|[1-5]\\d{4}|6[0-4]\\d{3})';

const counters = /^\[\d{1,15}:\d{1,15}\] /;
/** What may stand behind an option so that any of it is as good as any other. */
const variable: ReadonlyMap<string, readonly string[]> = new Map([
  ['-A', [hashedName]],
  ['-j', [hashedName]],
  ['-g', [hashedName]],
  ['--name', [hashedName]],
  ['-s', [`${ipv4}/32`, `${ipv6}/128`]],
  ['-d', [`${ipv4}/32`, `${ipv6}/128`]],
  ['--dport', [port]],
  ['--to-destination', [`${ipv4}:${port}`, `\\[${ipv6}\\]:${port}`]],
  ['--probability', ['0\\.\\d{11}']],
  ['--comment', ['"[ !#-\\[\\]-~]{1,200}"', '[A-Za-z][A-Za-z0-9/:._-]{0,100}']],
]);
const anchored = new Map([...variable.values()].flat().map((source) => [source, new RegExp(`^${source}$`)]));

const mostShapes = 48;

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

/** The shape of a line, where it was learned in these circumstances; undefined where the parser has to look at it. */
export function knownShape(text: string, context: LineContext): Shape | undefined {
  const known = learned(context);
  if (known === undefined) return undefined;
  // Chains of one kind have the same rules, in the same order.
  const likely = known.last?.next;
  if (likely?.pattern.test(text) === true) {
    known.last = likely;
    return likely;
  }
  const shape = findShape(text, known.shapes);
  if (shape === undefined) return undefined;
  if (known.last !== undefined) known.last.next = shape;
  known.last = shape;
  return shape;
}

function findShape(text: string, shapes: LearnedShape[]): LearnedShape | undefined {
  for (let index = 0; index < shapes.length; index += 1) {
    const shape = shapes[index];
    if (shape === undefined || !shape.pattern.test(text)) continue;
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

/** Where the name of the chain begins on a line of a shape. */
export function nameStartOf(text: string, { counted, nameStart }: Shape): number {
  return counted ? text.indexOf(' ') + 1 + nameStart : nameStart;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The words of a line between single blanks, a quoted one whole; undefined where it is not written that plainly. */
function plainWords(text: string): readonly string[] | undefined {
  const words = text.match(/"[^"\\]*"|[^\s"]+/g) ?? [];
  return words.join(' ') === text ? words : undefined;
}

/** An expression for all lines that are like this one; undefined where nothing in it can vary. */
function patternOf(words: readonly string[]): RegExp | undefined {
  let varies = false;
  const sources = words.map((word, at) => {
    const candidates = variable.get(words[at - 1] ?? '') ?? [];
    const source = candidates.find((candidate) => anchored.get(candidate)?.test(word) === true);
    if (source === undefined) return escaped(word);
    varies ||= source === hashedName;
    return source;
  });
  return varies ? new RegExp(`^${sources.join(' ')}$`) : undefined;
}

function ruleShape(text: string, context: LineContext, statement: RuleStatement): Shape | undefined {
  const { command, commandWord, chain, target, counters: counted } = statement;
  if (target === undefined || statement.isGoto) return undefined;
  const body = counted === undefined ? text : text.slice(counted.end + 1);
  if (commandWord.text !== '-A' || !body.startsWith(`-A ${chain.text} `)) return undefined;
  const words = plainWords(body);
  const pattern = words === undefined ? undefined : patternOf(words);
  if (words === undefined || pattern === undefined) return undefined;
  const isLast = words.at(-1) === target.text;
  // A target that is no hashed name is part of the expression; of one with options behind it the place would vary.
  const isHashed = anchored.get(hashedName)?.test(target.text) === true;
  if (isHashed && !isLast) return undefined;
  return {
    pattern: counted === undefined ? pattern : new RegExp(`${counters.source}${pattern.source.slice(1)}`),
    form: plainForm(context, 'rule', command),
    nameStart: 3,
    counted: counted !== undefined,
    target: isHashed ? undefined : target.text,
  };
}

function chainShape(text: string, context: LineContext, statement: ChainStatement): Shape | undefined {
  if (text !== `:${statement.name.text} - [0:0]` || anchored.get(hashedName)?.test(statement.name.text) !== true)
    return undefined;
  return {
    pattern: new RegExp(`^:${hashedName} - \\[0:0\\]$`),
    form: plainForm(context, 'chain', 'new'),
    nameStart: 1,
    counted: false,
    target: '',
  };
}

/** Remembers the shape of a line that the parser has read in these circumstances, if nothing is wrong with it. */
export function learnShape(text: string, context: LineContext, statement: Statement): void {
  if (statement.problems.length > 0 || context.within !== undefined || !text.includes('KUBE-')) return;
  const known = learned(context) ?? { shapes: [], last: undefined };
  if (known.shapes.length >= mostShapes) return;
  const shape =
    statement.kind === 'rule'
      ? ruleShape(text, context, statement)
      : statement.kind === 'chain'
        ? chainShape(text, context, statement)
        : undefined;
  if (shape === undefined) return;
  known.shapes.push({ ...shape, next: undefined });
  learnedIn.set(context, known);
  recent = known;
}
