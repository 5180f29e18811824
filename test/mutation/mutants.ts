/** Mutants: small changes of code that tests should notice, and how many of them stand in one text, each behind a switch. */
import { stripTypeScriptTypes } from 'node:module';
import { type Node, parse } from 'acorn';

/** One change of a text, between two places counted in characters from 0. */
export interface Change {
  readonly start: number;
  readonly end: number;
  /** What kind of change, in a word or two, such as `operator` or `no continue`. */
  readonly kind: string;
  /** What stands there instead. Empty where a whole statement goes. */
  readonly replacement: string;
  /** Whether a statement changes and not an expression. */
  readonly isStatement: boolean;
}

/** The operator that stands instead; what is not here has none that a test must notice. */
const otherOperator: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
  '>>>': '<<',
};

/** A call of a list that becomes another, or goes. */
const otherCall: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  filter: '',
  toSorted: '',
  slice: '',
  trim: '',
};

type Fields = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

const fieldsOf = (node: Node): Fields => node as unknown as Fields;

function child(node: Node, name: string): Node | undefined {
  const value = fieldsOf(node)[name];
  return isNode(value) ? value : undefined;
}

function childrenOf(node: Node, name: string): readonly Node[] {
  const value = fieldsOf(node)[name];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

function textOf(node: Node, name: string): string {
  const value = fieldsOf(node)[name];
  return typeof value === 'string' ? value : '';
}

/** All changes that a text has places for, in the order of their places. @throws where the text is no TypeScript without types of its own. */
export function changesOf(source: string): readonly Change[] {
  // Types become blanks: all places stay.
  const text = stripTypeScriptTypes(source);
  const changes: Change[] = [];
  const waiting: { readonly node: Node; readonly parent: Node | undefined }[] = [
    { node: parse(text, { ecmaVersion: 'latest', sourceType: 'module' }), parent: undefined },
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { node, parent } = next;
    if (node.type === 'ImportDeclaration' || isPause(node)) continue;
    changes.push(...changesAt(node, parent, source));
    for (const value of Object.values(fieldsOf(node))) {
      for (const inner of Array.isArray(value) ? value : [value]) if (isNode(inner)) waiting.push({ node: inner, parent: node });
    }
  }
  return changes.toSorted((a, b) => a.start - b.start || a.end - b.end || a.kind.localeCompare(b.kind));
}

/**
 * Whether a node says only when long work pauses: `yield;`, also under a condition or where a count begins anew, and how much is done between two pauses. No answer is another one
 * where it pauses sooner or later; how long it goes without a pause is measured (`npm run torture`).
 */
function isPause(node: Node): boolean {
  switch (node.type) {
    case 'VariableDeclarator': {
      const name = child(node, 'id');
      return name !== undefined && textOf(name, 'name').endsWith('BetweenPauses');
    }
    case 'IfStatement': {
      const then = child(node, 'consequent');
      return child(node, 'alternate') === undefined && then !== undefined && isPause(then);
    }
    case 'BlockStatement': {
      const body = childrenOf(node, 'body');
      return body.some(isPause) && body.every((statement) => isPause(statement) || isReset(statement));
    }
    case 'ExpressionStatement': {
      const value = child(node, 'expression');
      return value?.type === 'YieldExpression' && child(value, 'argument') === undefined;
    }
    default:
      return false;
  }
}

/** Whether a statement sets a count to a number, as where one begins anew behind a pause. */
function isReset(node: Node): boolean {
  const value = child(node, 'expression');
  return value?.type === 'AssignmentExpression' && textOf(value, 'operator') === '=' && child(value, 'right')?.type === 'Literal';
}

function changesAt(node: Node, parent: Node | undefined, source: string): readonly Change[] {
  const slice = ({ start, end }: Node): string => source.slice(start, end);
  const instead = (kind: string, replacement: string, at: Node = node): readonly Change[] => [
    { start: at.start, end: at.end, kind, replacement, isStatement: false },
  ];
  const gone = (kind: string): readonly Change[] => [
    { start: node.start, end: node.end, kind, replacement: '', isStatement: true },
  ];
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression': {
      const left = child(node, 'left');
      const right = child(node, 'right');
      const operator = textOf(node, 'operator');
      if (left === undefined || right === undefined) return [];
      if (operator === '??') return instead('no ??', `(${slice(left)})`);
      const other = otherOperator[operator];
      // What joins texts has no difference.
      const joins = operator === '+' && [left, right].some(isText);
      if (other === undefined || joins) return [];
      return instead('operator', `(${slice(left)}) ${other} (${slice(right)})`);
    }
    case 'Literal':
      return changesOfLiteral(node, parent).flatMap(({ kind, replacement }) => instead(kind, replacement));
    case 'ConditionalExpression':
      return changesOfCondition(child(node, 'test'), slice);
    case 'IfStatement':
    case 'WhileStatement':
      return changesOfCondition(child(node, 'test'), slice);
    case 'ExpressionStatement':
      return fieldsOf(node)['directive'] === undefined ? gone('no statement') : [];
    case 'ContinueStatement':
      return gone('no continue');
    case 'BreakStatement':
      return parent?.type === 'SwitchCase' ? [] : gone('no break');
    case 'ReturnStatement':
      return parent?.type === 'IfStatement' ? gone('no return') : changesOfReturn(child(node, 'argument'), instead);
    case 'CallExpression':
      return changesOfCall(node, slice, instead);
    default:
      return [];
  }
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof fieldsOf(node)['value'] === 'string');
}

function changesOfLiteral(
  node: Node,
  parent: Node | undefined,
): readonly { readonly kind: string; readonly replacement: string }[] {
  const value = fieldsOf(node)['value'];
  const isName = parent?.type === 'Property' && child(parent, 'key') === node;
  if (isName) return [];
  if (typeof value === 'boolean') return [{ kind: 'literal', replacement: `${!value}` }];
  if (typeof value === 'number') return [{ kind: 'literal', replacement: `${value + 1}` }];
  return [];
}

/** The opposite of a condition, where no operator in it says the same. */
function changesOfCondition(test: Node | undefined, slice: (node: Node) => string): readonly Change[] {
  if (test === undefined || test.type === 'BinaryExpression' || test.type === 'Literal') return [];
  return [{ start: test.start, end: test.end, kind: 'condition', replacement: `!(${slice(test)})`, isStatement: false }];
}

function changesOfReturn(
  value: Node | undefined,
  instead: (kind: string, replacement: string, at: Node) => readonly Change[],
): readonly Change[] {
  if (value === undefined || value.type === 'Literal' || (value.type === 'Identifier' && textOf(value, 'name') === 'undefined'))
    return [];
  if (value.type !== 'ArrayExpression') return instead('empty return', 'undefined', value);
  return childrenOf(value, 'elements').length === 0 ? [] : instead('empty return', '[]', value);
}

function changesOfCall(
  node: Node,
  slice: (node: Node) => string,
  instead: (kind: string, replacement: string) => readonly Change[],
): readonly Change[] {
  const callee = child(node, 'callee');
  const list = callee?.type === 'MemberExpression' ? child(callee, 'object') : undefined;
  const name = callee === undefined ? undefined : child(callee, 'property');
  if (list === undefined || name === undefined || callee === undefined || fieldsOf(callee)['optional'] === true) return [];
  const other = Object.hasOwn(otherCall, textOf(name, 'name')) ? otherCall[textOf(name, 'name')] : undefined;
  if (other === undefined) return [];
  const taken = `(${slice(list)})`;
  const args = slice(node).slice(callee.end - node.start);
  return other === '' ? instead(`no ${textOf(name, 'name')}`, taken) : instead('call', `${taken}.${other}${args}`);
}

/** A change with the number that turns it on. */
export interface NumberedChange {
  readonly number: number;
  readonly change: Change;
}

/**
 * A text with all the given changes in it, each behind a switch: `mutant$(NUMBER)`, a function that the program must have, says whether the
 * change of that number is on.
 */
export function withSwitches(source: string, changes: readonly NumberedChange[]): string {
  // The longer first, so that those within come after; of equal ones the first is outside.
  const sorted = changes.toSorted((a, b) => a.change.start - b.change.start || b.change.end - a.change.end);
  let at = 0;
  const upTo = (start: number, end: number): string => {
    let text = '';
    let place = start;
    while (at < sorted.length) {
      const next = sorted[at];
      if (next === undefined || next.change.end > end || next.change.start >= end) break;
      at += 1;
      text += source.slice(place, next.change.start);
      text += withSwitch(next, upTo(next.change.start, next.change.end));
      place = next.change.end;
    }
    return text + source.slice(place, end);
  };
  return upTo(0, source.length);
}

function withSwitch({ number, change }: NumberedChange, original: string): string {
  return change.isStatement
    ? `{ if (!mutant$(${number})) { ${original} } }`
    : `(mutant$(${number}) ? (${change.replacement}) : (${original}))`;
}
