import type { Hover, Position } from 'vscode-languageserver-types';
import type { Steps } from '../../base/steps.ts';
import { findMatch } from '../../catalog/lookup.ts';
import { isTableName } from '../../catalog/tables.ts';
import type { OptionSpec } from '../../catalog/types.ts';
import { serviceNamesAt } from '../../catalog/values/service-names.ts';
import { wordMeaning } from '../../catalog/values/word-meanings.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import { layoutText, proxyLayout } from '../../kube/proxy/layout.ts';
import type { Place } from '../../lint/support/finding.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import type { Word } from '../../syntax/statement.ts';
import { extensionBlocks, optionBlocks, tableHelp, targetBlocks } from '../support/catalog-text.ts';
import { type Block, renderBlocks } from '../support/markup.ts';
import { type DumpState, rangeOf } from '../support/state.ts';
import { type DumpSymbol, symbolAt } from '../support/symbol-at.ts';
import { addressBlocks } from './address.ts';
import { chainBlocks } from './chain.ts';
import { lineWordAt } from './line-words.ts';
import { probabilityBlocks } from './probability.ts';
import { rulePathBlocks } from './rule-paths.ts';
import { setBlocks } from './set.ts';

/**
 * What is under the position, explained; null where there is nothing to say. Pauses where a dump has to be compared with its cluster first. Plain text for clients that show no Markdown.
 * @param now milliseconds since 1970, for the age of what is said
 * @param pod what `podWantedAt` wanted, where it could be had
 */
export function* hover(
  state: DumpState,
  position: Position,
  now: number,
  markdown: boolean,
  pod?: PodRecord,
): Steps<Hover | null> {
  const symbol = symbolAt(state, position);
  const word = symbol === undefined ? lineWordAt(state, position) : undefined;
  if (word !== undefined) return shown([...word.blocks, ...pathBlocks(state, position.line)], word.place, markdown);
  if (symbol === undefined) return null;
  const blocks =
    symbol.kind === 'chain' ? yield* chainBlocks(state, symbol.chain, now, pod) : blocksOf(state, symbol, position, now, pod);
  return blocks.length === 0 ? null : shown(blocks, symbol.place, markdown);
}

/** What comes to the rule of a line, set off from what stands before it. */
function pathBlocks(state: DumpState, line: number): readonly Block[] {
  const blocks = rulePathBlocks(state, line);
  return blocks.length === 0 ? [] : [{ kind: 'rule' }, ...blocks];
}

function shown(blocks: readonly Block[], place: Place, markdown: boolean): Hover {
  return {
    contents: { kind: markdown ? 'markdown' : 'plaintext', value: renderBlocks(blocks, markdown) },
    range: rangeOf(place),
  };
}

function blocksOf(
  state: DumpState,
  symbol: Exclude<DumpSymbol, { readonly kind: 'chain' }>,
  position: Position,
  now: number,
  pod: PodRecord | undefined,
): readonly Block[] {
  switch (symbol.kind) {
    case 'table':
      return tableBlocks(state, symbol.table);
    case 'set':
      return setBlocks(state, symbol.name);
    case 'option':
      return symbol.option.spec === undefined ? [] : optionBlocks(symbol.option.spec);
    case 'value':
      return valueBlocks(state, symbol, position, now, pod);
  }
}

function valueBlocks(
  state: DumpState,
  symbol: DumpSymbol & { kind: 'value' },
  position: Position,
  now: number,
  pod: PodRecord | undefined,
): readonly Block[] {
  const { option, word } = symbol;
  switch (option.name) {
    case '--jump':
    case '--goto':
      return [...targetBlocks(word.text), ...pathBlocks(state, symbol.place.line)];
    case '--match':
      return extensionBlocks(findMatch(word.text));
    case '--probability':
      return probabilityBlocks(state, symbol.place.line);
    case '--source':
    case '--destination':
    case '--to-destination':
    case '--to-source':
    case '--src-range':
    case '--dst-range':
    case '--ctorigdst':
    case '--ctorigsrc': {
      const blocks = addressBlocks(state, word.text, now, pod);
      return blocks.length > 0 ? blocks : option.spec === undefined ? [] : optionBlocks(option.spec);
    }
    default:
      return option.spec === undefined ? [] : [...meaningBlocks(option.spec, word, position), ...optionBlocks(option.spec)];
  }
}

/** What the word of a list means that a position is on; nothing where it is no word of iptables'. */
function meaningBlocks(spec: OptionSpec, { text, start, quoted }: Word, { character }: Position): readonly Block[] {
  if (quoted) return [];
  const offset = character - start;
  const from = text.lastIndexOf(',', Math.max(offset - 1, 0)) + 1;
  const comma = text.indexOf(',', Math.max(offset, from));
  const part = text.slice(offset === 0 ? 0 : from, comma < 0 ? text.length : comma);
  const meaning = wordMeaning(spec, part) ?? wordMeaning(spec, part.toUpperCase()) ?? portMeaning(spec, part);
  return meaning === undefined ? [] : [{ kind: 'paragraph', text: [{ code: part }, ': ', meaning] }, { kind: 'rule' }];
}

function portMeaning({ value }: OptionSpec, part: string): string | undefined {
  switch (value?.type) {
    case 'port':
    case 'port-range':
    case 'ordered-port-range':
    case 'multiport': {
      const names = serviceNamesAt(Number(part));
      return names.length === 0 ? undefined : `${names.slice(0, 3).join(', ')} in /etc/services.`;
    }
    default:
      return undefined;
  }
}

function tableBlocks(state: DumpState, { name, dump, chains }: Table): readonly Block[] {
  if (!isTableName(name)) return [];
  const count = chains.size === 1 ? '1 chain' : `${chains.size} chains`;
  const family = dump.family === 'ipv6' ? 'IPv6' : 'IPv4';
  const blocks: Block[] = [
    { kind: 'paragraph', text: [{ strong: name }, ` table, ${family}, ${count}`] },
    { kind: 'paragraph', text: tableHelp[name] },
  ];
  const layout = proxyLayout(state.ruleset, dump);
  const text = layoutText(layout);
  if (text === '') return blocks;
  const reasons = layout.reasons.map((reason) =>
    reason.line === null ? reason.text : `${reason.text} (line ${reason.line + 1})`,
  );
  return [...blocks, { kind: 'rule' }, { kind: 'paragraph', text: `Written by ${text}:` }, { kind: 'list', items: reasons }];
}
