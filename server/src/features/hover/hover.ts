import type { Hover, Position } from 'vscode-languageserver-types';
import type { Steps } from '../../base/steps.ts';
import { findMatch } from '../../catalog/lookup.ts';
import { isTableName } from '../../catalog/tables.ts';
import type { OptionSpec } from '../../catalog/types.ts';
import { serviceNamesAt } from '../../catalog/values/service-names.ts';
import { wordMeaning } from '../../catalog/values/word-meanings.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import { layoutText, proxyLayout } from '../../kube/proxy/layout.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import type { Word } from '../../syntax/statement.ts';
import { extensionBlocks, optionBlocks, tableHelp, targetBlocks } from '../support/catalog-text.ts';
import { type Block, renderBlocks } from '../support/markup.ts';
import { type DumpState, rangeOf } from '../support/state.ts';
import { type DumpSymbol, symbolAt } from '../support/symbol-at.ts';
import { addressBlocks } from './address.ts';
import { chainBlocks } from './chain.ts';
import { type LineWord, lineWordAt } from './line-words.ts';
import { probabilityBlocks } from './probability.ts';
import { rulePathBlocks } from './rule-paths.ts';
import { setBlocks } from './set.ts';

/** A request for what stands at a position. */
interface Asked {
  readonly state: DumpState;
  readonly position: Position;
  /** Milliseconds since 1970, for the age of what is said. */
  readonly now: number;
  readonly pod: PodRecord | undefined;
}

type Described = DumpSymbol | LineWord;
type OfKind<Kind extends Described['kind']> = Extract<Described, { readonly kind: Kind }>;

/** What is said of each kind of symbol or word. */
const describers: {
  readonly [Kind in Described['kind']]: (found: OfKind<Kind>, asked: Asked) => readonly Block[] | Steps<readonly Block[]>;
} = {
  chain: ({ chain }, { state, now, pod }) => chainBlocks(state, chain, now, pod),
  table: ({ table }, { state }) => tableBlocks(state, table),
  set: ({ name }, { state }) => setBlocks(state, name),
  option: ({ option }) => ownBlocks(option.spec),
  value: (value, asked) => (valueDescribers.get(value.option.name) ?? meaningBlocks)(value, asked),
  'line-word': ({ blocks, place }, { state }) => [...blocks, ...pathBlocks(state, place.line)],
};

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
  const found = symbolAt(state, position) ?? lineWordAt(state, position);
  if (found === undefined) return null;
  const describe = describers[found.kind] as (found: Described, asked: Asked) => readonly Block[] | Steps<readonly Block[]>;
  const said = describe(found, { state, position, now, pod });
  const blocks = 'next' in said ? yield* said : said;
  if (blocks.length === 0) return null;
  const shown = state.isPart === true && !isOfLineAlone(found) ? [...blocks, ...beingRead] : blocks;
  return {
    contents: { kind: markdown ? 'markdown' : 'plaintext', value: renderBlocks(shown, markdown) },
    range: rangeOf(found.place),
  };
}

const beingRead: readonly Block[] = [
  { kind: 'rule' },
  { kind: 'paragraph', text: 'Told from the lines around it: the rest of the dump is still being read.' },
];

/** Whether what is said of it is the same whatever the other lines are. */
function isOfLineAlone(found: Described): boolean {
  return found.kind === 'option' || (found.kind === 'value' && !isToldByOthers(found.option.name));
}

/**
 * Whether something can be said of a position by some lines of a dump whose others are not read yet. Not of a table or a set, of which all rules are
 * counted; of chains and addresses only without a cluster, as nobody knows whether the one at hand is the dump's.
 */
export function canTellByPart(state: DumpState, position: Position, hasCluster: boolean): boolean {
  const found = symbolAt(state, position) ?? lineWordAt(state, position);
  if (found === undefined || found.kind === 'table' || found.kind === 'set') return false;
  return !hasCluster || isOfLineAlone(found);
}

/** What comes to the rule of a line, set off from what stands before it. */
function pathBlocks(state: DumpState, line: number): readonly Block[] {
  const blocks = rulePathBlocks(state, line);
  return blocks.length === 0 ? [] : [{ kind: 'rule' }, ...blocks];
}

type ValueSymbol = OfKind<'value'>;
type ValueDescriber = (value: ValueSymbol, asked: Asked) => readonly Block[];

const ofTarget: ValueDescriber = ({ word, place }, { state }) => [...targetBlocks(word.text), ...pathBlocks(state, place.line)];

const ofAddress: ValueDescriber = ({ word, option }, { state, now, pod }) => {
  const blocks = addressBlocks(state, word.text, now, pod);
  return blocks.length > 0 ? blocks : ownBlocks(option.spec);
};

/** Of which options the values say more than what their option and the words of its list mean. */
const valueDescribers: ReadonlyMap<string, ValueDescriber> = new Map<string, ValueDescriber>([
  ['--jump', ofTarget],
  ['--goto', ofTarget],
  ['--match', ({ word }) => extensionBlocks(findMatch(word.text))],
  ['--probability', ({ place }, { state }) => probabilityBlocks(state, place.line)],
  ['--source', ofAddress],
  ['--destination', ofAddress],
  ['--to-destination', ofAddress],
  ['--to-source', ofAddress],
  ['--src-range', ofAddress],
  ['--dst-range', ofAddress],
  ['--ctorigdst', ofAddress],
  ['--ctorigsrc', ofAddress],
]);

/** Whether what is said of an option's value depends on other lines than its own. */
function isToldByOthers(option: string): boolean {
  return option !== '--match' && valueDescribers.has(option);
}

/** What is said of an option by itself; nothing of one that is not known. */
function ownBlocks(spec: OptionSpec | undefined): readonly Block[] {
  return spec === undefined ? [] : optionBlocks(spec);
}

/** What a value of any other option means, by the word of its list that the position is on, and what the option says. */
function meaningBlocks({ option: { spec }, word }: ValueSymbol, { position }: Asked): readonly Block[] {
  return spec === undefined ? [] : [...wordBlocks(spec, word, position), ...optionBlocks(spec)];
}

/** What the word of a list means that a position is on; nothing where it is no word of iptables'. */
function wordBlocks(spec: OptionSpec, { text, start, quoted }: Word, { character }: Position): readonly Block[] {
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
