import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { patience } from './editor/again.ts';

const root = resolve(import.meta.dirname, '..');

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
  'webview/any-layout',
  'kube/expectations',
  'kube/reach.',
  'kube/answers-in-full',
  'kube/port-tally',
  'kube/flow-recorded',
  'lint/findings-in-full',
  'listing/generated',
  'property/',
  'browser/',
  'oracle/',
  'tools/',
];

/** The place of a file among those that take long; their number for all others. */
function placeOf(file: string): number {
  const at = long.findIndex((begin) => file.includes(`test/${begin}`));
  return at < 0 ? long.length : at;
}

/** The rooms of functions that answer from what they are given. */
const rooms = [
  'catalog',
  'diagnose',
  'features',
  'grammar',
  'kube',
  'lint',
  'listing',
  'netfilter',
  'node',
  'ruleset',
  'syntax',
  'webview',
];

/** What a test does that needs a process of its own: it replaces, changes or measures what a process has but once, or counts how often work pauses. */
const needsOwnProcess =
  /\bvi\.|\bprocess\.|\bglobalThis\b|\bperformance\b|node:(?:child_process|net|http|v8|worker_threads)|\bpauses?\b/i;

/** Files that share processes, one after another: to begin one for each took a third of their time. What modules keep is not shared (`support/fresh-modules.ts`). */
const together = globSync(`test/{${rooms}}/*.test.ts`, { cwd: root }).filter(
  (file) => placeOf(file) === long.length && !needsOwnProcess.test(readFileSync(resolve(root, file), 'utf8')),
);

/** Files with a window of VS Code. They share processes, and each process has a browser, for which the workbench is loaded and compiled but once. */
const windows = ['test/editor/*.test.ts', 'test/live/editor.test.ts'];

const elsewhere = ['**/node_modules/**', 'test/output/**'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId, project }: TestSpecification): number => placeOf(moduleId) + (project.name === 'together' ? 1 : 0);
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => place(a) - place(b));
  }
}

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root,
  resolve: {
    // What only VS Code has; the client's logic runs without it.
    alias: [
      { find: /^vscode$/, replacement: resolve(import.meta.dirname, 'support/vscode.ts') },
      { find: /^vscode-languageclient$/, replacement: resolve(import.meta.dirname, 'support/vscode-languageclient.ts') },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: { name: 'apart', include: ['test/**/*.test.ts'], exclude: [...elsewhere, ...together, ...windows] },
      },
      {
        extends: true,
        test: {
          name: 'windows',
          include: windows,
          isolate: false,
          globalSetup: ['test/editor/profiles.ts'],
          // Only against hanging: whatever does not come in `patience` says so before.
          testTimeout: 3 * patience,
          hookTimeout: 3 * patience,
        },
      },
      {
        extends: true,
        test: { name: 'together', include: together, isolate: false, setupFiles: ['test/support/fresh-modules.ts'] },
      },
    ],
    // Programs that tests start have no folder for caches of their own: without this every one of them would be compiled anew.
    env: { NODE_COMPILE_CACHE: resolve(import.meta.dirname, '../node_modules/.cache/compiled-code') },
    // Only against hanging: a busy machine is slow. Tests that start processes or a browser set their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Who wants another order wants it for the long ones, too.
    sequence: process.argv.some((word) => word.startsWith('--sequence.shuffle')) ? {} : { sequencer: LongestFirst },
    // Tests with a browser, and those that wait for packets that never come, wait more than they work: three at a time on a small machine, too.
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
});
