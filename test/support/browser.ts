import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { chromiumPath } from './requirements.ts';

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // /dev/shm is small in containers.
  '--disable-dev-shm-usage',
];

/** Starts this machine's Chromium, without a window. Rejects where there is none: use `describeWith('chromium', ...)`. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: installedChromium(), args: flags });
}

/**
 * The same with a profile in a folder, as people have one: what pages load is kept there with the code that V8 made of it, which else is made anew
 * for each page. `viewport` is that of its pages.
 */
export function launchBrowserWithProfile(folder: string, viewport: { width: number; height: number }): Promise<BrowserContext> {
  return chromium.launchPersistentContext(folder, {
    executablePath: installedChromium(),
    // Code is kept from the first time on (CodeWithoutHeatCheck); else a script must come three times before it gains by that.
    args: [...flags, '--blink-settings=v8CacheOptions=3'],
    // What happens then is up to who asks: Playwright would wait for the browser, and the process would stay.
    handleSIGTERM: false,
    viewport,
  });
}

function installedChromium(): string {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('There is no Chromium on this machine.');
  return executablePath;
}
