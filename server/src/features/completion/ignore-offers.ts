/** What may stand in a comment that ignores findings: `# iptables-inspect: ignore CODE[,CODE] reason`. */
import { CompletionItemKind } from 'vscode-languageserver-types';
import { findingCodes } from '../../lint/registry.ts';
import type { Span } from '../../syntax/statement.ts';
import type { Offer } from './offer.ts';

const beginning: Offer = {
  text: 'iptables-inspect: ignore',
  kind: CompletionItemKind.Keyword,
  detail: 'Ignore findings of the next line, or here at the head of the file in all of it.',
};

const words: readonly Offer[] = [
  { ...beginning, text: 'ignore' },
  { text: 'ignore-file', kind: CompletionItemKind.Keyword, detail: 'Ignore findings in all of the file.' },
];

/**
 * What may be written in a comment, and the span that it takes the place of (0-based): the words that ignore findings, then codes with what they mean;
 * undefined in other comments and in the reason behind the codes.
 */
export function ignoreOffers(
  text: string,
  offset: number,
): { readonly offers: readonly Offer[]; readonly span: Span } | undefined {
  const before = /^# ?(?:iptables-inspect: ?(?:ignore(?:-file)? +)?)?/.exec(text)?.[0] ?? '';
  if (before === '' || offset < before.length) return undefined;
  const typed = text.slice(before.length, offset);
  const end = offset + (/^[\w-]*/.exec(text.slice(offset))?.[0].length ?? 0);
  if (before.includes('ignore')) {
    const codes = typed.split(',').map((code) => code.trim());
    // Behind a word that no comma follows the reason begins.
    if (codes.some((code) => code.includes(' ')) || /[^,\s]\s+$/.test(typed)) return undefined;
    const open = codes.at(-1) ?? '';
    const others = new Set([...codes.slice(0, -1), ...text.slice(end).split(',')]);
    return { offers: codeOffers().filter((offer) => !others.has(offer.text)), span: { start: offset - open.length, end } };
  }
  const span = { start: before.length, end };
  if (before.includes(':')) return typed.includes(' ') ? undefined : { offers: words, span };
  // Not in every comment that somebody begins to write.
  return typed !== '' && beginning.text.startsWith(typed) ? { offers: [beginning], span } : undefined;
}

function codeOffers(): readonly Offer[] {
  return Array.from(findingCodes(), ([text, detail]) => ({ text, kind: CompletionItemKind.Constant, detail }));
}
