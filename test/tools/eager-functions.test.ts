import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

type Pieces = ReadonlyMap<string, string>;
type WithEagerFunctions = (pieces: Pieces, main: string, runs: readonly (readonly string[])[]) => Pieces;

const url = pathToFileURL(resolve(import.meta.dirname, 'eager-functions.mjs')).href;
const { withEagerFunctions } = (await import(url)) as { readonly withEagerFunctions: WithEagerFunctions };

const main = `"use strict";const{a:t}=require("./part.cjs");function n(e){if(e)throw e;return()=>r(e);function r(o){return[o]}}function u(){return 1}n()();
if(process.argv[2]==="b")require("./other.cjs");if(t(2)!==2)process.exitCode=3;`;
const part = `"use strict";var e=class{f(){return [1].map(n=>({n}))}g=()=>this;h(...n){return(()=>arguments.length)()}};async function*i(){}
const s={get k(){return 1},f(){return 2},l:function(){return s.f()},m:()=>3};new e().f();new e().g();new e().h();i();s.k;s.l();
module.exports = {a: a};function a(n=()=>0){return n}`;
const other = '"use strict";function e(){}function t(){}e();if(process.argv[3]==="all")t();';
const pieces: Pieces = new Map([
  ['main.cjs', main],
  ['part.cjs', part],
  ['other.cjs', other],
]);

it('puts in parentheses what the first run calls, and leaves all else', () => {
  const marked = withEagerFunctions(pieces, 'main.cjs', [[]]);
  expect(
    marked.get('main.cjs'),
  ).toBe(`"use strict";var n=(function(e){var r=(function(o){return[o]});if(e)throw e;return(function(){return r(e)});});const{a:t}=require("./part.cjs");function u(){return 1}n()();
if(process.argv[2]==="b")require("./other.cjs");if(t(2)!==2)process.exitCode=3;`);
  expect(
    marked.get('part.cjs'),
  ).toBe(`"use strict";var i=(async function*(){});var a=(function(n=()=>0){return n});var e=class{f(){return [1].map((function(n){return {n}}))}g=()=>this;h(...n){return(()=>arguments.length)()}};
const s={get k(){return 1},f(){return 2},l:(function(){return s.f()}),m:()=>3};new e().f();new e().g();new e().h();i();s.k;s.l();
module.exports = {a: a};`);
  expect(marked.get('other.cjs')).toBe(other);
});

it('puts in parentheses what half of the other runs call, of what the first one does not load', () => {
  const runs = [[], ['b'], ['b', 'all'], ['b']];
  expect(withEagerFunctions(pieces, 'main.cjs', runs).get('other.cjs')).toBe(
    '"use strict";var e=(function(){});function t(){}e();if(process.argv[3]==="all")t();',
  );
  // What was marked is run as before.
  expect(() => withEagerFunctions(withEagerFunctions(pieces, 'main.cjs', runs), 'main.cjs', runs)).not.toThrow();
});

it('fails where a run fails', () => {
  const failing = new Map([['main.cjs', '"use strict";process.exitCode=3;console.error("not so")']]);
  expect(() => withEagerFunctions(failing, 'main.cjs', [['x']])).toThrow(/^x: ended with 3: not so/);
});
