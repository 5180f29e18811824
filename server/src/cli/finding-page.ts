import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the page of a finding is: in the package, two folders above the bundle, so that it can be read without a network. */
export function pathOfPage(code: string): string {
  return join(import.meta.dirname, '../../docs/findings', `${code}.md`);
}

/** The page of a finding as Markdown; undefined where it has none, or the package's pages are not beside the program. */
export function findingPage(code: string): string | undefined {
  const path = pathOfPage(code);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
