// What the command line seldom needs, in a piece of its own: V8 does not even look through it for other runs.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { transformSync } from 'esbuild';

const cli = resolve(dirname(fileURLToPath(import.meta.url)), '../../server/src/cli');

/**
 * Modules that a run on a small dump has no use for, and with each all that nothing else needs: snapshots of a cluster and bundles of a node, with YAML; drift, fixes of files.
 * They export functions alone.
 */
export const seldomNeeded = [
  '../cluster/snapshot.ts',
  '../kube/drift/drift.ts',
  '../lint/mending/service-rules.ts',
  '../node/bundle.ts',
  './check-fix.ts',
];

/** A module with the functions of another, which is loaded when one of them is called the first time. */
function loadedWhenCalled(path) {
  const { code } = transformSync(readFileSync(path, 'utf8'), { loader: 'ts', target: 'esnext' });
  const exported = parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body.filter(({ type }) =>
    type.startsWith('Export'),
  );
  if (!exported.every(({ declaration }) => declaration?.type === 'FunctionDeclaration'))
    throw new Error(`${path}: exports more than functions`);
  const functions = exported.map(({ declaration: { id } }) => {
    return `export function ${id.name}(...given) { return loaded().${id.name}(...given); }`;
  });
  return [`const loaded = () => loadedNow(import('seldom-needed'));`, ...functions].join('\n');
}

/** A plugin of esbuild that puts functions which load their modules in the place of those that are seldom needed. */
export const seldomApart = {
  name: 'seldom-apart',
  setup(build) {
    const paths = new Set(seldomNeeded.map((path) => resolve(cli, path)));
    build.onResolve({ filter: /^seldom-needed$/ }, () => ({ path: resolve(cli, 'pieces/seldom.ts') }));
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, importer, path, resolveDir }) => {
      const whole = resolve(resolveDir, path);
      const isApart = kind === 'import-statement' && paths.has(whole) && !/[\\/]pieces[\\/]seldom\.ts$/.test(importer);
      return isApart ? { path: whole, namespace: 'seldom' } : undefined;
    });
    build.onLoad({ filter: /./, namespace: 'seldom' }, ({ path }) => ({ contents: loadedWhenCalled(path), loader: 'ts' }));
  },
};

/** A piece in which what is seldom needed is loaded in one go, where `import` would have to be waited for. */
export function requiredNow(text) {
  return text.replaceAll(/\bloadedNow\(import\(("[^"]+")\)\)/g, ' require($1)');
}
