/** Chains that are called like a target. Whether `-j NAME` leads to one shows only where all lines of its table are known. */
import { findTarget, targets as knownTargets, standardTargets } from '../catalog/lookup.ts';
import type { Table } from './ruleset.ts';

/** Whether some family has a target of this name. */
export function isTargetName(name: string): boolean {
  return standardTargets.has(name) || findTarget(name) !== undefined;
}

/** Whether a table has a chain that is called like a target. */
export function hasChainLikeTarget({ chains }: Pick<Table, 'chains'>): boolean {
  for (const name of standardTargets.keys()) if (chains.has(name)) return true;
  return knownTargets.some(({ name }) => chains.has(name));
}
