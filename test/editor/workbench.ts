import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { installExtension, pageOf, type RunningEditor, startEditor, writeUserSettings } from '../support/embedded-editor.ts';
import { packExtension } from '../support/package-extension.ts';
import { clickUntil, doneAgain, doUntil, type Effect, gone, hasCome, lost, patience, pressUntil, surelyLost } from './again.ts';
import { hoverText, startOf } from './hover.ts';
import { copyInstalledExtension } from './installed-extension.ts';
import { closeWindows, newWindow } from './windows.ts';

const root = resolve(import.meta.dirname, '../..');
const output = join(root, 'test/output');

/** Where the last editor of this process listened. The next one does so again, as what a browser keeps of a page belongs to the page's address. */
let port = 0;

/** A VS Code window in Chromium, with the packaged extension installed, on a workspace that may be written to. */
export interface Workbench {
  readonly page: Page;
  /** The workspace's folder on disk. */
  readonly folder: string;
  /** Runs a command by its title in the Command Palette, "iptables: Show NAT Flow"; again where `effect` is given and does not come. */
  run(title: string, effect?: Effect): Promise<void>;
  /** Runs a command that asks with a pick list, and takes the row with this text; the same. */
  runAndPick(title: string, wanted: string, effect?: Effect): Promise<void>;
  /** In the box with this title (null: any): types, waits until a row with `wanted` is the one, and takes it. By the keyboard alone. */
  answer(title: string | RegExp | null, typed: string, wanted: string | RegExp): Promise<void>;
  /** Rows of the list that a command asks with. */
  rows(text?: string | RegExp): Locator;
  /** Opens a file of the workspace by Quick Open. */
  open(file: string): Promise<void>;
  /** Puts the cursor on a 1-based line and column. */
  goTo(line: number, column?: number): Promise<void>;
  /** The line and column of the cursor, as the status bar has them: "Ln 133, Col 1". */
  cursor(): Locator;
  /** The line number that the editor shows as the cursor's, also while something else has the focus. */
  activeLine(): Locator;
  /** The language of the active editor, as the status bar has it. */
  language(): Locator;
  /** Editor lines with this text that are on the screen. */
  line(text: string | RegExp): Locator;
  /** Writes text at the cursor, as at once as from the clipboard; until a line with `shown` is on the screen. */
  insert(text: string, shown: Locator): Promise<void>;
  /** Opens the context menu on a word of the line at the cursor and takes an entry of it, until the effect has come. */
  menu(word: string, entry: string, effect: Effect): Promise<void>;
  /**
   * The text of the hover that opens when the mouse rests on a word of the line at the cursor, once it has all texts of `says`. There is one
   * attempt: no hover, or one without text, is a failure.
   */
  hover(word: string, ...says: readonly string[]): Promise<string>;
  /** What the language status says, where the names come from; as soon as it says `text`. */
  statusSays(text: string | RegExp): Promise<string>;
  /** Rows of the Problems view with this text; opens the view where it is not open. */
  problems(text: string): Promise<Locator>;
  /** Closes the Problems view, or whatever the panel shows. */
  closePanel(): Promise<void>;
  /** Gives a file of the workspace another name in the Explorer. */
  renameInExplorer(from: string, to: string): Promise<void>;
  /** A view of the side bar by its title: "Drift". */
  view(title: string): Locator;
  /** The page inside the drawing that is on the screen. */
  drawing(): FrameLocator;
  /** Reloads the window, as after a crash or a restart. */
  reload(): Promise<void>;
  /** A picture of the window in test/output, for people to look at. */
  screenshot(name: string): Promise<void>;
  /** Closes the window, ends the editor, and removes what they wrote. */
  close(): Promise<void>;
}

/**
 * Packages the extension, installs it into the embedded editor, and opens a copy of `workspace` with one of its files. One start serves a whole
 * test file: it takes ten seconds.
 */
export async function openWorkbench(options: {
  /** A folder of which a copy is opened. */
  readonly workspace: string;
  readonly file: string;
  readonly trusted?: boolean;
  readonly userSettings?: Readonly<Record<string, unknown>>;
  /** More files for the workspace: path to text. */
  readonly files?: Readonly<Record<string, string>>;
  /** The folder of another extension that is installed, too. */
  readonly other?: string;
}): Promise<Workbench> {
  mkdirSync(output, { recursive: true });
  const home = mkdtempSync(join(tmpdir(), 'iptables-editor-'));
  const folder = join(home, 'workspace');
  cpSync(options.workspace, folder, { recursive: true });
  for (const [path, text] of Object.entries(options.files ?? {})) writeFileSync(join(folder, path), text);
  const folders = { extensions: join(home, 'extensions'), userData: join(home, 'user-data') };
  writeUserSettings(folders, {
    'workbench.reduceMotion': 'on',
    ...options.userSettings,
  });
  let editor: RunningEditor | undefined;
  const close = async (): Promise<void> => {
    await closeWindows();
    await editor?.stop();
    const again = doneAgain();
    if (again !== '') console.info(`done again, as the editor lost it: ${again}`);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await copyInstalledExtension(folders.extensions);
    if (options.other !== undefined) {
      const packed = await packExtension(options.other, join(home, 'other.vsix'), [
        '--allow-missing-repository',
        '--skip-license',
      ]);
      await installExtension(packed, folders);
    }
    editor = await startEditor({ folders, port, trusted: options.trusted ?? true });
    port = Number(new URL(editor.address).port);
    const page = await prepare(await newWindow());
    await page.goto(pageOf(editor, folder, join(folder, options.file)));
    // Until the file is there it takes the focus from whatever was opened meanwhile.
    await page.locator('.tab.active', { hasText: options.file.slice(options.file.lastIndexOf('/') + 1) }).waitFor();
    await page.locator('.monaco-editor .view-line').first().waitFor();
    return { ...driver(page, folder), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Makes a page ready for a window of VS Code, and returns it. IPTABLES_SLOW_BROWSER=4 makes its scripts four times slower, to see that the tests
 * wait for what they need.
 */
export async function prepare(page: Page): Promise<Page> {
  page.setDefaultTimeout(patience);
  await page.addInitScript(still);
  const slower = Number(process.env['IPTABLES_SLOW_BROWSER'] ?? 1);
  if (slower > 1) {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  }
  return page;
}

/**
 * Without a graphics card what moves takes as much of a processor as what is done: the bar that runs to and fro and the wheels that turn while VS Code
 * loads something, and above all the scroll bars, which fade for most of a second after each scroll, the whole window drawn anew sixty times a second.
 */
const still = `if (top === self) addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent =
    '.monaco-progress-container .progress-bit, .codicon-modifier-spin, .codicon-modifier-spin::before { animation: none !important }' +
    '.monaco-scrollable-element > .scrollbar { transition: none !important }';
  document.head.append(style);
});`;

/** The box that commands are searched and answers are given in, and what is done there. */
function quickInputOf(page: Page) {
  const box = page.locator('.quick-input-widget input').first();
  const title = page.locator('.quick-input-title');
  const rows = (text: string | RegExp = ''): Locator => page.locator('.quick-input-list .monaco-list-row', { hasText: text });
  const focused = (text: string | RegExp): Locator =>
    page.locator('.quick-input-list .monaco-list-row.focused', { hasText: text }).first();

  /** Presses a key that opens the box; between two editors the focus may be nowhere. */
  const open = (key: string): Promise<void> =>
    doUntil(
      `press ${key}`,
      async () => {
        if (!(await box.isVisible())) await page.keyboard.press(key);
      },
      box,
    );

  /**
   * Writes into the box where it is still open: whatever takes the focus closes it. In one go, as what is typed key by key goes to the dump where
   * that happens in between.
   */
  const type = (typed: string): Promise<void> =>
    box
      .evaluate(
        (element, value) => {
          const input = element as unknown as { value: string; focus(): void };
          input.focus();
          input.value = value;
          element.dispatchEvent(new Event('input', { bubbles: true }));
        },
        typed,
        { timeout: lost },
      )
      .catch(() => undefined);

  /**
   * Takes the first row with this text. False where none comes within that time, or whatever takes the focus closes the box meanwhile, or the row
   * was drawn anew under the mouse and stays.
   */
  const pick = async (wanted: string | RegExp, within = lost): Promise<boolean> => {
    const row = rows(wanted).first();
    try {
      await row.waitFor({ timeout: within });
      await row.click({ timeout: surelyLost });
      await row.waitFor({ state: 'hidden', timeout: lost });
      return true;
    } catch {
      return false;
    }
  };

  /** Opens the box anew with a key, types into it, and takes the row that says `wanted`; then what follows, which says whether it came to its end. */
  const choose = async (key: string, typed: string, wanted: string, next: () => Promise<boolean>): Promise<void> => {
    let isChosen = false;
    await doUntil(
      `choose ${wanted}`,
      async () => {
        if (await box.isVisible()) await page.keyboard.press('Escape');
        await box.waitFor({ state: 'hidden', timeout: lost });
        await open(key);
        await type(typed);
        isChosen = (await pick(wanted)) && (await next());
        return isChosen;
      },
      async () => isChosen,
    );
  };

  const answer = async (boxTitle: string | RegExp | null, typed: string, wanted: string | RegExp): Promise<void> => {
    const asked = (boxTitle === null ? box : title.filter({ hasText: boxTitle })).first();
    await asked.waitFor();
    await doUntil(
      `answer ${boxTitle ?? wanted}`,
      async () => {
        if (!(await asked.isVisible())) return;
        await type(typed);
        await focused(wanted).waitFor({ timeout: surelyLost });
        await box.press('Enter', { timeout: lost });
      },
      gone(asked),
      surelyLost,
    );
  };

  return { box, rows, open, type, pick, choose, answer };
}

/** Whether the effect comes in time. */
async function comes(effect: Effect | undefined): Promise<boolean> {
  if (effect === undefined) return true;
  const giveUp = Date.now() + surelyLost;
  for (;;) {
    if (await hasCome(effect)) return true;
    if (Date.now() > giveUp) return false;
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** What a person does in a window of VS Code. `folder` is the workspace. */
export function driver(page: Page, folder: string): Omit<Workbench, 'close'> {
  const quickInput = quickInputOf(page);
  const cursor = (): Locator => page.locator('[id="status.editor.selection"]');
  const panel = page.locator('.part.panel');
  const problems = page.locator('.markers-panel');

  // The palette lists what can be run where the focus was when it opened, which the editor may not have known yet: then it is opened again.
  const run = (title: string, effect?: Effect): Promise<void> => quickInput.choose('F1', `>${title}`, title, () => comes(effect));

  return {
    page,
    folder,
    run,
    runAndPick: (title, wanted, effect) =>
      quickInput.choose('F1', `>${title}`, title, async () => (await quickInput.pick(wanted, surelyLost)) && comes(effect)),
    answer: quickInput.answer,
    rows: quickInput.rows,
    cursor,
    async open(file) {
      const name = file.slice(file.lastIndexOf('/') + 1);
      // A drawing's tab may name its dump.
      const tab = page.locator('.editor-group-container.active .tab.active', {
        hasText: name,
        hasNotText: /^(?:NAT flow|Chains): /,
      });
      await quickInput.choose('Control+P', file, name, () => comes(tab));
    },
    async goTo(line, column = 1) {
      const row = quickInput.rows(`line ${line} at column ${column}`);
      const there = cursor().filter({ hasText: `Ln ${line}, Col ${column}` });
      // What is typed next goes there.
      const focused = page.locator('.editor-group-container.active .monaco-editor.focused');
      await doUntil(
        'go to a line',
        async () => {
          await quickInput.open('Control+G');
          await quickInput.type(`:${line}:${column}`);
          // Not Enter: where a drawing takes the focus meanwhile, that goes to the dump and breaks a line.
          await row.first().click({ timeout: lost });
        },
        async () => (await there.isVisible()) && !(await quickInput.box.isVisible()) && (await focused.first().isVisible()),
      );
    },
    activeLine: () => page.locator('.monaco-editor .line-numbers.active-line-number'),
    language: () => page.locator('[id="status.editor.mode"]'),
    line: (text) => page.locator('.monaco-editor .view-line', { hasText: text }),
    insert: (text, shown) => doUntil('write text', () => page.keyboard.insertText(text), shown, surelyLost),
    async menu(word, entry, effect) {
      const item = page.locator('.monaco-menu .action-item', { hasText: entry }).first();
      await doUntil(
        `choose ${entry}`,
        async () => {
          if (!(await item.isVisible())) {
            const { x, y } = await startOf(page, word);
            await page.mouse.click(x, y, { button: 'right' });
          }
          // A menu that has just opened takes no click: it may be the end of the one that opened it. Then it stays open, and is clicked again.
          await clickUntil(`choose ${entry} in the menu`, item, gone(item));
        },
        effect,
        surelyLost,
      );
    },
    hover: (word, ...says) => hoverText(page, word, says),
    async statusSays(text) {
      const status = page.locator('.hover-language-status');
      let said = '';
      // It goes where the status is drawn anew while the mouse rests there. Other extensions say something there, too.
      await doUntil(
        'rest the mouse on the language status',
        async () => {
          await page.mouse.move(0, 0);
          await page.locator('[id="status.languageStatus"]').hover({ timeout: lost });
        },
        async () => {
          said = (await status.allTextContents()).join('\n');
          return typeof text === 'string' ? said.includes(text) : text.test(said);
        },
      );
      // One that was clicked stays until it is left by the keyboard.
      await page.mouse.move(600, 300);
      await pressUntil(page, 'Escape', gone(status));
      return said;
    },
    async problems(text) {
      await doUntil(
        'open the problems',
        async () => {
          if (!(await problems.isVisible())) await page.keyboard.press('Control+Shift+M');
        },
        problems,
      );
      return problems.locator('.monaco-list-row', { hasText: text });
    },
    closePanel: () =>
      doUntil(
        'close the panel',
        async () => {
          if (await panel.isVisible()) await page.keyboard.press('Control+J');
        },
        gone(panel),
      ),
    renameInExplorer: (from, to) => renameInExplorer(page, from, to),
    view: (title) => page.locator('.sidebar .pane', { has: page.locator('.pane-header', { hasText: title }) }).first(),
    drawing: () => page.frameLocator('iframe.webview.ready:visible').frameLocator('#active-frame'),
    async reload() {
      const loaded = page.waitForEvent('load');
      await run('Developer: Reload Window');
      await loaded;
      await page.locator('.monaco-workbench').waitFor();
    },
    async screenshot(name) {
      await page.screenshot({ path: join(output, `editor-${name}.png`) });
    },
  };
}

/** The file is in sight there. A key goes to the editor where that takes the focus from the row, and the box closes where it loses it. */
async function renameInExplorer(page: Page, from: string, to: string): Promise<void> {
  const row = (name: string): Locator => page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).first();
  const input = page.locator('.explorer-folders-view input.input');
  await doUntil(
    `rename ${from} in the Explorer`,
    async () => {
      if (!(await input.isVisible())) {
        await row(from).click({ timeout: lost });
        await page.keyboard.press('F2');
      }
      await input.fill(to, { timeout: lost });
      await input.press('Enter', { timeout: lost });
    },
    async () => (await row(to).isVisible()) && !(await input.isVisible()),
  );
}

/** `expect` of what `read` gives, as soon as it holds; in tests only. */
export function soon<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: patience, interval: 50 });
}

/** Waits until an element's text contains `text`; the failure shows what it was instead. In tests only. */
export async function saysSoon(locator: Locator, text: string | RegExp): Promise<void> {
  await soon(() => locator.first().textContent({ timeout: patience })).toMatch(text);
}
