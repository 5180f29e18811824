// Bundles what ships, each part apart: nothing that starts often (the command line, the server) carries what is used seldom
// (the cluster's API client, the drawing). `node esbuild.mjs [--watch] [part...]`; parts: client server cluster webview cli.
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));

const node = { platform: 'node', format: 'cjs', target: 'node22' };
const web = { platform: 'browser', format: 'iife', target: 'es2023' };

/** The cluster's API client is a bundle of its own, 1 MB that the server and the command line load when a cluster is asked for. */
const clusterApart = {
  name: 'cluster-apart',
  setup(build) {
    build.onResolve({ filter: /\/cluster\/live\/live\.ts$/ }, (args) =>
      args.kind === 'dynamic-import' ? { path: '../cluster/live.cjs', external: true } : undefined,
    );
  },
};

/**
 * The API client's modules do nothing on being loaded but define what they export; without its word on that, esbuild keeps all models of
 * Kubernetes' API, of which none is used: 1.48 MB instead of 1.06.
 */
const clientWithoutEffects = {
  name: 'client-without-effects',
  setup(build) {
    const name = '@kubernetes/client-node';
    build.onResolve({ filter: /^@kubernetes\/client-node|^\.\.?\// }, async (args) => {
      const isOfClient = args.path.startsWith(name) || args.importer.replaceAll('\\', '/').includes(`node_modules/${name}/`);
      if (args.pluginData === name || !isOfClient) return undefined;
      const { kind, importer, resolveDir } = args;
      const found = await build.resolve(args.path, { kind, importer, resolveDir, pluginData: name });
      return { path: found.path, sideEffects: false, errors: found.errors };
    });
  },
};

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
    options: { ...node, plugins: [clusterApart] },
    bin: 'iptables-language-server',
    // Each version of a large dump leaves tens of megabytes behind. V8 lets them pile up to several times of what is in use; this makes
    // its collector, which works beside the program, begin earlier.
    flags: ['--heap-growing-percent=20'],
  },
  { part: 'server', in: 'server/src/lsp/browser/main.ts', out: 'dist/server/browser.js', options: web },
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
    options: { ...node, plugins: [clusterApart] },
    bin: 'iptables-inspect',
  },
];

/** What `bin` points to: refuses an old Node.js in words it can read, and has the bundle compiled from Node's cache the next time. */
function launcher(name, main, flags = []) {
  return `#!/usr/bin/env node
'use strict';
if (Number(process.versions.node.split('.')[0]) < 22) {
  process.stderr.write('${name}: needs Node.js 22 or later, this is ' + process.version + ' (' + process.execPath + ')\\n');
  process.exit(2);
}
${flags.map((flag) => `require('node:v8').setFlagsFromString('${flag}');\n`).join('')}var enableCompileCache = require('node:module').enableCompileCache;
if (enableCompileCache) enableCompileCache();
require('./${main}');
`;
}

/** Writes beside the file and renames, so that a process that starts meanwhile reads the old bundle or the new one, never half. */
function writeWhole(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

const written = {
  name: 'written',
  setup(build) {
    build.onEnd((result) => {
      for (const file of result.outputFiles ?? []) writeWhole(file.path, file.contents);
      if (result.errors.length === 0) process.stderr.write(`built ${build.initialOptions.outfile}\n`);
    });
  },
};

function optionsOf(bundle, watch) {
  return {
    absWorkingDir: root,
    entryPoints: [bundle.in],
    outfile: bundle.out,
    bundle: true,
    write: false,
    metafile: true,
    minify: !watch,
    sourcemap: watch ? 'linked' : false,
    legalComments: 'none',
    logLevel: 'warning',
    ...bundle.options,
    plugins: [...(bundle.options.plugins ?? []), written],
  };
}

function merged(results) {
  const [inputs, outputs] = ['inputs', 'outputs'].map((key) =>
    Object.assign({}, ...results.map(({ metafile }) => metafile[key])),
  );
  return { inputs, outputs };
}

const watch = process.argv.includes('--watch');
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const chosen = bundles.filter(
  (bundle) => (parts.length === 0 || parts.includes(bundle.part)) && existsSync(resolve(root, bundle.in)),
);

for (const bundle of chosen) {
  if (bundle.bin === undefined) continue;
  const path = resolve(root, dirname(bundle.out), `${bundle.bin}.cjs`);
  writeWhole(path, launcher(bundle.bin, bundle.out.split('/').at(-1), bundle.flags));
  chmodSync(path, 0o755);
}

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
