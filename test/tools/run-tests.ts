/**
 * `npm test`: builds, runs every test that this machine can run, and ends with what was skipped and why and the line
 * "N passed, N failed, N skipped". Arguments are vitest's, such as a path or `-t NAME`. With IPTABLES_REQUIRE_ALL=1 nothing may be skipped.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: string;
}

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}

const root = resolve(import.meta.dirname, '../..');
const output = join(root, 'test/output/results.json');
const mayNotSkip = process.env['IPTABLES_REQUIRE_ALL'] === '1';

/** Runs a script with this Node.js and gives its exit status; signals are passed on. */
function run(args: readonly string[]): Promise<number> {
  return new Promise((done) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const pass = (signal: NodeJS.Signals): void => {
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, pass);
    child.on('close', (code) => {
      for (const signal of signals) process.off(signal, pass);
      done(code ?? 1);
    });
  });
}

if ((await run([join(root, 'esbuild.mjs')])) !== 0) {
  console.error('The build failed; see above.');
  process.exit(1);
}

// Tests that need the bundles need not build them again, each for itself.
process.env['IPTABLES_BUILT'] = '1';
rmSync(output, { force: true });
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
const status = await run([
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--config=test/vitest.config.ts',
  ...reporters,
  ...process.argv.slice(2),
]);

let report: Report;
try {
  report = JSON.parse(readFileSync(output, 'utf8')) as Report;
} catch {
  console.error('vitest ended without a report; see above.');
  process.exit(status === 0 ? 1 : status);
}

const tests = report.testResults.flatMap((file) => file.assertionResults);
const passed = tests.filter((test) => test.status === 'passed').length;
// A file that could not be loaded has no tests to count, and is a failure all the same.
const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const failed = tests.filter((test) => test.status === 'failed').length + broken.length;
const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');

if (skipped.length > 0) {
  console.log('\nSkipped:');
  for (const test of skipped) console.log(`  ${test.ancestorTitles.filter((title) => title !== '').join(' > ')}: ${test.title}`);
  if (mayNotSkip) console.log('IPTABLES_REQUIRE_ALL=1: nothing may be skipped, so this is a failure.');
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
process.exitCode = failed > 0 || !report.success || (mayNotSkip && skipped.length > 0) ? 1 : status;
