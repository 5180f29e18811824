// `npm run -s inspect` and `npm run -s server`: starts the built bundle in this very process, and builds it first where it is missing
// or older than its sources. Standard output belongs to the program that is started.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const programs = {
  inspect: { part: 'cli', bundle: 'dist/cli/main.cjs', bin: 'dist/cli/iptables-inspect.cjs' },
  server: { part: 'server', bundle: 'dist/server/node.cjs', bin: 'dist/server/iptables-language-server.cjs' },
};

const root = resolve(fileURLToPath(import.meta.url), '../../..');

function modified(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs;
}

/** The newest change among the sources, in milliseconds since 1970. */
function newestSource() {
  let newest = Math.max(modified('esbuild.mjs') ?? 0, modified('package-lock.json') ?? 0);
  for (const path of readdirSync(join(root, 'server/src'), { recursive: true })) {
    if (path.endsWith('.ts')) newest = Math.max(newest, modified(join('server/src', path)) ?? 0);
  }
  return newest;
}

const program = programs[process.argv[2]];
const built = modified(program.bundle);
if (built === undefined || built < newestSource()) {
  if (!existsSync(join(root, 'node_modules/esbuild'))) {
    process.stderr.write('Nothing is installed yet. Once in a checkout: npm ci\n');
    process.exit(2);
  }
  process.stderr.write('Building ...\n');
  const { status } = spawnSync(process.execPath, [join(root, 'esbuild.mjs'), program.part, 'cluster'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) {
    process.stderr.write('The build failed; see above.\n');
    process.exit(2);
  }
}
// npm changes to the package's folder; paths in the arguments are relative to where the user is.
if (process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);
const bin = join(root, program.bin);
process.argv.splice(1, 2, bin);
createRequire(import.meta.url)(bin);
