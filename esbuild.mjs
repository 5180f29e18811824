// Bundles what ships, each part apart: nothing that starts often (the command line, the server) carries what is used seldom
// (the cluster's API client, the drawing). `node esbuild.mjs [--watch] [part...]`; parts: client server cluster webview cli.
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import * as esbuild from 'esbuild';
import {
  clientWithoutEffects,
  clusterApart,
  commandsInPieces,
  manifestInBrief,
  withoutIdleWork,
} from './test/tools/bundle-plugins.mjs';
import { withEagerFunctions } from './test/tools/eager-functions.mjs';
import { requiredNow, seldomApart } from './test/tools/seldom-needed.mjs';
import { codeKeptBy } from './test/tools/shipped-code.mjs';

const root = dirname(fileURLToPath(import.meta.url));

const node = { platform: 'node', format: 'cjs', target: 'node22' };
const web = { platform: 'browser', format: 'iife', target: 'es2023' };

/**
 * What all commands need is in several pieces: each of these modules, with what it needs and none before it does. What V8 makes of a piece it holds until all of it is compiled,
 * and uses the memory for the next one: a first run touches 1,400 pages of memory less than with one piece of 470 kB, and takes some milliseconds less.
 */
const layers = [
  'catalog/values/read-value.ts',
  'catalog/lookup.ts',
  'syntax/lexer.ts',
  'syntax/parser.ts',
  'syntax/document.ts',
  'ruleset/build.ts',
  'kube/identity/resolve.ts',
];
const layerNames = layers.map((path) => `layer-${path.replace(/\W/g, '-')}`);

const bundles = [
  // .cjs: the package is of type "module", and VS Code's web worker host loads CommonJS only.
  { part: 'client', in: 'client/src/node/main.ts', out: 'dist/client/node.cjs', options: { ...node, external: ['vscode'] } },
  {
    part: 'client',
    in: 'client/src/browser/main.ts',
    out: 'dist/client/browser.cjs',
    options: { ...web, format: 'cjs', external: ['vscode'] },
  },
  {
    part: 'server',
    in: 'server/src/lsp/node/main.ts',
    out: 'dist/server/node.cjs',
    options: { ...node, plugins: [manifestInBrief, clusterApart, withoutIdleWork] },
    bin: 'iptables-language-server',
    // V8 lets what is old pile up to several times of what is in use before it collects. Until the first dump is read it may double: most of it stays.
    // After that a fifth more is all (`lsp/node/old-generation.ts`).
    flags: ['--heap-growing-percent=100'],
  },
  {
    part: 'server',
    in: 'server/src/lsp/browser/main.ts',
    out: 'dist/server/browser.js',
    options: { ...web, plugins: [manifestInBrief, withoutIdleWork] },
  },
  {
    part: 'cluster',
    in: 'server/src/cluster/live/live.ts',
    out: 'dist/cluster/live.cjs',
    options: { ...node, plugins: [clientWithoutEffects] },
  },
  { part: 'webview', in: 'webview/src/main.ts', out: 'dist/webview/flow.js', options: web },
  { part: 'webview', in: 'webview/src/flow.css', out: 'dist/webview/flow.css', options: {} },
  {
    part: 'cli',
    in: 'server/src/cli/main.ts',
    out: 'dist/cli/main.cjs',
    // In pieces: a command loads what it needs, and the options are told without any.
    options: {
      ...node,
      format: 'esm',
      splitting: true,
      define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
      plugins: [manifestInBrief, clusterApart, withoutIdleWork, seldomApart, commandsInPieces],
    },
    bin: 'iptables-inspect',
  },
];

/** What a module of the server's sources exports, as `exported`, in words that an old Node.js can read. */
function inlined(path) {
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [resolve(root, 'server/src', path)],
    ...node,
    bundle: true,
    write: false,
    minify: true,
    target: 'node12',
    format: 'iife',
    globalName: 'exported',
  });
  return outputFiles[0].text.trim();
}

/** What a module of the server's sources exports. */
function exportsOf(path) {
  return new Function('require', `${inlined(path)} return exported;`)(createRequire(import.meta.url));
}

/** Loads a bundle in one piece, compiled from Node.js' own cache the next time. */
function loadsWhole(main) {
  return `${inlined('lsp/node/compile-cache.ts')}
exported.keepCompiledCode();
require('./${main}');`;
}

/** Loads a bundle in pieces, compiled from what earlier runs kept. */
function loadsPieces(main, build) {
  return `${inlined('cli/load-pieces.ts')}
exported.runPieces(require('path').join(__dirname, '${main}'), '${build}', require);`;
}

/**
 * What `bin` points to: refuses an old Node.js in words it can read, and loads the program. One that cannot be loaded (files are missing, or no more may be
 * open) says so in a line and ends with 2: Node.js' own 1 would say that something was found.
 * Flags of V8 are set when the program and what it needs of Node.js have been loaded: code that was compiled under other flags, as Node.js' own was, is compiled anew.
 */
function launcher(name, load, flags = []) {
  return `#!/usr/bin/env node
'use strict';
if (Number(process.versions.node.split('.')[0]) < 22) {
  process.stderr.write('${name}: needs Node.js 22 or later, this is ' + process.version + ' (' + process.execPath + ')\\n');
  process.exit(2);
}
try {
${load}
${flags.map((flag) => `require('node:v8').setFlagsFromString('${flag}');\n`).join('')}} catch (error) {
  var why = String(error && error.message || error).split('\\n')[0].replace(/[^ -~]/g, '?');
  try {
    require('fs').writeSync(2, '${name}: cannot be loaded: ' + why + '\\n');
  } catch (_) {}
  process.exit(2);
}
`;
}

/** @param pieces what the bundle was written as, where it is in pieces */
function writeLauncher({ out, bin, flags }, pieces) {
  const main = basename(out);
  // While it is watched its pieces are modules like any other, which a debugger knows.
  const load = watch ? `require('./${main}');` : pieces === undefined ? loadsWhole(main) : loadsPieces(main, digestOf(pieces));
  const path = resolve(root, dirname(out), `${bin}.cjs`);
  writeWhole(path, launcher(bin, load, flags));
  chmodSync(path, 0o755);
}

/** A name for the content of files. */
function digestOf(files) {
  const digest = createHash('sha256');
  for (const { path, contents } of files) digest.update(`${basename(path)}\n${contents.length}\n`).update(contents);
  return digest.digest('hex').slice(0, 16);
}

/**
 * A piece as CommonJS. esbuild writes pieces as ES modules alone, and Node.js takes 10 ms longer for them; where esbuild makes CommonJS of one of them, each use of a name
 * of another piece calls a function. Here names are taken once, when a piece is loaded: none of them stands for something else later (`export let` is not used), and no piece loads one that loads it.
 */
function asCommonJs(text) {
  const named = (names) => names.replaceAll(/\s+as\s+/g, ': ');
  const swapped = (names) => names.replaceAll(/([\w$]+)\s+as\s+([\w$]+)/g, '$2: $1');
  const piece = requiredNow(text)
    .replaceAll(
      /(?<=^|[;}\n])import\s*\{([^{}]*)\}\s*from\s*("[^"]+");/g,
      (_, names, path) => `const {${named(names)}} = require(${path});`,
    )
    .replaceAll(/(?<=^|[;}\n])import\s*("[^"]+");/g, 'require($1);')
    .replaceAll(/\bimport\(("[^"]+")\)/g, 'Promise.resolve().then(() => require($1))')
    .replace(/\bexport\s*\{([^{}]*)\};\s*$/, (_, names) => `module.exports = {${swapped(names)}};\n`);
  // Throws where something of a module is left.
  new Script(`(function () {${piece}\n})`);
  return `"use strict";${piece}`;
}

/** Writes beside the file and renames, so that a process that starts meanwhile reads the old bundle or the new one, never half. */
function writeWhole(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

const sample = resolve(root, 'test/fixtures/sample/worker-1.iptables');
/** What is looked at to know which functions a run on a small dump needs. */
const usualRuns = [
  ['check', sample],
  ['resolve', sample],
  ['flow', sample, '--to', '10.96.0.1:443'],
  ['trace', sample, '--from', '192.0.2.1', '--to', '10.96.0.1:443'],
  ['check', '--no-cache', sample, '--cluster', resolve(dirname(sample), 'cluster.json')],
];

/** Has V8 compile the functions that usual runs call when it loads a piece: a small dump takes a tenth less for the first time. */
function compileAtOnce(files, main) {
  const pieces = files.filter(({ path }) => path.endsWith('.cjs'));
  const texts = new Map(pieces.map(({ path, contents }) => [basename(path), contents.toString()]));
  const marked = withEagerFunctions(texts, main, usualRuns);
  for (const piece of pieces) piece.contents = Buffer.from(marked.get(basename(piece.path)));
}

/** Of the command that is run where nothing is kept, as in a container that is new. With options and without, in text and not. */
const firstRuns = [
  ['check', sample],
  ['check', '--no-cache', '--color', 'never', '--format', 'json', sample],
];

/** Compiles what first runs need of the pieces, for the Node.js that builds: its code lies beside them. */
function writeCode({ out, bin }, pieces) {
  const folder = resolve(root, dirname(out));
  for (const name of readdirSync(folder)) if (name.endsWith('.code')) rmSync(resolve(folder, name));
  const { shippedName } = exportsOf('cli/kept-code.ts');
  writeWhole(resolve(folder, shippedName(digestOf(pieces))), codeKeptBy(resolve(folder, `${bin}.cjs`), firstRuns));
}

/**
 * Has pieces be the functions that their texts are put into when they are loaded. The first one is none, as Node.js would say nothing if it were run by itself: it starts the launcher
 * then, since the others are modules to nobody else.
 */
function asFunctions(files, { out, bin }) {
  const { before } = exportsOf('cli/load-pieces.ts');
  for (const file of files) {
    if (!file.path.endsWith('.cjs')) continue;
    file.contents = Buffer.from(
      basename(file.path) === basename(out)
        ? `"use strict";if(require.main===module)require("./${bin}.cjs");else{${file.contents}\n}`
        : `${before}${file.contents}\n})`,
    );
  }
}

/** Removes pieces of earlier builds that stand beside those of this one. */
function removeOthers(paths) {
  const names = new Set(paths.map((path) => basename(path)));
  for (const folder of new Set(paths.map((path) => dirname(path)))) {
    for (const name of readdirSync(folder)) {
      const isPiece = /-[0-9A-Z]{8}\.cjs(?:\.map)?$|\.mjs(?:\.map)?$/.test(name);
      if (isPiece && !names.has(name)) rmSync(resolve(folder, name));
    }
  }
}

const written = (bundle) => ({
  name: 'written',
  setup(build) {
    const isInPieces = build.initialOptions.splitting === true;
    build.onEnd((result) => {
      const files = (result.outputFiles ?? [])
        // Nobody loads what is in a layer by its own name.
        .filter(({ path }) => !layerNames.includes(basename(path).split('.')[0]))
        .map(({ path, contents, text }) => ({
          path,
          contents: isInPieces && path.endsWith('.cjs') ? Buffer.from(asCommonJs(text)) : contents,
        }));
      if (isInPieces && !watch && result.errors.length === 0) {
        compileAtOnce(files, basename(bundle.out));
        asFunctions(files, bundle);
      }
      for (const { path, contents } of files) writeWhole(path, contents);
      if (result.errors.length > 0) return;
      if (bundle.bin !== undefined) writeLauncher(bundle, isInPieces ? files : undefined);
      if (isInPieces) removeOthers(files.map(({ path }) => path));
      if (isInPieces && !watch) writeCode(bundle, files);
      process.stderr.write(`built ${bundle.out}\n`);
    });
  },
});

/** Where esbuild writes: a file, or a folder for what is in pieces. */
function outputOf({ in: entry, out, options }) {
  if (!options.splitting) return { entryPoints: [entry], outfile: out };
  const entryPoints = { [basename(out, '.cjs')]: entry };
  for (const [index, path] of layers.entries()) entryPoints[layerNames[index]] = `server/src/${path}`;
  return { entryPoints, outdir: dirname(out), outExtension: { '.js': '.cjs' } };
}

function optionsOf(bundle, watch) {
  return {
    absWorkingDir: root,
    ...outputOf(bundle),
    bundle: true,
    write: false,
    metafile: true,
    minify: !watch,
    sourcemap: watch ? 'linked' : false,
    legalComments: 'none',
    logLevel: 'warning',
    ...bundle.options,
    plugins: [...(bundle.options.plugins ?? []), written(bundle)],
  };
}

function merged(results) {
  const [inputs, outputs] = ['inputs', 'outputs'].map((key) =>
    Object.assign({}, ...results.map(({ metafile }) => metafile[key])),
  );
  // What is made here is no file, and of no package.
  for (const { inputs: made } of [{ inputs }, ...Object.values(outputs)]) {
    for (const path of Object.keys(made)) if (path.includes('/cli/pieces/') || path.startsWith('seldom:')) delete made[path];
  }
  return { inputs, outputs };
}

const watch = process.argv.includes('--watch');
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const chosen = bundles.filter(
  (bundle) => (parts.length === 0 || parts.includes(bundle.part)) && existsSync(resolve(root, bundle.in)),
);

// The sample that the extension opens is the one that the tests read.
if (chosen.some(({ part }) => part === 'client')) {
  for (const file of ['worker-1.iptables', 'cluster.json'])
    writeWhole(resolve(root, 'dist/sample', file), readFileSync(resolve(root, 'test/fixtures/sample', file)));
}

if (watch) {
  for (const bundle of chosen) await (await esbuild.context(optionsOf(bundle, true))).watch();
} else {
  try {
    const results = await Promise.all(chosen.map((bundle) => esbuild.build(optionsOf(bundle, false))));
    // What all bundles are made of, for the list of packages in them (test/tools/third-party.ts).
    if (parts.length === 0) writeWhole(resolve(root, 'dist/metafile.json'), JSON.stringify(merged(results)));
  } catch {
    // esbuild has printed what is wrong and where.
    process.exitCode = 1;
  }
}
