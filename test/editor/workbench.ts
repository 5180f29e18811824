import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { installExtension, pageOf, type RunningEditor, startEditor, writeUserSettings } from '../support/embedded-editor.ts';
import { packageExtension, packExtension } from '../support/package-extension.ts';
import { doneAgain, doUntil, lost, patience } from './again.ts';

const root = resolve(import.meta.dirname, '../..');
const output = join(root, 'test/output');

/** A VS Code window in Chromium, with the packaged extension installed, on a workspace that may be written to. */
export interface Workbench {
  readonly page: Page;
  /** The workspace's folder on disk. */
  readonly folder: string;
  /** Runs a command by its title in the Command Palette: "iptables: Show NAT Flow". */
  run(title: string): Promise<void>;
  /** Runs a command that asks with a pick list, and takes the row with this text. */
  runAndPick(title: string, wanted: string): Promise<void>;
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
  /** Opens the context menu on a word of the line at the cursor and takes an entry of it. */
  menu(word: string, entry: string): Promise<void>;
  /**
   * The text of the hover that opens when the mouse rests on a word of the line at the cursor. There is one attempt: no hover, a late one, or
   * one without text is a failure.
   */
  hover(word: string): Promise<string>;
  /** What the language status says, where the names come from; as soon as it says `text`. */
  statusSays(text: string | RegExp): Promise<string>;
  /** Rows of the Problems view with this text; opens the view where it is not open. */
  problems(text: string): Promise<Locator>;
  /** A view of the side bar by its title: "Drift". */
  view(title: string): Locator;
  /** The page inside the drawing that is on the screen. */
  drawing(): FrameLocator;
  /** Reloads the window, as after a crash or a restart. */
  reload(): Promise<void>;
  /** A picture of the window in test/output, for people to look at. */
  screenshot(name: string): Promise<void>;
  /** Ends the browser and the editor, and removes what they wrote. */
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
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await editor?.stop();
    if (doneAgain() !== '') console.info(`done again, as the editor lost it: ${doneAgain()}`);
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await installExtension(await packageExtension(join(home, 'extension.vsix')), folders);
    if (options.other !== undefined) {
      const packed = await packExtension(options.other, join(home, 'other.vsix'), [
        '--allow-missing-repository',
        '--skip-license',
      ]);
      await installExtension(packed, folders);
    }
    editor = await startEditor({ folders, port: 0, trusted: options.trusted ?? true });
    browser = await launchBrowser();
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(patience);
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

/** What a person does in a window of VS Code. `folder` is the workspace. */
export function driver(page: Page, folder: string): Omit<Workbench, 'close'> {
  const quickInput = page.locator('.quick-input-widget input').first();

  /** Presses a key that opens the box; between two editors the focus may be nowhere. */
  const openQuickInput = (key: string): Promise<void> =>
    doUntil(
      `press ${key}`,
      async () => {
        if (!(await quickInput.isVisible())) await page.keyboard.press(key);
      },
      () => quickInput.isVisible(),
    );

  /** Types into the box where it is still open: whatever takes the focus closes it. */
  const typeInto = (typed: string): Promise<void> => quickInput.fill(typed, { timeout: lost }).catch(() => undefined);

  /** Clicks the first row with this text. False where there is none, or whatever takes the focus closes the box meanwhile. */
  const pick = (wanted: string): Promise<boolean> => {
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: wanted }).first();
    return row.click({ timeout: lost }).then(
      () => true,
      () => false,
    );
  };

  /** Opens the box anew with a key, types into it, and takes the row that says `wanted`; then what follows, which says whether it came to its end. */
  const choose = async (key: string, typed: string, wanted: string, next: () => Promise<boolean>): Promise<void> => {
    let isChosen = false;
    await doUntil(
      `choose ${wanted}`,
      async () => {
        if (await quickInput.isVisible()) await page.keyboard.press('Escape');
        await quickInput.waitFor({ state: 'hidden' });
        await openQuickInput(key);
        await typeInto(typed);
        isChosen = (await pick(wanted)) && (await next());
      },
      async () => isChosen,
    );
  };

  // The palette lists what can be run where the focus was when it opened, which the editor may not have known yet: then it is opened again.
  const run = (title: string): Promise<void> => choose('F1', `>${title}`, title, async () => true);

  const cursor = (): Locator => page.locator('[id="status.editor.selection"]');

  return {
    page,
    folder,
    run,
    runAndPick: (title, wanted) => choose('F1', `>${title}`, title, () => pick(wanted)),
    cursor,
    async open(file) {
      const name = file.slice(file.lastIndexOf('/') + 1);
      await choose('Control+P', file, name, async () => true);
      // A drawing's tab may name its dump.
      await page
        .locator('.tab.active', { hasText: name, hasNotText: /^(?:NAT flow|Chains): / })
        .first()
        .waitFor();
    },
    async goTo(line, column = 1) {
      const row = page.locator('.quick-input-list .monaco-list-row', { hasText: `line ${line} at column ${column}` });
      const there = cursor().filter({ hasText: `Ln ${line}, Col ${column}` });
      await doUntil(
        'go to a line',
        async () => {
          await openQuickInput('Control+G');
          await typeInto(`:${line}:${column}`);
          // Enter before it has been read does nothing.
          await row.waitFor({ timeout: lost }).catch(() => undefined);
          await quickInput.press('Enter', { timeout: lost }).catch(() => undefined);
        },
        async () => (await there.isVisible()) && !(await quickInput.isVisible()),
      );
    },
    activeLine: () => page.locator('.monaco-editor .line-numbers.active-line-number'),
    language: () => page.locator('[id="status.editor.mode"]'),
    line: (text) => page.locator('.monaco-editor .view-line', { hasText: text }),
    async menu(word, entry) {
      const { x, y } = await startOf(page, word);
      await page.mouse.click(x, y, { button: 'right' });
      const item = page.locator('.monaco-menu .action-item', { hasText: entry }).first();
      // A menu that has just opened takes no click: it may be the end of the one that opened it.
      await doUntil(
        `choose ${entry}`,
        () => item.click(),
        async () => !(await item.isVisible()),
      );
    },
    async hover(word) {
      const hover = page.locator('.monaco-editor .monaco-hover:not(.hidden) .hover-contents');
      await page.keyboard.press('Escape');
      await hover.first().waitFor({ state: 'hidden' });
      const { x, y } = await restingPlace(page, word);
      // From elsewhere: a mouse that does not move opens no hover.
      await page.mouse.move(x, y - 100);
      await page.mouse.move(x, y);
      const contents = hover.filter({ hasNotText: /^(?:Loading\.\.\.)?$/ });
      await contents.first().waitFor({ timeout: hoverPatience });
      return (await hover.allTextContents()).join('\n');
    },
    async statusSays(text) {
      const status = page.locator('.hover-language-status');
      await doUntil(
        'rest the mouse on the language status',
        async () => {
          await page.mouse.move(0, 0);
          await page.locator('[id="status.languageStatus"]').hover();
        },
        () => status.first().isVisible(),
      );
      // Other extensions say something there, too.
      await saysSoon(status.filter({ hasText: text }), text);
      const said = (await status.allTextContents()).join('\n');
      // One that was clicked stays until it is left by the keyboard.
      await page.mouse.move(600, 300);
      await doUntil(
        'leave the language status',
        () => page.keyboard.press('Escape'),
        async () => !(await status.first().isVisible()),
      );
      return said;
    },
    async problems(text) {
      const panel = page.locator('.markers-panel');
      if (!(await panel.isVisible())) {
        await page.keyboard.press('Control+Shift+M');
        await panel.waitFor();
      }
      return panel.locator('.monaco-list-row', { hasText: text });
    },
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

/** `expect` of what `read` gives, as soon as it holds; in tests only. */
export function soon<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: patience, interval: 50 });
}

/** Waits until an element's text contains `text`; the failure shows what it was instead. In tests only. */
export async function saysSoon(locator: Locator, text: string | RegExp): Promise<void> {
  await soon(() => locator.first().textContent({ timeout: patience })).toMatch(text);
}

/** A hover that takes longer is one that nobody waits for, in milliseconds; VS Code's own delay is in it. */
const hoverPatience = 5_000;

/** Where a word begins, once nothing moves it any more: hints that arrive push what is behind them. */
async function restingPlace(page: Page, word: string): Promise<{ readonly x: number; readonly y: number }> {
  let before = await startOf(page, word);
  await soon(async () => {
    await page.waitForTimeout(400);
    const now = await startOf(page, word);
    const isSame = now.x === before.x && now.y === before.y;
    before = now;
    return isSame;
  }).toBe(true);
  return before;
}

/**
 * Where a word of the line at the cursor begins on the screen, in pixels. Playwright's own hover scrolls what it hovers into view,
 * behind the back of the editor, which then draws its lines in two places.
 */
async function startOf(page: Page, word: string): Promise<{ readonly x: number; readonly y: number }> {
  const editor = page.locator('.editor-group-container.active .monaco-editor').first();
  const giveUp = Date.now() + patience;
  for (;;) {
    const top = (await editor.locator('.current-line').first().boundingBox())?.y ?? -1;
    for (const token of await editor.locator('.view-line > span > span', { hasText: word }).all()) {
      const box = await token.boundingBox();
      const text = (await token.textContent()) ?? '';
      if (box === null || Math.abs(box.y - top) > 4) continue;
      // Its end may be out of sight.
      const x = box.x + (box.width / text.length) * (text.indexOf(word) + 1);
      return { x, y: box.y + box.height / 2 };
    }
    if (Date.now() > giveUp) throw new Error(`"${word}" is not in the line at the cursor.`);
    await page.waitForTimeout(50);
  }
}
