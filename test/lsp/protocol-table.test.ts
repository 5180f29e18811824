import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as protocol from 'vscode-languageserver-protocol';
import { featureMethods } from '../../server/src/lsp/features.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, method = '', gopls, rust, terraform, here, text = '']) => ({
    method: method.replaceAll('`', ''),
    answers: [gopls, rust, terraform, here],
    here,
    text,
  }));

/** Requests that begin and end a server, which every server answers. */
const ofEveryServer = new Set(['initialize', 'shutdown']);

/** The requests that clients may send, by the protocol's own library. */
function requestsOfClients(): readonly string[] {
  const methods = Object.entries(protocol).flatMap(([name, each]) =>
    /Request$/.test(name) &&
    typeof each === 'object' &&
    'method' in each &&
    'messageDirection' in each &&
    each.messageDirection !== 'serverToClient'
      ? [String(each.method)]
      : [],
  );
  return [...new Set(methods)].filter((method) => !ofEveryServer.has(method));
}

describe('docs/protocol.md', () => {
  it('has every request that the protocol’s library knows and 3.17 has', () => {
    const later = new Set(['textDocument/inlineCompletion', 'textDocument/rangesFormatting', 'workspace/textDocumentContent']);
    const missing = requestsOfClients().filter((method) => !later.has(method) && !rows.some((row) => row.method === method));
    expect(requestsOfClients().length).toBeGreaterThan(40);
    expect(missing).toEqual([]);
  });

  it('says of each request what the table of features has', () => {
    const answered = rows.filter(({ here }) => here === 'yes').map(({ method }) => method);
    expect(answered.toSorted()).toEqual([...featureMethods].sort());
  });

  it('has one row for a request, and says yes or no, and why', () => {
    expect(new Set(rows.map(({ method }) => method)).size).toBe(rows.length);
    for (const { answers, here, text } of rows) {
      for (const answer of answers) expect(['yes', 'no']).toContain(answer);
      expect(text).toMatch(here === 'no' ? /^(?:no|not needed): / : /^(?!no:|not needed:)\S/);
    }
  });
});
