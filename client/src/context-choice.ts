import type { Memento } from 'vscode';

const key = 'iptables.context';

/**
 * The context that was picked in this workspace, for the server's start: empty for no live cluster, nothing where none was picked. It is
 * kept with the workspace's state and not in its settings, because those are shared with others who have other contexts.
 */
export function pickedContext(state: Memento): { readonly context?: string } {
  const context = state.get<unknown>(key);
  return typeof context === 'string' ? { context } : {};
}

/** Keeps the choice; null forgets it, so that the setting counts. */
export async function keepContext(state: Memento, context: string | null): Promise<void> {
  await state.update(key, context ?? undefined);
}
