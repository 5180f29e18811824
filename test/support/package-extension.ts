import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
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
  mkdirSync(dirname(path), { recursive: true });
  await run([join(root, 'esbuild.mjs')]);
  writeThirdParty();
  return packExtension(root, path);
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
