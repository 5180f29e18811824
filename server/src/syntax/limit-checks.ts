import { byteLength } from '../catalog/values.ts';
import type { Report } from './rule-checks.ts';

/** iptables-restore reads a line into a buffer of 10,240 bytes; what is longer becomes two lines. */
const longestLine = 10_239;
const longestWord = 1023;
const mostWords = 251;

/** Whether a line, one of its words or their number is more than iptables-restore takes. Only long lines are looked at closely. */
export function checkLimits(text: string, report: Report): void {
  if (text.length * 3 <= longestWord && text.length <= mostWords) return;
  if (text.length * 3 > longestLine) {
    const bytes = byteLength(text);
    if (bytes > longestLine) {
      report({
        code: 'line-too-long',
        message: `the line has ${bytes} bytes: iptables-restore reads at most ${longestLine} and takes the rest for another line`,
        severity: 'error',
        start: 0,
        end: text.length,
      });
      return;
    }
  }
  if (text.startsWith('#') || text.startsWith('*') || text.startsWith(':')) return;
  let words = 0;
  for (const [index, word] of wordsOf(text)) {
    words += 1;
    if (word.length * 3 > longestWord && byteLength(word) > longestWord) {
      report({
        code: 'word-too-long',
        message: 'Parameter too long!',
        severity: 'error',
        start: index,
        end: index + word.length,
      });
    }
    if (words === mostWords + 1) {
      report({
        code: 'too-many-words',
        message: 'Parser cannot handle more arguments',
        severity: 'error',
        start: index,
        end: text.length,
      });
    }
  }
}

function* wordsOf(text: string): Generator<readonly [index: number, word: string]> {
  for (const found of text.matchAll(/[^ \t"]*"(?:[^"\\]|\\.)*"?|[^ \t"]+/g)) yield [found.index, found[0]];
}
