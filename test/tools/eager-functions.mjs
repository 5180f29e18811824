// Marks the functions that a first run needs, so that V8 compiles them when it loads a piece. It would look through each for its end, and compile it when it is called, which takes longer.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';

/**
 * The pieces of a program with the functions in parentheses that its runs called: V8 takes those for functions that are called at once. What they do is the same.
 * Throws where a run fails.
 * @param pieces their texts, by their names
 * @param main the name of the piece that is run
 * @param runs arguments of the runs that are looked at: what the first one calls is marked, and in the pieces that it does not load what half of the others call
 */
export function withEagerFunctions(pieces, main, runs) {
  const folder = mkdtempSync(join(tmpdir(), 'iptables-build-'));
  try {
    for (const [name, text] of pieces) writeFileSync(join(folder, name), text);
    const called = runs.map((args, index) => calledIn(join(folder, main), args, join(folder, `calls-${index}`)));
    return new Map([...pieces].map(([name, text]) => [name, marked(text, chosen(called.map((run) => run.get(name))))]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The functions that a run called, by the piece: where they begin and end. */
function calledIn(main, args, folder) {
  // A first run has a cache folder, with nothing in it.
  const caches = `${folder}-caches`;
  mkdirSync(caches);
  const env = {
    ...process.env,
    NODE_V8_COVERAGE: folder,
    NODE_DISABLE_COMPILE_CACHE: '1',
    XDG_CACHE_HOME: caches,
    LOCALAPPDATA: caches,
  };
  const { status, stderr } = spawnSync(process.execPath, [main, ...args], { env, encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`${args.join(' ')}: ended with ${status}: ${stderr}`);
  const called = new Map();
  for (const file of readdirSync(folder)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(folder, file), 'utf8')).result) {
      if (!url.startsWith('file:')) continue;
      const places = functions.map(({ ranges: [whole] }) => whole).filter(({ count }) => count > 0);
      called.set(
        basename(fileURLToPath(url)),
        new Set(places.map(({ startOffset, endOffset }) => `${startOffset}-${endOffset}`)),
      );
    }
  }
  return called;
}

/** The functions of a piece that are marked, of what each run called of it: undefined where it was not loaded. */
function chosen([first, ...others]) {
  if (first !== undefined) return first;
  const loading = others.filter((called) => called !== undefined);
  const places = new Set(loading.flatMap((called) => [...called]));
  return new Set([...places].filter((place) => loading.filter((called) => called.has(place)).length * 2 >= loading.length));
}

/** A piece with functions in parentheses. */
function marked(text, places) {
  const isCalled = ({ start, end }) => places.has(`${start}-${end}`);

  /** The text of a node, from `start`, in which each node within is written by `write`. */
  const withParts = (node, start = node.start, end = node.end) => {
    let written = '';
    let at = start;
    for (const part of partsOf(node)) {
      if (part.start < at || part.end > end) continue;
      written += text.slice(at, part.start) + write(part, node);
      at = part.end;
    }
    return written + text.slice(at, end);
  };

  /** Statements, those that declare functions which are called first: they are there before all others anyway. */
  const withDeclarations = (node, start, end) => {
    let first = '';
    let others = '';
    let at = start;
    for (const statement of node.body) {
      others += text.slice(at, statement.start);
      at = statement.end;
      if (statement.type !== 'FunctionDeclaration' || !isCalled(statement)) others += write(statement, node);
      else
        first += `var ${statement.id.name}=(${withParts(statement).replace(/^((?:async )?function)\s*(\*?)\s*[\w$]+/, '$1$2')});`;
    }
    return first + others + text.slice(at, end);
  };

  const write = (node, parent) => {
    if (node.type === 'BlockStatement' && /Function/.test(parent.type))
      return `{${withDeclarations(node, node.start + 1, node.end)}`;
    if (!isCalled(node) || isMethod(node, parent)) return withParts(node);
    if (node.type === 'FunctionExpression') return `(${withParts(node)})`;
    // Parentheses say nothing of an arrow function.
    if (node.type === 'ArrowFunctionExpression' && !node.async && !hasOuterThis(node)) {
      const body = write(node.body, node);
      const parameters = node.params.map((parameter) => write(parameter, node)).join(',');
      return `(function(${parameters})${node.expression ? `{return ${body}}` : body})`;
    }
    return withParts(node);
  };

  const program = parse(text, { ecmaVersion: 'latest', sourceType: 'script' });
  const strict = '"use strict";';
  if (!text.startsWith(strict)) throw new Error('a piece that is not strict');
  program.body.shift();
  return strict + withDeclarations(program, strict.length, text.length);
}

const isMethod = (node, parent) =>
  parent.type === 'MethodDefinition' ||
  (parent.type === 'Property' && parent.value === node && (parent.method || parent.kind !== 'init'));

/** Nodes within a node, in their order; of a shorthand property its name alone. */
function partsOf(node) {
  const parts = Object.values(node)
    .flat()
    .filter((value) => typeof value?.type === 'string' && typeof value.start === 'number');
  return parts.sort((a, b) => a.start - b.start);
}

/** Whether an arrow function uses what it has of the function around it. */
function hasOuterThis(node) {
  if (node.type === 'ThisExpression' || node.type === 'Super' || node.type === 'MetaProperty') return true;
  if (node.type === 'Identifier') return node.name === 'arguments';
  if (node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration') return false;
  return partsOf(node).some(hasOuterThis);
}
