import { type Browser, chromium } from 'playwright-core';
import { chromiumPath } from './requirements.ts';

/** Starts this machine's Chromium, without a window. Rejects where there is none: use `describeWith('chromium', ...)`. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('There is no Chromium on this machine.');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // /dev/shm is small in containers.
      '--disable-dev-shm-usage',
    ],
  });
}
