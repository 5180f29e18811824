import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureText } from '../support/fixtures.ts';
import { tokenize } from './tokenize.ts';

const root = resolve(import.meta.dirname, '../..');

/** Every token that is more than white space, as "text  scope"; a line between lines of the dump. */
async function snapshot(text: string): Promise<string> {
  const lines = await tokenize(text);
  return lines
    .map((tokens) => tokens.map(({ text: word, scope }) => `${word}  ${scope || '(none)'}`).join('\n'))
    .filter((block) => block !== '')
    .join('\n\n');
}

describe('the TextMate grammar', () => {
  it('scopes each kind of line', async () => {
    await expect(snapshot(readFileSync(join(import.meta.dirname, 'cases.iptables'), 'utf8'))).resolves.toMatchFileSnapshot(
      'cases.iptables.snap',
    );
  });

  it('scopes the sample dump', async () => {
    const path = join(root, 'test/fixtures/sample/worker-1.iptables');
    await expect(snapshot(readFileSync(path, 'utf8'))).resolves.toMatchFileSnapshot('sample.iptables.snap');
  });

  it('keeps a broken line to itself', async () => {
    const [, next] = await tokenize('-A INPUT -m comment --comment "never closed\n-A INPUT -j ACCEPT');
    expect(next?.map((token) => token.scope)).toEqual([
      'keyword.operator.command',
      'entity.name.function.chain',
      'keyword.operator.jump',
      'keyword.control.verdict',
    ]);
  });
});

describe('the TextMate grammar on recorded dumps', () => {
  it.each(['shop/node-a.iptables', 'shop/node-a.ip6tables'])('leaves no word of %s without a scope', async (name) => {
    const lines = await tokenize(fixtureText(`lab/${name}`));
    const bare = lines.flat().filter((token) => token.scope === '');
    // Values that only the server knows the kind of.
    const values = /^(?:NEW|INVALID|RELATED,ESTABLISHED(?:,DNAT)?|LOCAL|random|[a-z_][\w-]*|KUBE-SEP-\w+|\d+,\d+)$/;
    expect(bare.map((token) => token.text).filter((text) => !values.test(text))).toEqual([]);
  });
});
