import { commands, type Disposable, EventEmitter, l10n, Position, Range } from 'vscode';
import { labelText } from '../../server/src/base/safe-text.ts';
import { type CompareNode, compareRow, showComparisonCommand } from './compare-rows.ts';
import type { Comparison } from './compared-dumps.ts';
import { createTree } from './show.ts';

const viewId = 'iptables.compare';
/** A comparison is shown. */
const comparedKey = 'iptables.hasComparison';

/** The tree of what differs between two dumps. */
export interface CompareView extends Disposable {
  show(comparison: Comparison): Promise<void>;
}

/** Makes the view; it is there once something was compared. */
export function createCompareView(): CompareView {
  const changed = new EventEmitter<CompareNode | undefined>();
  let comparison: Comparison | undefined;
  const tree = createTree<CompareNode>(viewId, {
    changed: changed.event,
    row: compareRow,
    children: async (node) => (comparison === undefined ? [] : childrenOf(comparison, node)),
  });
  const showDiff = async (line: unknown): Promise<void> => {
    if (comparison === undefined) return;
    const { before, after, title } = comparison;
    const start = typeof line === 'number' ? new Position(line, 0) : undefined;
    await commands.executeCommand('vscode.diff', before, after, labelText(title), {
      preview: false,
      ...(start === undefined ? {} : { selection: new Range(start, start) }),
    });
  };
  const disposables: readonly Disposable[] = [tree, changed, commands.registerCommand(showComparisonCommand, showDiff)];
  return {
    show: async (next) => {
      comparison = next;
      await commands.executeCommand('setContext', comparedKey, true);
      tree.setMessage(messageOf(next));
      changed.fire(undefined);
      await showDiff(undefined);
      await commands.executeCommand(`${viewId}.focus`);
    },
    dispose: () => {
      for (const disposable of disposables) disposable.dispose();
    },
  };
}

function childrenOf({ result }: Comparison, node: CompareNode | undefined): readonly CompareNode[] {
  switch (node?.kind) {
    case undefined: {
      const { services, tables } = result;
      const first: readonly CompareNode[] = services.length === 0 ? [] : [{ kind: 'services', services }];
      return [...first, ...tables.map((table): CompareNode => ({ kind: 'table', table }))];
    }
    case 'services':
      return node.services.map((service) => ({ kind: 'service', service }));
    case 'table':
      return node.table.chains.map((chain) => ({ kind: 'chain', chain }));
    case 'chain':
      return node.chain.rules.map((rule) => ({ kind: 'rule', rule }));
    default:
      return [];
  }
}

function messageOf({ title, result: { services, tables, notes } }: Comparison): string {
  const same = services.length === 0 && tables.length === 0;
  const what = same ? l10n.t('{0}: the same in meaning.', title) : `${title}.`;
  return [what, ...notes].join(' ');
}
