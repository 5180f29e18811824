/** What may be written at a place, and how it is shown in the list. */
import { type CompletionItem, type CompletionItemKind, MarkupKind, TextEdit } from 'vscode-languageserver-types';
import { labelText } from '../../base/safe-text.ts';
import { type Block, renderBlocks } from '../support/markup.ts';

/** Words that may be written at a place. */
export interface Offer {
  readonly text: string;
  /** What is written where it is more than the text. */
  readonly whole?: string;
  readonly kind: CompletionItemKind;
  /** In a few words, on the line of the list. */
  readonly detail?: string;
  readonly about?: readonly Block[];
  /** Offers of a lower rank come first; 0 where nothing is said. Those of one rank keep the order in which they were made. */
  readonly rank?: number;
  /** What else it is found by than its text: the name of a Service. */
  readonly findBy?: string;
}

/** The span of a line that an offer takes the place of; 0-based. */
export interface Target {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** An offer as the protocol has it. Shown text is made safe; what is written is the offer's own words. */
export function toItem(offer: Offer, index: number, { line, start, end }: Target, markdown: boolean): CompletionItem {
  const { text, whole = text, kind, detail, about, rank = 0, findBy } = offer;
  const range = { start: { line, character: start }, end: { line, character: end } };
  const item: CompletionItem = {
    label: labelText(text),
    kind,
    textEdit: TextEdit.replace(range, whole),
    sortText: `${rank}${`${index}`.padStart(5, '0')}`,
    filterText: findBy ?? text,
  };
  if (detail !== undefined && detail !== '') item.detail = labelText(detail);
  if (about !== undefined && about.length > 0) {
    item.documentation = { kind: markdown ? MarkupKind.Markdown : MarkupKind.PlainText, value: renderBlocks(about, markdown) };
  }
  return item;
}
