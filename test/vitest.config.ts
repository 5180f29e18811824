import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

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
    exclude: ['**/node_modules/**', 'test/output/**'],
    // Only against hanging: a busy machine is slow. Tests that start processes or a browser set their own.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    // Tests with a browser wait more than they work: two at a time on a small machine, too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
  },
});
