/** `check FILE...` without options, which is asked for most: to load Commander, and to tell it all options, takes as long as a fifth of the check of a small dump. */
import type { CachedCheckOptions } from './check-cached.ts';

/** What `check` does where no option says otherwise. */
export const plainCheckOptions = { format: 'text', failOn: 'error', cache: true } satisfies CachedCheckOptions;

/**
 * The files that are to be checked without any option; undefined where the arguments say anything else, or may be wrong.
 * @param args behind the program's name
 */
export function plainlyChecked([command, ...files]: readonly string[]): readonly string[] | undefined {
  const isPlain = files.length > 0 && files.every((file) => file === '-' || /^[^-]/.test(file));
  return command === 'check' && isPlain ? files : undefined;
}
