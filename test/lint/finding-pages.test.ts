import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { nodeFindingCodes } from '../../server/src/diagnose/registry.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import { findingCodes } from '../../server/src/lint/registry.ts';
import type { Finding } from '../../server/src/lint/support/finding.ts';
import { usualSeverity } from '../../server/src/lint/usual-severity.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { clusterOf } from '../support/dumps.ts';
import { exampleIn, pagesFolder as folder, pageOf as page, snapshotIn } from '../support/finding-pages.ts';
import { findingsIn } from './check-findings.ts';

const codes = [...findingCodes(), ...nodeFindingCodes()];

/** What is seen with a bundle alone, of which no excerpt of rules is an example. */
const withoutExample: readonly string[] = [...nodeFindingCodes().keys()];

/** What is found in a page's example: beside its cluster, where it has one. */
function foundIn(text: string): readonly Finding[] {
  const snapshot = snapshotIn(text);
  const dump = exampleIn(text) ?? '';
  if (snapshot === undefined) return findingsIn(dump, 'example.iptables');
  const document = readWholeDocument(dump, 'example.iptables');
  const against = { cluster: clusterOf(snapshot, 'cluster.yaml'), options: {} };
  return runToEnd(allFindings({ document, ruleset: buildWholeRuleset(document) }, ownSeverities, against)).findings;
}

describe('the pages of findings', () => {
  it('are there for each, and for nothing else', () => {
    const pages = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(pages.map((name) => name.replace(/\.md$/, '')).toSorted()).toEqual(codes.map(([code]) => code).toSorted());
  });

  it.each(codes)('%s: says what it means, what it does, how to confirm and how to mend it', (code, says) => {
    const text = page(code);
    const head = `# ${code}\n\n${says}\n\n## What it does\n\n`;
    expect(text.slice(0, head.length)).toBe(head);
    expect([...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title).filter((title) => title !== 'Seen in')).toEqual([
      'What it does',
      'Confirm it',
      'Mend it',
      'Example',
    ]);
    expect(exampleIn(text) === undefined).toBe(withoutExample.includes(code));
  });

  it.each(codes.map(([code]) => code).filter((code) => !withoutExample.includes(code)))('%s: its example has it', (code) => {
    const found = foundIn(page(code));
    expect(found.map((finding) => finding.code)).toContain(code);
    expect(found.filter((finding) => finding.code === code).map(({ severity }) => severity)).toContain(usualSeverity(code));
  });

  it.each(codes.map(([code]) => code).filter((code) => !withoutExample.includes(code)))('%s: says what mends it', (code) => {
    const own = foundIn(page(code)).find((finding) => finding.code === code);
    const mending = /## Mend it\n\n([\s\S]*?)\n## /.exec(page(code))?.[1] ?? '';
    const [fix] = own?.fixes() ?? [];
    const option = fix === undefined ? '' : fix.safety === 'safe' ? '`check --fix`' : '`check --fix --unsafe`';
    expect(mending).toContain(option);
    if (fix === undefined) expect(mending).not.toContain('check --fix');
    for (const { command } of own?.onNode ?? []) if (!command.startsWith('kubectl')) expect(mending).toContain(command);
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
