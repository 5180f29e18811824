import { l10n } from 'vscode';
import { chainRequest, requestedChain } from '../../server/src/base/flow-request.ts';
import { type PickItem, pick } from './show.ts';

// More than any chain is deep, and the most that a request takes.
const every = 99;
const depths = [1, 2, 3, 5, 10, every] as const;

interface DepthItem extends PickItem {
  readonly to: string | undefined;
}

/**
 * Lets the user say how many jumps from its chain a graph goes. `to` is what it was asked for by: "chain:filter/FORWARD@3". What to ask for
 * next, which is what `service` gives where the user would rather see a Service; undefined when nothing was picked.
 */
export async function pickChainDepth(to: string, service: () => Promise<string | undefined>): Promise<string | undefined> {
  const asked = requestedChain(to);
  const items = depths.map(
    (depth): DepthItem => ({
      label: depth === 1 ? l10n.t('One jump') : depth === every ? l10n.t('Every jump') : l10n.t('Up to {0} jumps', depth),
      description: depth === asked?.depth ? l10n.t('shown now') : '',
      to: asked === undefined ? to : chainRequest(asked.table, asked.chain, depth, asked.part),
    }),
  );
  const instead: DepthItem = { label: l10n.t('A Service instead...'), to: undefined };
  const picked = await pick([...items, instead], {
    title: l10n.t('Show Chain Graph'),
    placeHolder: l10n.t('How far from the chain'),
  });
  return picked === instead ? service() : picked?.to;
}
