import { isTableName } from '../../catalog/tables.ts';

/** Whether a line is one of restore input by its first characters; what is not may be so behind something that a paste put in front. */
export function isPlainLine(text: string): boolean {
  switch (text.charCodeAt(0)) {
    case 0x2d: {
      // '-', but not the third one of a separator, nor before a blank, which makes it a bullet
      const next = text.charCodeAt(1);
      return !(next === 0x2d && text.charCodeAt(2) === 0x2d) && next !== 0x20;
    }
    case 0x2a: // '*'
      return isTableLine(text);
    case 0x23: // '#'
      return true;
    case 0x3a: // ':', but not the prompt of a pager
      return text.length > 1;
    case 0x43: // 'C'
      return text.startsWith('COMMIT');
    case 0x5b: // '[': counters, the prompt of a Red Hat, or a time
      return counters.test(text.slice(0, mostCounters));
    default:
      return text.length === 0;
  }
}

const counters = /^\[\d{1,20}:\d{1,20}\]/;
const mostCounters = 50;
const afterStar = /^\*\s*(\S*)\s*(.?)/;

/**
 * Whether a line that begins with `*` is that of a table: it names one, or it is one word, which may be meant for one. Markdown has `* item`
 * and `**bold**`.
 */
function isTableLine(text: string): boolean {
  const [, word = '', more = ''] = afterStar.exec(text.slice(0, mostLookedAt)) ?? [];
  return isTableName(word) || (/^[A-Za-z]*$/.test(word) && (more === '' || more === '#'));
}

const mostLookedAt = 400;
