/** Every request that docs/protocol.md says to be answered, sent by Neovim's own client. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver-types';
import { type Asking, markedDump, markedSnapshot, methodMarks, saidAt } from '../support/method-marks.ts';
import { describeWith, neovims } from '../support/requirements.ts';
import { type Neovim, soon, startNeovim } from './neovim.ts';

vi.setConfig({ testTimeout: 90_000 });

describeWith('neovim', 'the requests of the protocol from Neovim', () => describe.each(neovims())('%s', asksAll));

function asksAll(program: string): void {
  let neovim: Neovim;
  let asking: Asking;
  const folder = mkdtempSync(join(tmpdir(), 'iptables-neovim-methods-'));
  const question = join(folder, 'question.json');
  const answer = join(folder, 'answer.json');

  /** What some Lua has, by a file: longer answers are cut on the command line. */
  const read = async <T>(expression: string): Promise<T> => {
    await neovim.lua(`(function() vim.fn.writefile({ vim.json.encode(${expression}) }, "${answer}") return 1 end)()`);
    return JSON.parse(readFileSync(answer, 'utf8')) as T;
  };

  beforeAll(async () => {
    neovim = await startNeovim(program, { 'marked.iptables': markedDump, 'cluster.json': markedSnapshot }, 'marked.iptables');
    asking = {
      uri: await neovim.lua<string>('vim.uri_from_bufnr(0)'),
      async send<T>(method: string, params: object) {
        writeFileSync(question, JSON.stringify(params));
        const asked = `vim.lsp.buf_request_sync(0, "${method}", vim.json.decode(vim.fn.readfile("${question}")[1]), 20000)`;
        const [answered] = await read<readonly { readonly result: T }[]>(`vim.tbl_values(${asked})`);
        if (answered === undefined) throw new Error(`no answer to ${method}`);
        return answered.result;
      },
      diagnosed: async () => {
        const found = await read<readonly { readonly lnum: number; readonly col: number; readonly code: string }[]>(
          'vim.tbl_map(function(entry) return { lnum = entry.lnum, col = entry.col, code = entry.code or entry.user_data.lsp.code, message = entry.message } end, vim.diagnostic.get(0))',
        );
        return found.map(({ lnum: line, col: character, ...diagnostic }): Diagnostic => {
          const place = { line, character };
          return { message: '', ...diagnostic, range: { start: place, end: place } };
        });
      },
    };
    // A request before the server is there waits for its whole time.
    await vi.waitFor(async () => expect(await asking.diagnosed?.()).not.toEqual([]), { timeout: 60_000, interval: 50 });
  }, 120_000);

  afterAll(async () => {
    await neovim?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(methodMarks.map((mark): [string, typeof mark] => [mark.method, mark]))(
    '%s says at its marker what stands there',
    async (_, mark) => {
      // The names come with the snapshot, a moment behind the dump.
      await soon(async () => (await saidAt(asking, mark)).join('\n')).toContain(mark.text);
    },
  );
}
