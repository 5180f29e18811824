import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The tests that hold the model. */
const folders = [
  'base',
  'catalog',
  'syntax',
  'listing',
  'ruleset',
  'netfilter',
  'kube',
  'node',
  'lint',
  'diagnose',
  'features',
  'webview',
];

/** Those that start programs or real iptables, or take many seconds over large or random input, for each of some hundred mutants. */
const heavy = [
  'kube/{drift-kernel,expected-kernel,expected-hostile}',
  'lint/large',
  'listing/{real-listing,generated-listing}',
  'netfilter/kernel*',
  'syntax/endless-line',
];

/** Files run in the order in which they are given. */
class AsGiven extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files;
  }
}

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: [`test/{${folders}}/**/*.test.ts`, 'test/oracle/corpus.test.ts', 'test/property/incremental.test.ts'],
    exclude: ['**/node_modules/**', ...heavy.map((name) => `test/${name}.test.ts`)],
    setupFiles: ['test/mutation/setup.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
    // All files of a run in one process, which is new for each run: the code is loaded once, with the mutant on.
    isolate: false,
    bail: 1,
    sequence: { sequencer: AsGiven },
  },
});
