// `npm start` and `npm test` on a fresh clone: plain JavaScript that Node.js 20 runs with nothing installed. It installs what the
// lock file names, then hands over to start.ts or run-tests.ts under the Node.js that was installed with it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const windows = process.platform === 'win32';
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** Runs a program with this terminal and resolves to its exit status. Signals are the program's to handle: it gets them and we wait. */
function run(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const pass = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, pass);
    child.on('error', (error) => {
      if (error.code === 'ENOENT' && command === 'npm')
        fail('npm is needed; it comes with Node.js: https://nodejs.org/en/download');
      fail(`${command}: ${error.message}`);
    });
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, pass);
      done(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** Whether node_modules holds what the lock file asks for; npm leaves a lock file of its own in there. */
function installed() {
  const path = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(path) || !existsSync(node())) return false;
  const have = JSON.parse(readFileSync(path, 'utf8')).packages;
  const want = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(want).every(
    ([key, entry]) => key === '' || entry.optional || entry.devOptional || have[key]?.version === entry.version,
  );
}

function node() {
  return join(root, 'node_modules/node/bin', windows ? 'node.exe' : 'node');
}

const [script, ...args] = process.argv.slice(2);
if (Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node.js 20 or later is needed, this is ${process.version}. Install one from https://nodejs.org/en/download`);
}
if (!installed()) {
  process.stderr.write('Installing the packages of package-lock.json (npm ci) ...\n');
  const started = Date.now();
  // npm is a script on Windows, which only a shell starts.
  const status = await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { shell: windows });
  if (status !== 0) fail(`npm ci failed (status ${status}); what it said is above. Try it alone: npm ci`);
  if (!existsSync(node())) {
    fail(
      `The package "node" was installed without its program. Allow its install script: npm rebuild node --ignore-scripts=false`,
    );
  }
  process.stderr.write(`Installed in ${Math.round((Date.now() - started) / 1000)} s.\n`);
}
process.exitCode = await run(node(), [join(root, 'test/tools', `${script}.ts`), ...args], {
  env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}` },
});
