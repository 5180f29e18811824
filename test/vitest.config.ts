import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take long, the longest first: one that begins last would run alone at the end. All others, in vitest's order, come after them. */
const long = [
  'oracle/node-',
  'tools/start',
  'live/cli-faults',
  'property/fuzz',
  'tools/re',
  'live/editor',
  'editor/',
  'netfilter/kernel',
  'property/',
  'browser/',
  'oracle/',
  'tools/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((begin) => moduleId.includes(`/test/${begin}`));
      return at < 0 ? long.length : at;
    };
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root: resolve(import.meta.dirname, '..'),
  resolve: {
    // What only VS Code has; the client's logic runs without it.
    alias: [
      { find: /^vscode$/, replacement: resolve(import.meta.dirname, 'support/vscode.ts') },
      { find: /^vscode-languageclient$/, replacement: resolve(import.meta.dirname, 'support/vscode-languageclient.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // Programs that tests start have no folder for caches of their own: without this every one of them would be compiled anew.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../node_modules/.cache/compiled-code') },
    exclude: ['**/node_modules/**', 'test/output/**'],
    // Only against hanging: a busy machine is slow. Tests that start processes or a browser set their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // Tests with a browser, and those that wait for packets that never come, wait more than they work: three at a time on a small machine, too.
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
