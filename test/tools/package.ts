/** `npm run package`: the extension as `dist/*.vsix`, and how to install it. */
import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { packageExtension } from '../support/package-extension.ts';
import { readOptions } from './read-options.ts';

readOptions('Usage: npm run package\n\nMakes the extension as dist/*.vsix, and says how to install it.\n', {});

try {
  const vsix = await packageExtension();
  const path = relative(process.cwd(), vsix);
  console.log(`${path} (${Math.round(statSync(vsix).size / 1024)} KB)\nInstall it: code --install-extension ${path}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
