import { expect, it } from 'vitest';
import { escapeMarkdown, oneLine } from '../../server/src/features/support/markup.ts';

it('shows what turns the direction of writing, and nothing of a name breaks the line', () => {
  expect(oneLine('shop/\u202ebew\u202c\n\u001b[31m\u2028end')).toBe('shop/\ufffdbew\ufffd [31m end');
});

it('takes nothing of a name for markup', () => {
  expect(escapeMarkdown('<b>[x](command:y) `q` | \u2066z')).toBe('&lt;b&gt;\\[x\\]\\(command\\:y\\) \\`q\\` \\| \ufffdz');
});
