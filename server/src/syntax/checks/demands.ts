/** What extensions ask for, told when a rule first has them: going through the whole catalogue is longer than reading a small dump needs. */

import type { CombinationCheck } from '../../catalog/extension.ts';
import { extensionData } from '../../catalog/lookup.ts';
import type { ExtensionSpec, OptionSpec } from '../../catalog/types.ts';

/** What an extension asks for in the end. */
export interface Demands {
  readonly mandatory: readonly OptionSpec[];
  readonly check: CombinationCheck | undefined;
  /** Some of its options exclude or require others. */
  readonly isEntangled: boolean;
}

const demandsKnown = new Map<ExtensionSpec, Demands | null>();

/** What an extension asks for in the end; null where it asks for nothing. */
export function demandsOf(extension: ExtensionSpec): Demands | null {
  const known = demandsKnown.get(extension);
  if (known !== undefined) return known;
  const mandatory = extension.options.filter((option) => option.mandatory);
  const { check } = extensionData(extension);
  const entangled = extension.options.some((option) => isEntangled(option));
  const asksNothing = mandatory.length === 0 && check === undefined && !entangled;
  const demands = asksNothing ? null : { mandatory, check, isEntangled: entangled };
  demandsKnown.set(extension, demands);
  return demands;
}

const refusalsKnown = new Map<ExtensionSpec, boolean>();

/** Whether the kernel asks something of an extension. */
export function mayBeRefused(extension: ExtensionSpec): boolean {
  let known = refusalsKnown.get(extension);
  if (known === undefined) {
    const { tables, hooks, protocols } = extension;
    const { kernelCheck, hooksWith } = extensionData(extension);
    known = [tables, hooks, protocols, kernelCheck, hooksWith].some((demand) => demand !== undefined);
    refusalsKnown.set(extension, known);
  }
  return known;
}

/** Whether an option excludes others or requires them. */
export function isEntangled(option: OptionSpec): boolean {
  return option.excludes.length > 0 || option.requires.length > 0;
}
