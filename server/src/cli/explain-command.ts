import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearestNames } from '../base/nearest-names.ts';
import { nodeFindingCodes } from '../diagnose/registry.ts';
import { findingCodes } from '../lint/registry.ts';
import { UsageError } from './usage-error.ts';

/** The pages lie in the package, two folders above the bundle, so that they can be read without a network. */
const pages = join(__dirname, '../../docs/findings');

/** The page of a finding as Markdown. @throws UsageError for a code that no finding has */
export function explain(code: string): string {
  const codes = new Set([...findingCodes().keys(), ...nodeFindingCodes().keys()]);
  if (!codes.has(code)) {
    const near = nearestNames(code, codes);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : '"check" names the codes in brackets';
    throw new UsageError(`there is no finding ${JSON.stringify(code)}; ${hint}`);
  }
  return readFileSync(join(pages, `${code}.md`), 'utf8');
}
