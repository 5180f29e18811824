import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFindingCodes } from '../diagnose/registry.ts';
import { findingCodes } from '../lint/registry.ts';
import { knownCode } from './check-severity.ts';

/** The pages lie in the package, two folders above the bundle, so that they can be read without a network. */
function pageOf(code: string): string {
  return join(import.meta.dirname, '../../docs/findings', `${code}.md`);
}

/** The page of a finding as Markdown. @throws UsageError for a code that no finding has */
export function explain(code: string): string {
  knownCode(code, [...findingCodes().keys(), ...nodeFindingCodes().keys()]);
  return readFileSync(pageOf(code), 'utf8');
}

/** The same for a code that may have none; undefined also where the package's pages are not beside the program. */
export function findingPage(code: string): string | undefined {
  const path = pageOf(code);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
