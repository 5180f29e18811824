import { byteLength } from '../../catalog/values/values.ts';
import type { Report } from './checked-rule.ts';

/** iptables-restore's buffer for a word, without its NUL, and its room for words (xshared.c, add_param_to_argv). */
const longestWord = 1023;
const mostWords = 251;

/** Whether a word of a rule or the number of its words is more than iptables-restore takes. Only long lines are looked at closely. */
export function checkLimits(text: string, report: Report): void {
  // So few characters are fewer words, too.
  if (text.length * 3 <= longestWord) return;
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
  for (const found of text.matchAll(/[^ \t"]+(?:"(?:[^"\\]|\\.)*"?)?|"(?:[^"\\]|\\.)*"?/g)) yield [found.index, found[0]];
}
