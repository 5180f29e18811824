import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodeAction, Range, TextEdit } from 'vscode-languageserver-types';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';
const text = `*filter
:INPUT ACCEPT [0:0]
:SPARE - [0:0]
-A INPUT -j WEB
-A WEB -p tcp -m tcp --dport 80 -j ACCEPT
-A INPUT -s 10.0.0.1/32 -j ACCEPT
-A INPUT -s 10.0.0.1/32 -j ACCEPT
COMMIT
`;
const whole: Range = { start: { line: 0, character: 0 }, end: { line: 8, character: 0 } };

let server: InProcessServer;

beforeEach(() => {
  server = startInProcessServer();
});
afterEach(() => server.dispose());

async function actions(range: Range, only?: readonly string[]): Promise<readonly CodeAction[]> {
  const { diagnostics } = await server.diagnostics(uri, 1);
  const context = { diagnostics, ...(only === undefined ? {} : { only }) };
  return await server.client.sendRequest('textDocument/codeAction', { textDocument: { uri }, range, context });
}

/** A text after edits, made from the last to the first as an editor would. */
function edited(before: string, edits: readonly TextEdit[]): string {
  const lines = before.split('\n');
  const offset = (line: number): number => lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  return edits
    .toSorted((a, b) => b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character)
    .reduce((result, { range: { start, end }, newText }) => {
      const [from, to] = [offset(start.line) + start.character, offset(end.line) + end.character];
      return result.slice(0, from) + newText + result.slice(to);
    }, before);
}

function result(action: CodeAction | undefined): string {
  return edited(text, action?.edit?.changes?.[uri] ?? []);
}

describe('quick fixes', () => {
  it('of a selection say of what they mend alone that they mend it', async () => {
    await server.initialize();
    // The same chain is declared in neither table: two fixes of one title.
    const twice = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j WEB\nCOMMIT\n*nat\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -j WEB\nCOMMIT\n';
    await server.open(uri, twice);
    const [declare] = (await actions(whole)).filter(({ title }) => title.startsWith('Declare WEB'));
    expect(declare?.edit?.changes?.[uri]?.map(({ range }) => range.start.line)).toEqual([1]);
    expect(declare?.diagnostics?.map(({ range }) => range.start.line)).toEqual([2]);
  });

  it('are those of the finding at the place, safe and unsafe told apart', async () => {
    await server.initialize();
    await server.open(uri, text);
    const [declare, ...others] = await actions({ start: { line: 3, character: 13 }, end: { line: 3, character: 13 } });
    expect([declare?.title, declare?.isPreferred, declare?.diagnostics?.map(({ code }) => code)]).toEqual([
      'Declare WEB',
      true,
      ['undeclared-chain'],
    ]);
    expect(result(declare)).toBe(text.replace(':SPARE - [0:0]\n', ':SPARE - [0:0]\n:WEB - [0:0]\n'));
    expect(others).toEqual([]);
    const [remove, ignore, ...more] = await actions({ start: { line: 2, character: 1 }, end: { line: 2, character: 1 } });
    expect([remove?.title, remove?.isPreferred]).toEqual(['Remove SPARE (unsafe)', undefined]);
    expect(result(remove)).toBe(text.replace(':SPARE - [0:0]\n', ''));
    expect(result(ignore)).toContain('# iptables-inspect: ignore orphaned-chain\n:SPARE');
    expect(more).toEqual([]);
  });

  it('copy commands for the node where the client can', async () => {
    await server.initialize({ initializationOptions: { hasCopyNodeCommands: true } });
    await server.open(uri, text);
    const found = await actions({ start: { line: 2, character: 1 }, end: { line: 2, character: 1 } });
    expect(found.find(({ command }) => command !== undefined)?.command).toEqual({
      title: 'Copy commands for the node (orphaned-chain)',
      command: 'iptables.copyNodeCommands',
      arguments: ['# deletes SPARE\niptables -w -t filter -X SPARE\n'],
    });
  });

  it('are not those of another place', async () => {
    await server.initialize();
    await server.open(uri, text);
    expect(await actions({ start: { line: 1, character: 0 }, end: { line: 1, character: 3 } })).toEqual([]);
  });
});

describe('source.fixAll', () => {
  it.each([['source'], ['source.fixAll'], ['source.fixAll.iptables']])('makes what is safe, asked for as %s', async (kind) => {
    await server.initialize();
    await server.open(uri, text);
    const found = await actions(whole, [kind]);
    expect(found.map((action) => action.kind)).toEqual(['source.fixAll.iptables']);
    const again = '-A INPUT -s 10.0.0.1/32 -j ACCEPT\n';
    expect(result(found[0])).toBe(
      text.replace(':SPARE - [0:0]\n', ':SPARE - [0:0]\n:WEB - [0:0]\n').replace(again + again, again),
    );
  });

  it('is offered to nobody who asks for other kinds, or for all', async () => {
    await server.initialize();
    await server.open(uri, text);
    expect((await actions(whole, ['refactor'])).length).toBe(0);
    expect((await actions(whole)).some(({ kind }) => kind !== 'quickfix')).toBe(false);
  });
});

describe('the setting iptables.lint.severity', () => {
  it('holds for what was opened before it was known', async () => {
    server.client.onRequest('workspace/configuration', ({ items }: { readonly items: readonly unknown[] }) =>
      items.map(() => ({
        lint: { severity: { 'orphaned-chain': 'off', 'repeated-rule': 'error', 'undeclared-chain': 'loud' } },
      })),
    );
    await server.initialize({ capabilities: { workspace: { configuration: true } } });
    await server.open(uri, text);
    await server.notified<{ readonly diagnostics: readonly { readonly code?: unknown; readonly severity?: unknown }[] }>(
      'textDocument/publishDiagnostics',
      ({ diagnostics }) => {
        const all = diagnostics.map(({ code, severity }) => `${code} ${severity}`);
        return (
          all.includes('repeated-rule 1') &&
          all.includes('undeclared-chain 1') &&
          !all.some((each) => each.startsWith('orphaned'))
        );
      },
    );
  });
});
