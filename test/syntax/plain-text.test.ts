import { expect, it } from 'vitest';
import { withoutJson } from '../../server/src/syntax/pasted/plain-text.ts';

it.each([
  // A quote, a comma and a line end of its own are the string's, not the line's.
  [String.raw`"-A INPUT -m comment --comment \"web\" -j DROP\n",`, '-A INPUT -m comment --comment "web" -j DROP'],
  [String.raw`"-A INPUT -m comment --comment \"web\" -j DROP\r\n"`, '-A INPUT -m comment --comment "web" -j DROP'],
  [String.raw`-A INPUT -m comment --comment \"web\" -j DROP\n`, '-A INPUT -m comment --comment "web" -j DROP'],
  // Behind a backslash of the text an n is an n.
  [String.raw`"-A INPUT -m comment --comment \"C:\\n"`, String.raw`-A INPUT -m comment --comment "C:\n`],
  [String.raw`"-A INPUT -m comment --comment \"\\n"`, String.raw`-A INPUT -m comment --comment "\n`],
])('the line in %s', (written, line) => {
  expect(withoutJson(written)?.text).toBe(line);
});

it.each(['-A INPUT -m comment --comment "web" -j DROP', 'no quote at all', '"two" "strings"'])('is no JSON: %s', (text) => {
  expect(withoutJson(text)).toBeUndefined();
});
