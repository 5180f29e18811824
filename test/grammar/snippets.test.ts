import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { formatting } from '../../server/src/features/formatting.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';

interface Snippet {
  readonly prefix: string;
  readonly description: string;
  readonly body: readonly string[];
}

const root = resolve(import.meta.dirname, '../..');
const snippets = JSON.parse(readFileSync(resolve(root, 'grammars/snippets.json'), 'utf8')) as Readonly<Record<string, Snippet>>;

/** What a snippet writes when nothing of it is changed. */
function written({ body }: Snippet): string {
  const values = new Map<string, string>();
  return body
    .join('\n')
    .replace(/\$\{(\d)(?::([^}]*)|\|([^,|]*)[^|]*\|)?\}/g, (_, number: string, text?: string, first?: string) => {
      const value = text ?? first;
      if (value !== undefined) values.set(number, value);
      return values.get(number) ?? '';
    })
    .replace('$0', '');
}

const tables: Readonly<Record<string, string>> = {
  'forward-port': 'nat',
  masquerade: 'nat',
  'clamp-mss': 'mangle',
  trace: 'raw',
};

function fileOf(snippet: Snippet): string {
  const text = written(snippet);
  if (text.startsWith('*')) return `${text}\n`;
  const chains = ['CHAIN', 'ONE', 'OTHER'].map((chain) => `:${chain} - [0:0]\n`).join('');
  return `*${tables[snippet.prefix] ?? 'filter'}\n${chains}${text}COMMIT\n`;
}

describe.each(Object.entries(snippets))('the snippet %s', (_, snippet) => {
  it('writes lines that iptables loads, in the form of iptables-save', () => {
    const text = fileOf(snippet);
    const state = dumpState(text, undefined, 'file:///rules.v4');
    expect(
      runToEnd(lint(state)).filter(({ severity }) => severity === 'error'),
      text,
    ).toEqual([]);
    expect(
      state.ruleset.lines.slice().flatMap(({ problems }) => problems),
      text,
    ).toEqual([]);
    expect(runToEnd(formatting(state)), text).toEqual([]);
  });

  it('ends in a place to go on, and says what it is for', () => {
    expect(snippet.body.join('\n')).toContain('$0');
    expect(snippet.description).toMatch(/^[A-Z][^.]+$/);
    expect(snippet.prefix).toMatch(/^[a-z-]+$/);
  });
});

it('package.json has the snippets', () => {
  const { contributes } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as {
    readonly contributes: { readonly snippets: unknown };
  };
  expect(contributes.snippets).toEqual([{ language: 'iptables', path: './grammars/snippets.json' }]);
});
