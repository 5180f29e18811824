import { l10n, ThemeColor, ThemeIcon } from 'vscode';
import type {
  CompareChange,
  ComparedChain,
  ComparedRule,
  ComparedService,
  ComparedTable,
} from '../../server/src/protocol/compare.ts';
import { listed } from './listed.ts';
import type { TreeRow } from './show.ts';

/** A row of the view of compared dumps. */
export type CompareNode =
  | { readonly kind: 'services'; readonly services: readonly ComparedService[] }
  | { readonly kind: 'service'; readonly service: ComparedService }
  | { readonly kind: 'table'; readonly table: ComparedTable }
  | { readonly kind: 'chain'; readonly chain: ComparedChain }
  | { readonly kind: 'rule'; readonly rule: ComparedRule };

/** Shows both sides in the diff editor, at a line of the second one: 0-based, or none for its beginning. */
export const showComparisonCommand = 'iptables.showComparison';

/** So many rows are open from the start. */
const few = 30;

const icons: Readonly<Record<CompareChange, ThemeIcon>> = {
  added: new ThemeIcon('diff-added', new ThemeColor('gitDecoration.addedResourceForeground')),
  removed: new ThemeIcon('diff-removed', new ThemeColor('gitDecoration.deletedResourceForeground')),
  changed: new ThemeIcon('diff-modified', new ThemeColor('gitDecoration.modifiedResourceForeground')),
};

function changeText(change: CompareChange): string {
  switch (change) {
    case 'added':
      return l10n.t('added');
    case 'removed':
      return l10n.t('removed');
    case 'changed':
      return l10n.t('changed');
  }
}

function familyText(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv6' ? 'IPv6' : '';
}

function chainRow({ name, title, change, detail, rules }: ComparedChain): TreeRow {
  const description = listed(title, detail, change === 'changed' ? '' : changeText(change));
  return {
    label: name,
    description,
    tooltip: [name, description],
    icon: icons[change],
    children: rules.length === 0 ? 'none' : 'closed',
    spoken: listed(name, title, changeText(change), detail),
  };
}

/** The row of a node. */
export function compareRow(node: CompareNode): TreeRow {
  switch (node.kind) {
    case 'services':
      return {
        label: l10n.t('Services'),
        description: String(node.services.length),
        icon: new ThemeIcon('symbol-interface'),
        children: node.services.length > few ? 'closed' : 'open',
      };
    case 'service': {
      const { name, family, change, details } = node.service;
      const description = listed(familyText(family), ...details);
      return {
        label: name,
        description,
        tooltip: [name, changeText(change), ...details],
        icon: icons[change],
        children: 'none',
        spoken: listed(name, changeText(change), description),
      };
    }
    case 'table': {
      const { name, family, chains } = node.table;
      return {
        label: name,
        description: listed(familyText(family), String(chains.length)),
        icon: new ThemeIcon('table'),
        children: chains.length > few ? 'closed' : 'open',
      };
    }
    case 'chain':
      return { ...chainRow(node.chain), command: goTo(node.chain.line) };
    case 'rule': {
      const { change, rule, line } = node.rule;
      return {
        label: rule,
        tooltip: [rule],
        icon: icons[change],
        children: 'none',
        spoken: listed(changeText(change), rule),
        command: goTo(line),
      };
    }
  }
}

function goTo(line: number): NonNullable<TreeRow['command']> {
  return { command: showComparisonCommand, title: l10n.t('Show in the Diff Editor'), arguments: [line] };
}
