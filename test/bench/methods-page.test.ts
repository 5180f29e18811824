import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { featureMethods } from '../../server/src/lsp/features.ts';
import { measuredMethods } from './methods.ts';

describe('the page that says how long each request takes', () => {
  it('is about every request that is answered', () => {
    expect([...measuredMethods].sort()).toEqual([...featureMethods].sort());
  });

  it('is in the documentation as it was written last, with a row for each', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/requests.md'), 'utf8');
    for (const method of measuredMethods) expect(page).toContain(`\n| \`${method}\` | `);
  });
});
