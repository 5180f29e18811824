/** Chains that are called like a target. Whether `-j NAME` leads to one shows only where all lines of its table are known. */
import { findTarget, targets as knownTargets, standardTargets } from '../catalog/lookup.ts';
import type { Table } from './ruleset.ts';

/** Whether some family has a target of this name. */
export function isTargetName(name: string): boolean {
  return standardTargets.has(name) || findTarget(name) !== undefined;
}

/** The chains of a table that are called like targets. */
export function chainsLikeTargets({ chains }: Pick<Table, 'chains'>): readonly string[] {
  return [...standardTargets.keys(), ...knownTargets.map(({ name }) => name)].filter((name) => chains.has(name));
}

/** Whether a table has a chain that is called like a target. */
export function hasChainLikeTarget(table: Pick<Table, 'chains'>): boolean {
  return chainsLikeTargets(table).length > 0;
}
