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

const whoKnows = 'which value is meant the text does not tell';
const forIptables = 'what the line lacks is what only its author knows';

/** Findings that neither a fix of the file nor a command for the node mends, each with the reason. */
const withoutMending: Readonly<Record<string, string>> = {
  syntax: 'the line may be anything',
  'missing-value': forIptables,
  'missing-option': `${forIptables}; without its match the rule would take more packets`,
  'negated-list': 'no one rule says it: it takes a chain of its own, or a set',
  'wrong-table': 'another table sees other packets at another time: where the rule belongs is a decision',
  'wrong-chain': 'another chain sees other packets: where the rule belongs is a decision',
  'drop-in-nat':
    'only the first packet of a connection comes to nat: in which chain of filter, mangle or raw it is dropped is a decision',
  'bad-target': whoKnows,
  'bad-address': whoKnows,
  'bad-mask': whoKnows,
  'bad-port': whoKnows,
  'bad-range': whoKnows,
  'bad-number': whoKnows,
  'bad-rate': whoKnows,
  'bad-time': whoKnows,
  'bad-date': whoKnows,
  'bad-mac': whoKnows,
  'bad-interface': whoKnows,
  'weird-interface': whoKnows,
  'bad-account': whoKnows,
  'bad-hex': whoKnows,
  'bad-expression': whoKnows,
  'too-many-values': 'as several rules they are read one by one, in an order that somebody must choose',
  'text-too-long': 'cut off it would name another set, or look for another text',
  'text-too-short': forIptables,
  'chain-name-too-long': 'other files and programs may name the chain: Rename does it at all places of this one',
  'bad-chain-name': 'other files and programs may name the chain: Rename does it at all places of this one',
  'word-too-long': 'what is left out is lost',
  'too-many-words': 'as several rules they are read one by one, in an order that somebody must choose',
  'long-line': 'what is left out is lost',
  'no-command': 'in which chain the rule belongs the line does not tell',
  'cut-off': 'what is missing nobody knows: the dump must be taken again',
  'not-iptables': 'nothing is wrong: the lines are skipped',
  'refused-input':
    'the log shows what kube-proxy wrote: what refused it is an extension or a set that the node lacks, and the page says how to see which',
  'jump-to-builtin-chain': 'the rules of that chain would have to be copied into one of their own',
  'target-not-in-chain': 'whether the jump or the rule is wrong is a decision',
  'chains-not-shown': 'nothing is wrong: the listing must be taken of all chains',
  'unknown-set': 'of which type the set is, and what is in it, the rule does not tell',
  'service-proxy': 'nothing is wrong: it says where the Services are',
  'flannel-empty': 'where flannel runs, and under which name, differs from cluster to cluster',
  'address-used-twice': 'which of two Services is to have the address is a decision, and is made in the cluster',
  'host-port-used-twice': 'which of two Pods is to have the port is a decision, and is made in the cluster',
  'unsupported-revision': 'what iptables did not print is lost: the dump must be taken with a newer one',
  'other-back-end': 'nothing is wrong: the tables of the other back end must be looked at, too',
  'not-compared': 'nothing is wrong: it says why nothing was compared',
};

describe('each finding', () => {
  it.each([...findingCodes().keys()])('%s: is mended by a fix, on the node, or not at all for a reason', (code) => {
    const own = foundIn(page(code)).filter((finding) => finding.code === code);
    const isMended = own.some(({ fixes, onNode }) => fixes().length > 0 || (onNode ?? []).length > 0);
    expect(isMended, withoutMending[code] ?? 'no fix, no command for the node, and no reason').toBe(
      withoutMending[code] === undefined,
    );
  });

  it('of which nobody mends anything is a finding', () => {
    for (const code of Object.keys(withoutMending)) expect(findingCodes().has(code), code).toBe(true);
  });
});

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
