import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestNames } from '../base/nearest-names.ts';
import { findingCodes } from '../lint/registry.ts';
import { UsageError } from './usage-error.ts';

/** The pages lie in the package, two folders above the bundle, so that they can be read without a network. */
const pages = join(__dirname, '../../docs/findings');

/** The page of a finding as Markdown. @throws UsageError for a code that no finding has */
export function explain(code: string): string {
  if (!findingCodes().has(code)) {
    const near = nearestNames(code, [...findingCodes().keys()]);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : '"check" names the codes in brackets';
    throw new UsageError(`there is no finding ${JSON.stringify(code)}; ${hint}`);
  }
  return readFileSync(join(pages, `${code}.md`), 'utf8');
}
