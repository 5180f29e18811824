/** `check` without options or with the usual ones, which is asked for most: to load Commander, and to tell it all options, takes as long as a fifth of the check of a small dump. */
import type { CachedCheckOptions } from './check-cached.ts';

/** What `check` does where no option says otherwise. */
export const plainCheckOptions = { format: 'text', failOn: 'error', cache: true } satisfies CachedCheckOptions;

/** How `check` prints, `--format`. */
export const checkFormats = ['text', 'json', 'sarif', 'github'] as const satisfies readonly CachedCheckOptions['format'][];

/** Files that are to be checked, and how. */
export interface PlainCheck {
  readonly files: readonly string[];
  readonly options: CachedCheckOptions;
}

/**
 * What is asked for where that is a check with no options but `--no-cache` and `--format`; undefined where the arguments say anything else, or may be wrong.
 * @param args behind the program's name
 */
export function plainlyChecked([command, ...args]: readonly string[]): PlainCheck | undefined {
  if (command !== 'check') return undefined;
  const files: string[] = [];
  let options: CachedCheckOptions = plainCheckOptions;
  for (let at = 0; at < args.length; at += 1) {
    const argument = args[at] ?? '';
    if (argument === '-' || /^[^-]/.test(argument)) files.push(argument);
    else if (argument === '--no-cache') options = { ...options, cache: false };
    else {
      const given = argument === '--format' ? args[++at] : /^--format=(.*)$/s.exec(argument)?.[1];
      const format = checkFormats.find((each) => each === given);
      if (format === undefined) return undefined;
      options = { ...options, format };
    }
  }
  return files.length > 0 ? { files, options } : undefined;
}
