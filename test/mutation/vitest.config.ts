import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that hold the model; those that start a program, a browser or real iptables would take hours. */
const folders = [
  'base',
  'catalog',
  'syntax',
  'listing',
  'ruleset',
  'netfilter',
  'kube',
  'lint',
  'features',
  'webview',
  'property',
];

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: [`test/{${folders}}/**/*.test.ts`, 'test/oracle/corpus.test.ts'],
    exclude: [
      '**/node_modules/**',
      'test/netfilter/kernel*.test.ts',
      'test/listing/real-listing.test.ts',
      'test/kube/drift-kernel.test.ts',
      'test/kube/expected-kernel.test.ts',
    ],
    setupFiles: ['test/mutation/setup.ts'],
    testTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
