import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { inject } from 'vitest';
import { launchBrowserWithProfile } from '../support/browser.ts';

/** What `profiles.ts` makes: a folder for the profiles of browsers, which goes at the end of all tests. */
declare module 'vitest' {
  interface ProvidedContext {
    profiles: string;
  }
}

/** The browser of this process, which test files share one after another: what the first window loads, the next ones need not load and compile. */
let browser: { readonly context: BrowserContext; readonly first: Page } | undefined;

/** A page for a window of VS Code, in a browser that has the windows of this process, one after another. */
export async function newWindow(): Promise<Page> {
  browser ??= await launch();
  return browser.context.newPage();
}

async function launch(): Promise<{ readonly context: BrowserContext; readonly first: Page }> {
  const context = await launchBrowserWithProfile(join(inject('profiles'), String(process.pid)), { width: 1440, height: 900 });
  context.once('close', () => {
    browser = undefined;
  });
  // Where a process exits, Playwright ends its browsers at once; by the signal alone this one would end by itself, and write to its profile until then.
  process.once('SIGTERM', () => process.exit());
  // The empty page that it begins with stays, as a browser without pages ends.
  return { context, first: context.pages()[0] ?? (await context.newPage()) };
}

/** Closes all windows, and forgets what they stored and were allowed: all but the files that they were loaded from. */
export async function closeWindows(): Promise<void> {
  if (browser === undefined) return;
  const { context, first } = browser;
  const windows = context.pages().filter((page) => page !== first);
  const origins = new Set(windows.map((page) => new URL(page.url()).origin));
  await Promise.all(windows.map((page) => page.close()));
  await context.clearPermissions();
  const session = await context.newCDPSession(first);
  for (const origin of origins) {
    const storageTypes = 'cookies,file_systems,indexeddb,local_storage,websql,service_workers,cache_storage';
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes });
  }
  await session.detach();
}
