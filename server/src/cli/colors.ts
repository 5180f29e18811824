import picocolors from 'picocolors';
import { isTerminal } from './output.ts';

/** When text has colour: on a terminal only, always, or never. */
export const colorChoices = ['auto', 'always', 'never'] as const;

/**
 * What `--color` says among the arguments, "auto" without. It is read before the arguments are: texts are painted by functions that are made when
 * the program starts.
 */
function wanted(args: readonly string[]): string {
  for (const [at, arg] of args.entries()) {
    if (arg === '--') break;
    if (arg === '--color') return args[at + 1] ?? '';
    if (arg.startsWith('--color=')) return arg.slice('--color='.length);
  }
  return 'auto';
}

/** As https://no-color.org and https://force-color.org have it, where the option does not say. */
function isColored(args: readonly string[], { NO_COLOR, FORCE_COLOR, TERM }: NodeJS.ProcessEnv): boolean {
  const when = wanted(args);
  if (when !== 'auto') return when === 'always';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0';
  return isTerminal(1) && TERM !== 'dumb';
}

/** Paints text for standard output, or leaves it as it is. */
export const pc = picocolors.createColors(isColored(process.argv.slice(2), process.env));
