/** What the catalogue says of tables, matches, targets and options, as blocks of a hover or beside a completion. */
import { findTarget, standardTargets } from '../../catalog/lookup.ts';
import type { ExtensionSpec, OptionSpec, TableName } from '../../catalog/types.ts';
import { exampleValue } from '../../catalog/values/example-value.ts';
import { valueForm } from '../../catalog/values/value-form.ts';
import type { Block, Text } from './markup.ts';

/** What a target does, and where it may stand; nothing for a name that is none. */
export function targetBlocks(name: string): readonly Block[] {
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

/** What a match or target does, and where it may stand. */
export function extensionBlocks(extension: ExtensionSpec | undefined): readonly Block[] {
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

/** What an option asks or does, and what may stand beside it. */
export function optionBlocks(option: OptionSpec): readonly Block[] {
  const names = [option.long, ...option.aliases, ...(option.short === undefined ? [] : [option.short])];
  const owner = option.extension === undefined ? 'iptables' : `${option.extension.name} ${option.extension.kind}`;
  const title: Text = names.flatMap((name, index) => (index === 0 ? [{ code: name }] : [', ', { code: name }]));
  const url = option.extension?.url ?? 'https://man7.org/linux/man-pages/man8/iptables.8.html#PARAMETERS';
  const limits: Text[] = [];
  const form = valueForm(option);
  if (form !== undefined) {
    const example = [option.saved, ...exampleValue(option, option.families[0] ?? 'ipv4')].join(' ');
    limits.push(['Value: ', { code: form.text }, ', for example ', { code: example }]);
  }
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

/** What a table is for. */
export const tableHelp: Readonly<Record<TableName, string>> = {
  filter: 'Decides whether a packet may pass.',
  nat: 'Changes addresses and ports. Only the first packet of a connection comes here; the rest of it is changed alike.',
  mangle: 'Changes other parts of packets, such as marks, TTL and MSS.',
  raw: 'Comes first, before connection tracking: what to leave out of it, and traces.',
  security: 'Marks for mandatory access control such as SELinux.',
};
