/**
 * `npm run release [-- --tag vX.Y.Z]`: everything that is published, in `dist/release`: the VSIX, the npm package, the bill of materials,
 * the notes of this version from CHANGELOG.md and SHA256SUMS. Publishes nothing; the workflow in .github does, with these very files.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageExtension } from '../support/package-extension.ts';
import { readOptions } from './read-options.ts';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** What CHANGELOG.md says of a version, without its title. @throws where it has no section or an empty one */
export function notesOf(changelog: string, version: string): string {
  const [, ...sections] = `\n${changelog}`.split('\n## ');
  const section = sections.find((text) => text.split(/\s/, 1)[0] === version);
  const notes = section?.slice(section.indexOf('\n')).trim() ?? '';
  if (notes === '') throw new Error(`CHANGELOG.md has no section "## ${version}" with something in it`);
  return `${notes}\n`;
}

/** Lines of `sha256sum` for the files of a folder, by name. */
function checksumsOf(folder: string): string {
  const line = (name: string): string =>
    `${createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')}  ${name}\n`;
  return readdirSync(folder).toSorted().map(line).join('');
}

/** Makes the files of a release in a folder, which is emptied first. @throws with what is wrong */
export async function makeRelease(folder: string, tag?: string): Promise<void> {
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  if (tag !== undefined && tag !== `v${version}`) throw new Error(`The tag is ${tag}, package.json says ${version}`);
  const notes = notesOf(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await packageExtension(join(folder, `${name}-${version}.vsix`));
  // The bundles are there: what would be built before packing is what was just built.
  const options = { cwd: root, shell: process.platform === 'win32' };
  execFileSync('npm', ['pack', '--ignore-scripts', '--loglevel=error', `--pack-destination=${folder}`], {
    ...options,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  copyFileSync(join(root, 'dist/sbom.cdx.json'), join(folder, 'sbom.cdx.json'));
  writeFileSync(join(folder, 'SHA256SUMS'), checksumsOf(folder));
  writeFileSync(join(folder, 'NOTES.md'), notes);
}

if (import.meta.main) {
  const usage = `Usage: npm run release -- [--tag vX.Y.Z]

Makes all that is published, in dist/release, and publishes nothing. With --tag the version of package.json must be that one.
`;
  const values = readOptions(usage, { tag: { type: 'string' } });
  try {
    const folder = join(root, 'dist/release');
    await makeRelease(folder, values.tag);
    for (const file of readdirSync(folder).toSorted()) console.log(`dist/release/${file}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
