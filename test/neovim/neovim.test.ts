import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeWith, neovims } from '../support/requirements.ts';
import { type Neovim, soon, startNeovim } from './neovim.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const dump = readFileSync(`${sample}/worker-1.iptables`, 'utf8');
const lines = dump.split('\n');
/** Counted from 1, as Vim does. */
const lineOf = (start: string): number => lines.findIndex((line) => line.startsWith(start)) + 1;

vi.setConfig({ testTimeout: 90_000 });

interface Diagnosed {
  readonly code: string;
  readonly line: number;
}

describeWith('neovim', 'the language server in Neovim, set up as docs/other-editors.md says', () =>
  describe.each(neovims())('%s', worksAsDocumented),
);

function worksAsDocumented(program: string): void {
  let neovim: Neovim;

  beforeAll(async () => {
    const snapshot = readFileSync(`${sample}/cluster.json`, 'utf8');
    neovim = await startNeovim(program, { 'worker-1.iptables': dump, 'cluster.json': snapshot }, 'worker-1.iptables');
  }, 120_000);

  afterAll(() => neovim?.close());

  const line = (): Promise<string> => neovim.vim<string>('getline(".")');
  const mode = (): Promise<string> => neovim.vim<string>('mode()');
  /** Puts the cursor on a line (from 1), at a word. */
  const goTo = async (number: number, word: string): Promise<void> => {
    await neovim.type(`<Esc>:call cursor(${number}, stridx(getline(${number}), "${word}") + 1)<CR>`);
    await soon(() => neovim.vim<readonly number[]>('[line("."), mode() == "n"]')).toEqual([number, 1]);
  };
  const diagnosed = async (): Promise<readonly Diagnosed[]> =>
    neovim.lua(
      '(function() local found = {} for _, entry in ipairs(vim.diagnostic.get(0)) do table.insert(found, { line = entry.lnum + 1, code = entry.code or entry.user_data.lsp.code }) end return found end)()',
    );
  /** The text of the window that floats above the others; empty for none. */
  const floating = async (): Promise<string> =>
    (
      await neovim.lua<readonly string[]>(
        '(function() for _, window in ipairs(vim.api.nvim_list_wins()) do if vim.api.nvim_win_get_config(window).relative ~= "" then return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false) end end return { "" } end)()',
      )
    ).join('\n');

  it('shows the findings of a dump', async () => {
    const undeclared = lines.findIndex((text) => text.endsWith('-j KUBE-SVC-S5UHGVGWUT2PPRZN')) + 1;
    await soon(diagnosed).toContainEqual({ code: 'undeclared-chain', line: undeclared });
    expect(await diagnosed()).toContainEqual({ code: 'orphaned-chain', line: lineOf(':KUBE-SEP-YMMDN24UIRGMOLTR') });
  });

  it('tells by K whose chain it is, from the snapshot beside the dump', async () => {
    await goTo(lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7 !'), 'KUBE-SVC');
    await neovim.type('K');
    await soon(floating).toContain('booking/frontend');
    // Only the Service's object says this.
    expect(await floating()).toContain('target port `8080`');
  });

  it('goes to the declaration of a chain by gd', async () => {
    await goTo(lineOf('-A KUBE-SERVICES -d 10.96.40.10/32'), 'KUBE-SVC');
    await neovim.type('gd');
    await soon(line).toBe(':KUBE-SVC-3MGBTRC5ATFFL7T7 - [0:0]');
  });

  it('lists the references of a chain by grr', async () => {
    await goTo(lineOf(':KUBE-SVC-3MGBTRC5ATFFL7T7'), 'KUBE-SVC');
    await neovim.type('grr');
    const named = lines.flatMap((text, number) => (text.includes('KUBE-SVC-3MGBTRC5ATFFL7T7') ? [number + 1] : []));
    await soon(() => neovim.vim('map(getqflist(), { _, entry -> entry.lnum })')).toEqual(named);
    await neovim.type(':cclose<CR>');
  });

  it('offers by omni completion what may stand there, and writes what is chosen', async () => {
    await goTo(lineOf('-A KUBE-MARK-MASQ'), '-A');
    await neovim.type('o-A KUBE-MARK-MASQ -m conntrack --ctstate NEW,<C-x><C-o>');
    const offered = (): Promise<readonly string[]> => neovim.vim('map(complete_info(["items"]).items, { _, item -> item.word })');
    await soon(offered).toContain('ESTABLISHED');
    const words = await offered();
    expect(words).not.toContain('NEW');
    // Neovim has written the first of them.
    await neovim.type(`${'<C-n>'.repeat(words.indexOf('ESTABLISHED'))}<C-y>`);
    await soon(line).toBe('-A KUBE-MARK-MASQ -m conntrack --ctstate NEW,ESTABLISHED');
    await neovim.type('<Esc>u');
    await soon(() => neovim.vim<number>('line("$")')).toBe(lines.length - 1);
  });

  it('renames a chain at all its places by grn', async () => {
    await goTo(lineOf(':KUBE-SVC-ERIFXISQEP7F7OF4'), 'KUBE-SVC');
    await neovim.type('grn');
    await soon(mode).toBe('c');
    await neovim.type('<C-u>KUBE-SVC-RENAMED<CR>');
    const places = (name: string): Promise<number> =>
      neovim.vim<number>(`len(filter(getline(1, "$"), { _, text -> text =~ "${name}" }))`);
    const before = lines.filter((text) => text.includes('KUBE-SVC-ERIFXISQEP7F7OF4')).length;
    await soon(() => places('KUBE-SVC-RENAMED')).toBe(before);
    expect(await places('KUBE-SVC-ERIFXISQEP7F7OF4')).toBe(0);
    await neovim.type('u');
    await soon(() => places('KUBE-SVC-ERIFXISQEP7F7OF4')).toBe(before);
  });

  it('mends what is found by gra', async () => {
    const orphan = lineOf(':KUBE-SEP-YMMDN24UIRGMOLTR');
    await goTo(orphan, 'KUBE-SEP');
    await soon(diagnosed).toContainEqual({ code: 'orphaned-chain', line: orphan });
    await neovim.type('gra');
    await soon(async () => neovim.printed()).toMatch(/1: .*KUBE-SEP-YMMDN24UIRGMOLTR/);
    await neovim.type('1<CR>');
    await soon(() => neovim.vim<number>('line("$")')).toBeLessThan(lines.length - 1);
    expect(await neovim.vim<number>('search("KUBE-SEP-YMMDN24UIRGMOLTR", "nw")')).toBe(0);
    await neovim.type('u');
    await soon(() => neovim.vim<number>('line("$")')).toBe(lines.length - 1);
  });

  it('shows lenses, and tells the state of a Service when one is run', async () => {
    const first = lineOf('-A KUBE-SVC-3MGBTRC5ATFFL7T7 !');
    // Since 0.12 each lens comes with its client.
    const shown =
      '(vim.lsp.codelens.enable and vim.tbl_map(function(got) return got.lens end, vim.lsp.codelens.get({ bufnr = 0 })) or vim.lsp.codelens.get(0))';
    const lenses = (): Promise<readonly { line: number; title: string }[]> =>
      neovim.lua(
        `(function() local found = {} for _, lens in ipairs(${shown}) do table.insert(found, { line = lens.range.start.line + 1, title = (lens.command or {}).title }) end return found end)()`,
      );
    await goTo(first, 'KUBE-SVC');
    await neovim.type(':doautocmd CursorHold<CR>');
    await soon(lenses).toContainEqual({ line: first, title: expect.stringContaining('3 endpoints') });
    await neovim.type('grx');
    await soon(() => neovim.vim('stridx(execute("messages"), "booking/frontend:http") >= 0')).toBe(1);
  });

  it('says nothing of an error', () => {
    expect(neovim.printed()).not.toMatch(/Error|E\d+:|not supported|deprecated/);
  });
}
