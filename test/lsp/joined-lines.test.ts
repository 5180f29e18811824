import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CodeAction, FoldingRange, Hover, Location, Position, Range, TextEdit } from 'vscode-languageserver-types';
import { semanticTokens } from '../../server/src/features/semantic-tokens.ts';
import { dumpState } from '../support/dump-state.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';

/** What an issue's form made of a dump: rules parted by a blank; and what a terminal did, with many. */
const rules = `the chain of the service on a worker:
-A KUBE-SVC-LOLE4ISW44XBNF3G -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-IAZPHGLZVO2SWOVD -A KUBE-SVC-LOLE4ISW44XBNF3G -j KUBE-SEP-TOFIVZGWVFYCBYSK
-A KUBE-SEP-IAZPHGLZVO2SWOVD -p tcp -m tcp -j DNAT --to-destination 10.244.0.4:80          -A KUBE-SEP-TOFIVZGWVFYCBYSK -p tcp -m tcp --dport 99999 -j DNAT --to-destination 10.244.0.5:80
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
`;
/** The same each on a line of its own. */
const apart = rules.replace(' -A', '\n-A').replace(/ {10}/, '\n');
const lines = rules.split('\n');

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer();
  await server.initialize();
});
afterEach(() => server.dispose());

/** The last place of a text on a line. */
function lastOn(line: number, text: string): Position {
  return { line, character: (lines[line] ?? '').lastIndexOf(text) };
}

/** What stands in a range of a text. */
function textAt(text: string, { start, end }: Range): string {
  expect(start.line).toBe(end.line);
  return (text.split('\n')[start.line] ?? '').slice(start.character, end.character);
}

function ask<T>(method: string, params: object): Promise<T> {
  return server.client.sendRequest(method, { textDocument: { uri }, ...params });
}

describe('several rules on one line', () => {
  it('are each read where they stand: what is wrong with the last is underlined there', async () => {
    await server.open(uri, rules);
    const { diagnostics } = await server.diagnostics(uri, 1);
    expect(diagnostics.map(({ code, range }) => [code, range.start.line, textAt(rules, range)])).toEqual([
      ['not-iptables', 0, lines[0]],
      ['joined-lines', 1, '-A KUBE-SVC-LOLE4ISW44XBNF3G -j KUBE-SEP-TOFIVZGWVFYCBYSK'],
      ['bad-port', 2, '99999'],
    ]);
  });

  it('lead to each other, and say what they are', async () => {
    await server.open(uri, rules);
    const position = lastOn(1, 'TOFIVZGWVFYCBYSK');
    const [definition] = await ask<readonly Location[]>('textDocument/definition', { position });
    expect(definition?.range.start).toEqual({ ...lastOn(2, '-A'), character: lastOn(2, '-A').character + 3 });
    const hover = await ask<Hover>('textDocument/hover', { position });
    expect(textAt(rules, hover.range ?? { start: position, end: position })).toBe('KUBE-SEP-TOFIVZGWVFYCBYSK');
    expect(JSON.stringify(hover.contents)).toContain('1 rule that is shown jumps to it');
    const found = await ask<readonly Location[]>('textDocument/references', { position, context: { includeDeclaration: true } });
    expect(found.map(({ range }) => textAt(rules, range))).toEqual(['KUBE-SEP-TOFIVZGWVFYCBYSK', 'KUBE-SEP-TOFIVZGWVFYCBYSK']);
  });

  it('are coloured as they are when each stands alone', async () => {
    await server.open(uri, rules);
    const { data } = await ask<{ readonly data: readonly number[] }>('textDocument/semanticTokens/full', {});
    const whole = { start: { line: 0, character: 0 }, end: { line: 9, character: 0 } };
    const steps = semanticTokens(dumpState(apart), whole);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect(wordsOf(rules, data)).toEqual(wordsOf(apart, step.value));
    expect(wordsOf(rules, data)).toContain('99999');
  });

  it('are followed one after the other, and the drawing names the text’s lines', async () => {
    await server.open(uri, rules);
    const position = lastOn(1, 'TOFIVZGWVFYCBYSK');
    const flow = await ask<{ readonly graph: { readonly nodes: readonly { readonly line: number | null }[] } }>('iptables/flow', {
      position,
      chain: true,
    });
    const text = JSON.stringify(flow.graph);
    expect(text).toContain('KUBE-SEP-TOFIVZGWVFYCBYSK');
    const named = flow.graph.nodes.flatMap(({ line }) => (line === null ? [] : [line]));
    expect(Math.max(...named)).toBeLessThanOrEqual(3);
  });

  it('are put on lines of their own by the quick fix, and read anew after an edit', async () => {
    await server.open(uri, rules);
    const { diagnostics } = await server.diagnostics(uri, 1);
    const range = diagnostics.find(({ code }) => code === 'joined-lines')?.range ?? {
      start: lastOn(1, '-A'),
      end: lastOn(1, '-A'),
    };
    const [fix] = await ask<readonly CodeAction[]>('textDocument/codeAction', { range, context: { diagnostics } });
    expect(fix?.diagnostics?.map(({ code }) => code)).toEqual(['joined-lines']);
    expect(edited(rules, fix?.edit?.changes?.[uri] ?? [])).toBe(apart);

    const start = lastOn(1, ' -A');
    const change = { range: { start, end: { ...start, character: start.character + 1 } }, text: '\n' };
    await server.client.sendNotification('textDocument/didChange', {
      textDocument: { uri, version: 2 },
      contentChanges: [change],
    });
    const after = await server.diagnostics(uri, 2);
    expect(after.diagnostics.map(({ code, range: { start: place } }) => [code, place.line])).toEqual([
      ['not-iptables', 0],
      ['joined-lines', 3],
      ['bad-port', 3],
    ]);
  });

  it('fold as the lines that an editor shows', async () => {
    await server.open(uri, rules);
    const folds = await ask<readonly FoldingRange[]>('textDocument/foldingRange', {});
    expect(Math.max(...folds.map(({ endLine }) => endLine))).toBeLessThan(lines.length);
  });
});

/** The words that tokens are of. */
function wordsOf(text: string, data: readonly number[]): readonly string[] {
  const all = text.split('\n');
  const words: string[] = [];
  let line = 0;
  let character = 0;
  for (let at = 0; at < data.length; at += 5) {
    const [down = 0, right = 0, length = 0] = data.slice(at, at + 3);
    line += down;
    character = down === 0 ? character + right : right;
    words.push((all[line] ?? '').slice(character, character + length));
  }
  return words;
}

/** A text after edits, made from the last to the first as an editor would. */
function edited(text: string, edits: readonly TextEdit[]): string {
  const offset = (line: number): number =>
    text
      .split('\n')
      .slice(0, line)
      .reduce((sum, each) => sum + each.length + 1, 0);
  return edits
    .toSorted((a, b) => b.range.start.line - a.range.start.line)
    .reduce(
      (result, { range: { start, end }, newText }) =>
        result.slice(0, offset(start.line) + start.character) + newText + result.slice(offset(end.line) + end.character),
      text,
    );
}
