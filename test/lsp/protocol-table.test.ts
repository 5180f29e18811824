import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { featureMethods } from '../../server/src/lsp/features.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, method = '', gopls, rust, terraform, here, text = '']) => ({
    method: method.replaceAll('`', ''),
    answers: [gopls, rust, terraform, here],
    here,
    text,
  }));

describe('docs/protocol.md', () => {
  it('says of each request what the table of features has', () => {
    const answered = rows.filter(({ here }) => here === 'yes').map(({ method }) => method);
    expect(answered.toSorted()).toEqual([...featureMethods].sort());
  });

  it('has one row for a request, and says yes or no, and why', () => {
    expect(new Set(rows.map(({ method }) => method)).size).toBe(rows.length);
    for (const { answers, here, text } of rows) {
      for (const answer of answers) expect(['yes', 'no']).toContain(answer);
      expect(text).toMatch(here === 'no' ? /^(?:no|not needed): / : /^(?!no:|not needed:)\S/);
    }
  });
});
