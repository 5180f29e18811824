// What esbuild is told of the sources and packages that it bundles: what stands apart, what is left out, what is put together.
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seldomNeeded } from './seldom-needed.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** The cluster's API client is a bundle of its own, 1 MB that the server and the command line load when a cluster is asked for. */
export const clusterApart = {
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
export const clientWithoutEffects = {
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

/** Of package.json the program needs two lines of 700. */
export const manifestInBrief = {
  name: 'manifest-in-brief',
  setup(build) {
    build.onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      if (path !== resolve(root, 'package.json')) return undefined;
      const { homepage, version } = JSON.parse(readFileSync(path, 'utf8'));
      return { contents: JSON.stringify({ homepage, version }), loader: 'json' };
    });
  },
};

/**
 * What packages do on being loaded, or before the first line is read, which takes some milliseconds and is of no use here: Commander loads what starts programs, for commands that are
 * programs of their own; picocolors asks whether standard output is a terminal, and is told (`cli/colors.ts`). Chevrotain fills a table with a quotient for each character of Unicode, and
 * replaces ten methods of each kind of production while it records a grammar; ours has `CONSUME2` and no higher one, which it would refuse to record.
 */
const idleWork = [
  [/[\\/]commander[\\/]lib[\\/]command\.js$/, "require('node:child_process')", '{}'],
  [/[\\/]picocolors[\\/]picocolors\.js$/, '(p.stdout || {}).isTTY', 'false'],
  [
    /[\\/]chevrotain[\\/]lib[\\/]src[\\/]scan[\\/]lexer\.js$/,
    ': charCodeToOptimizedIdxMap[charCode]',
    ': 255 + ~~(charCode / 255)',
  ],
  [/[\\/]chevrotain[\\/]lib[\\/]src[\\/]scan[\\/]lexer\.js$/, 'charCodeToOptimizedIdxMap.length === 0', 'false'],
  [/[\\/]chevrotain[\\/]lib[\\/]src[\\/]parse[\\/]parser[\\/]traits[\\/]gast_recorder\.js$/, 'i < 10', 'i < 3'],
];

export const withoutIdleWork = {
  name: 'without-idle-work',
  setup(build) {
    for (const filter of new Set(idleWork.map(([filter]) => filter.source))) {
      build.onLoad({ filter: new RegExp(filter) }, ({ path }) => {
        let contents = readFileSync(path, 'utf8');
        for (const [, work, instead] of idleWork.filter(([other]) => other.source === filter)) {
          if (!contents.includes(work)) throw new Error(`${path}: has no ${work}`);
          contents = contents.replaceAll(work, instead);
        }
        return { contents, loader: 'js' };
      });
    }
  },
};

/** Loaded alone, without what others need. */
const alone = ['./check-cached.ts'];
const diagnoseModules = ['./diagnose-command.ts', './explain-command.ts'];
const drawingModules = ['./flow-command.ts', './map-command.ts'];
const checkModules = ['./check-command.ts', './check-rules.ts', './check-severity.ts', './completion.ts'];

/**
 * What the command line loads when it is asked for, in five pieces: esbuild would make one of each command and one of whatever some of them
 * share, which are sixty, and each takes as long to find as to read.
 */
export const commandsInPieces = {
  name: 'commands-in-pieces',
  setup(build) {
    const pieces = {
      check: new Set([...checkModules, '../lint/registry.ts']),
      packets: new Set(),
      diagnose: new Set(diagnoseModules),
      drawings: new Set(drawingModules),
      seldom: new Set(seldomNeeded),
    };
    build.onStart(() => {
      const program = readFileSync(resolve(root, 'server/src/cli/program.ts'), 'utf8');
      for (const [, path] of program.matchAll(/import\('([^']+)'\)/g)) {
        if (!Object.values(pieces).some((piece) => piece.has(path)) && !alone.includes(path)) pieces.packets.add(path);
      }
    });
    build.onResolve({ filter: /./ }, ({ kind, importer, path, resolveDir }) => {
      if (kind !== 'dynamic-import' || !/[\\/]cli[\\/][\w-]+\.ts$/.test(importer)) return undefined;
      const piece = Object.keys(pieces).find((name) => pieces[name].has(path));
      return piece && { path: resolve(resolveDir, `pieces/${piece}.ts`) };
    });
    build.onLoad({ filter: /[\\/]cli[\\/]pieces[\\/]\w+\.ts$/ }, ({ path: piece }) => ({
      contents: [...pieces[basename(piece, '.ts')]].map((path) => `export * from '${path}';`).join('\n'),
      loader: 'ts',
      resolveDir: resolve(root, 'server/src/cli'),
    }));
  },
};
