import type { Hover, Position } from 'vscode-languageserver-types';
import type { Steps } from '../../base/steps.ts';
import { findMatch, findTarget, standardTargets } from '../../catalog/lookup.ts';
import { isTableName } from '../../catalog/tables.ts';
import type { ExtensionSpec, OptionSpec, TableName } from '../../catalog/types.ts';
import type { PodRecord } from '../../cluster/objects.ts';
import { layoutText, proxyLayout } from '../../kube/proxy/layout.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import { type Block, renderBlocks, type Text } from '../support/markup.ts';
import { type DumpState, rangeOf } from '../support/state.ts';
import { type DumpSymbol, symbolAt } from '../support/symbol-at.ts';
import { addressBlocks } from './address.ts';
import { chainBlocks } from './chain.ts';
import { probabilityBlocks } from './probability.ts';
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
  if (symbol === undefined) return null;
  const blocks = symbol.kind === 'chain' ? yield* chainBlocks(state, symbol.chain, now, pod) : blocksOf(state, symbol, now, pod);
  if (blocks.length === 0) return null;
  return {
    contents: { kind: markdown ? 'markdown' : 'plaintext', value: renderBlocks(blocks, markdown) },
    range: rangeOf(symbol.place),
  };
}

function blocksOf(
  state: DumpState,
  symbol: Exclude<DumpSymbol, { readonly kind: 'chain' }>,
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
      return valueBlocks(state, symbol, now, pod);
  }
}

function valueBlocks(
  state: DumpState,
  symbol: DumpSymbol & { kind: 'value' },
  now: number,
  pod: PodRecord | undefined,
): readonly Block[] {
  const { option, word } = symbol;
  switch (option.name) {
    case '--jump':
    case '--goto':
      return targetBlocks(word.text);
    case '--match':
      return extensionBlocks(findMatch(word.text));
    case '--protocol':
      return [];
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
      return option.spec === undefined ? [] : optionBlocks(option.spec);
  }
}

function targetBlocks(name: string): readonly Block[] {
  const standard = standardTargets.get(name);
  if (standard === undefined) return extensionBlocks(findTarget(name));
  return [
    { kind: 'paragraph', text: [{ strong: name }, ' target'] },
    { kind: 'paragraph', text: standard },
  ];
}

function familiesText(families: readonly string[]): string {
  return families.length === 1 ? (families[0] === 'ipv4' ? ' IPv4 only.' : ' IPv6 only.') : '';
}

function extensionBlocks(extension: ExtensionSpec | undefined): readonly Block[] {
  if (extension === undefined) return [];
  const where: Text[] = [];
  if (extension.tables !== undefined) where.push(`Tables: ${extension.tables.join(', ')}`);
  if (extension.hooks !== undefined) where.push(`Chains: ${extension.hooks.join(', ')}`);
  if (extension.protocols !== undefined) where.push(['Needs ', { code: `-p ${extension.protocols.join('|')}` }]);
  return [
    { kind: 'paragraph', text: [{ strong: extension.name }, ` ${extension.kind}`] },
    { kind: 'paragraph', text: [extension.help, familiesText(extension.families)] },
    ...(where.length > 0 ? [{ kind: 'list', items: where } as const] : []),
    { kind: 'paragraph', text: { link: extension.url, label: 'iptables-extensions(8)' } },
  ];
}

function optionBlocks(option: OptionSpec): readonly Block[] {
  const names = [option.long, ...option.aliases, ...(option.short === undefined ? [] : [option.short])];
  const owner = option.extension === undefined ? 'iptables' : `${option.extension.name} ${option.extension.kind}`;
  const title: Text = names.flatMap((name, index) => (index === 0 ? [{ code: name }] : [', ', { code: name }]));
  const url = option.extension?.url ?? 'https://man7.org/linux/man-pages/man8/iptables.8.html#PARAMETERS';
  const limits: Text[] = [];
  if (option.negatable) limits.push(['May be negated with ', { code: '!' }, ' before it']);
  if (option.requires.length > 0) limits.push(`Needs ${option.requires.join(', ')}`);
  if (option.excludes.length > 0) limits.push(`Not together with ${option.excludes.join(', ')}`);
  return [
    { kind: 'paragraph', text: [...title, ` (${owner})`] },
    { kind: 'paragraph', text: [option.help, familiesText(option.families)] },
    ...(limits.length > 0 ? [{ kind: 'list', items: limits } as const] : []),
    {
      kind: 'paragraph',
      text: { link: url, label: option.extension === undefined ? 'iptables(8)' : 'iptables-extensions(8)' },
    },
  ];
}

const tableHelp: Readonly<Record<TableName, string>> = {
  filter: 'Decides whether a packet may pass.',
  nat: 'Changes addresses and ports. Only the first packet of a connection comes here; the rest of it is changed alike.',
  mangle: 'Changes other parts of packets, such as marks, TTL and MSS.',
  raw: 'Comes first, before connection tracking: what to leave out of it, and traces.',
  security: 'Marks for mandatory access control such as SELinux.',
};

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
