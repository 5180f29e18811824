import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFindingCodes } from '../../server/src/diagnose/registry.ts';
import { findingCodes } from '../../server/src/lint/registry.ts';
import { usualSeverity } from '../../server/src/lint/usual-severity.ts';
import { findingsIn } from './check-findings.ts';

const folder = resolve(import.meta.dirname, '../../docs/findings');
const codes = [...findingCodes(), ...nodeFindingCodes()];

/** Findings that no few lines can show: of a size, of bytes that a page cannot hold, or of a cluster beside the dump. */
const withoutExample: readonly string[] = [
  'carriage-return',
  'drift-differs',
  'drift-missing',
  'drift-stale',
  'long-line',
  'not-compared',
  'services-empty',
  'text-too-long',
  'text-too-short',
  'too-many-words',
  'word-too-long',
  // What is seen with a bundle alone, of which no excerpt of rules is an example.
  ...nodeFindingCodes().keys(),
];

function page(code: string): string {
  return readFileSync(join(folder, `${code}.md`), 'utf8');
}

const exampleIn = (text: string): string | undefined => /```iptables\n([\s\S]*?)```/.exec(text)?.[1];

describe('the pages of findings', () => {
  it('are there for each, and for nothing else', () => {
    const pages = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(pages.map((name) => name.replace(/\.md$/, '')).toSorted()).toEqual(codes.map(([code]) => code).toSorted());
  });

  it.each(codes)('%s: says what it means, what it does, how to confirm and how to mend it', (code, says) => {
    const text = page(code);
    expect(text.startsWith(`# ${code}\n\n${says}\n\n## What it does\n\n`)).toBe(true);
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title).filter((title) => title !== 'Seen in')).toEqual([
      'What it does',
      'Confirm it',
      'Mend it',
      'Example',
    ]);
    expect(exampleIn(text) === undefined).toBe(withoutExample.includes(code));
  });

  it.each(codes.map(([code]) => code).filter((code) => !withoutExample.includes(code)))('%s: its example has it', (code) => {
    const found = findingsIn(exampleIn(page(code)) ?? '', 'example.iptables');
    expect(found.map((finding) => finding.code)).toContain(code);
    expect(found.filter((finding) => finding.code === code).map(({ severity }) => severity)).toContain(usualSeverity(code));
  });

  it('are all that the setting of severities offers', () => {
    const manifest = JSON.parse(readFileSync(resolve(folder, '../../package.json'), 'utf8')) as {
      readonly contributes: {
        readonly configuration: {
          readonly properties: {
            readonly 'iptables.lint.severity': { readonly propertyNames: { readonly enum: readonly string[] } };
          };
        };
      };
    };
    const { propertyNames } = manifest.contributes.configuration.properties['iptables.lint.severity'];
    expect(propertyNames.enum).toEqual([...findingCodes().keys()]);
  });

  it('are all in the index', () => {
    const index = page('README');
    for (const [code, says] of codes) expect(index).toContain(`| [${code}](${code}.md) | ${says.replaceAll('|', '\\|')} |`);
  });
});
