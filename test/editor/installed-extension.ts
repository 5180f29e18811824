import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installExtension } from '../support/embedded-editor.ts';
import { contentKey, packBuiltExtension } from '../support/package-extension.ts';

const root = resolve(import.meta.dirname, '../..');
const templates = join(root, 'test/output/installed');

/**
 * Puts the extension, as it was last built, into an editor's folder of extensions that is not there yet. Packing and installing it takes ten
 * seconds, so it is done once for each content, in a folder that all test files copy; two that come at the same time both do it, and one of them
 * stays. Rejects where nothing was built, and with what the tools said.
 */
export async function copyInstalledExtension(extensions: string): Promise<void> {
  if (!existsSync(join(root, 'dist/metafile.json'))) throw new Error('Nothing is built yet: node esbuild.mjs');
  const template = join(templates, contentKey());
  if (!existsSync(template)) await install(template);
  cpSync(template, extensions, { recursive: true });
}

async function install(template: string): Promise<void> {
  mkdirSync(templates, { recursive: true });
  const folder = mkdtempSync(join(templates, 'new-'));
  try {
    const vsix = await packBuiltExtension(join(folder, 'extension.vsix'));
    const folders = { extensions: join(folder, 'extensions'), userData: join(folder, 'user-data') };
    await installExtension(vsix, folders);
    renameSync(folders.extensions, template);
  } catch (error) {
    // Somebody else was first.
    if (!existsSync(template)) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
