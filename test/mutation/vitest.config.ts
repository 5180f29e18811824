import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The tests that hold the model; those that start a program, a browser or real iptables would take hours. */
const rooms = ['catalog', 'syntax', 'listing', 'ruleset', 'netfilter', 'kube', 'lint', 'features'];

// biome-ignore lint/style/noDefaultExport: vitest reads the default export.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    include: [`test/{${rooms}}/**/*.test.ts`, 'test/property/incremental.test.ts', 'test/oracle/corpus.test.ts'],
    exclude: ['**/node_modules/**', 'test/netfilter/kernel*.test.ts', 'test/listing/real-listing.test.ts'],
    testTimeout: 120_000,
    pool: 'forks',
  },
});
