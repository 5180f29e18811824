/** Words for saying how `iptables -L` prints an extension; see `ListedForm`. */
import type { ListedOption } from '../../extension.ts';

/** Any word. */
export const anyWord = '(\\S+)';

/** A text in quotes. */
export const quotedText = '"((?:[^"\\\\]|\\\\.)*)"';

/** An option that is printed so. `values` makes its values of the pattern's; undefined for "such an option is not there". */
export function listedAs(long: string, pattern: string, values?: ListedOption['values']): ListedOption {
  return values === undefined ? { long, pattern } : { long, pattern, values };
}

/** An option that has a print of its own where it is negated. */
export function listedNegated(long: string, pattern: string): ListedOption {
  return { long, pattern, negated: true };
}

/** A number whose bits stand for options without values; undefined for a bit that is none. */
export function listedFlags(pattern: string, flags: readonly (string | undefined)[]): ListedOption {
  return { long: '', pattern, flags };
}

/** For a value that is printed whether it was given or not: the usual one says nothing. */
export function unlessDefault(usual: string): NonNullable<ListedOption['values']> {
  return ([found]) => (found === undefined || found === usual ? undefined : [found]);
}
