import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeThirdParty } from '../tools/third-party.ts';

const root = resolve(import.meta.dirname, '../..');
const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string;
  readonly version: string;
};

/** Where `npm run package` puts the extension. */
export const vsixPath = join(root, `dist/${name}-${version}.vsix`);

/** Bundles the extension and packs it into a VSIX at `path`, which is returned. Rejects with what the tools said. */
export async function packageExtension(path: string = vsixPath): Promise<string> {
  await bundleExtension();
  return packBuiltExtension(path);
}

/** Bundles the extension into `dist`; `npm test` has done so before the first test. Rejects with what is wrong. */
export async function bundleExtension(): Promise<void> {
  if (process.env['IPTABLES_BUILT'] !== '1') await run([join(root, 'esbuild.mjs')]);
}

/** Packs the bundles that were built last into a VSIX at `path`, which is returned. Rejects with what the tools said. */
export async function packBuiltExtension(path: string = vsixPath): Promise<string> {
  mkdirSync(dirname(path), { recursive: true });
  writeThirdParty();
  return packExtension(root, path);
}

/** What the VSIX is made of; in `dist` the bundles. */
const parts = [
  ...['package.json', 'package.nls.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'SECURITY.md'],
  ...['client/media', 'client/walkthrough', 'grammars', 'schemas', 'docs'],
  ...['dist/client', 'dist/server', 'dist/cluster', 'dist/webview', 'dist/cli', 'dist/sample'],
  'test/editor/package.json',
];

function filesIn(path: string): readonly string[] {
  if (statSync(path).isFile()) return [path];
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  // The others are what a build that runs meanwhile is about to put in the place of a bundle, and what V8 made of bundles, which is never twice the same.
  const whole = names.filter(({ name }) => !/\.(?:tmp|code)$/.test(name));
  return whole.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** A text that changes with any file that is packed, the bundles as they were built last, and with the embedded editor. */
export function contentKey(): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    for (const path of filesIn(join(root, part))) hash.update(`${path}\n`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Packs the extension in a folder, as it lies there, into a VSIX at `path`, which is returned. */
export async function packExtension(folder: string, path: string, more: readonly string[] = []): Promise<string> {
  // The bundles hold what they need.
  await run([join(root, 'node_modules/@vscode/vsce/vsce'), 'package', '--no-dependencies', ...more, `--out=${path}`], folder);
  return path;
}

function run(args: readonly string[], cwd = root): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const keep = (chunk: Buffer): void => {
      said += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new Error(`${args[0]} failed (status ${code}):\n${said.trimEnd()}`));
    });
  });
}
