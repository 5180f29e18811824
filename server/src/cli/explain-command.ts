import { readFileSync } from 'node:fs';
import { nodeFindingCodes } from '../diagnose/registry.ts';
import { findingCodes } from '../lint/registry.ts';
import { knownCode } from './check-severity.ts';
import { pathOfPage } from './finding-page.ts';

/** The page of a finding as Markdown. @throws UsageError for a code that no finding has */
export function explain(code: string): string {
  knownCode(code, [...findingCodes().keys(), ...nodeFindingCodes().keys()]);
  return readFileSync(pathOfPage(code), 'utf8');
}
