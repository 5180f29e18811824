/** What the match and the target for differentiated services have in common. */
import type { Normalize } from '../../extension.ts';
import { dscpClasses } from '../../values/value-kinds.ts';
import { numberOption } from './normalized.ts';

/** Classes are printed as numbers. */
export function normalizeDscp(name: '--dscp' | '--set-dscp'): Normalize {
  return (options) =>
    options.map((option) => {
      if (option.name !== `${name}-class` || option.value?.type !== 'words') return option;
      const value = dscpClasses[option.value.text] ?? 0;
      return { ...numberOption(name, value, `0x${value.toString(16).padStart(2, '0')}`), negated: option.negated };
    });
}
