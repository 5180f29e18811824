/**
 * What the bundles are made of: `dist/sbom.cdx.json`, a CycloneDX bill of materials, and `dist/THIRD-PARTY-NOTICES.txt`, the licences of
 * every package in it. Both come from esbuild's own list of what went into the bundles (`dist/metafile.json`), so a package that is
 * bundled cannot be left out.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

interface License {
  readonly license?: { readonly id?: string; readonly name?: string; readonly text?: { readonly content: string } };
  readonly expression?: string;
}

interface Component {
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly author?: string;
  readonly licenses?: readonly License[];
  readonly evidence?: { readonly licenses?: readonly License[] };
}

const root = resolve(import.meta.dirname, '../..');
const rule = '-'.repeat(80);

/** "@scope/name". */
export function packageName({ group, name }: Component): string {
  return group === undefined ? name : `${group}/${name}`;
}

/** "MIT", or an expression of SPDX; "unknown" where the package does not say. */
export function licenseOf({ licenses }: Component): string {
  const named = licenses?.map(({ license, expression }) => expression ?? license?.id ?? license?.name ?? 'unknown') ?? [];
  return named.length === 0 ? 'unknown' : named.join(' AND ');
}

/** Writes the bill of materials of the bundles that were last built, and gives what is in it. @throws with what the generator said */
export function writeBillOfMaterials(): readonly Component[] {
  const path = join(root, 'dist/sbom.cdx.json');
  const generator = join(root, 'node_modules/@cyclonedx/cyclonedx-esbuild/bin/cyclonedx-esbuild-cli.js');
  const options = ['--gather-license-texts', '--output-reproducible', '--output-file', path, join(root, 'dist/metafile.json')];
  execFileSync(process.execPath, [generator, ...options], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly components: readonly Component[] }).components;
}

/** The licences of all packages as text, each with what its authors wrote. @throws where a package brings no licence text */
export function noticesOf(components: readonly Component[]): string {
  const parts = components.map((component) => {
    const texts = (component.evidence?.licenses ?? []).flatMap(({ license }) =>
      license?.text === undefined ? [] : [Buffer.from(license.text.content, 'base64').toString('utf8').trim()],
    );
    const title = `${packageName(component)} ${component.version} (${licenseOf(component)})`;
    if (texts.length === 0) throw new Error(`${title}: no licence text in the package`);
    return `${rule}\n${title}\n${rule}\n\n${[...new Set(texts)].join('\n\n')}\n`;
  });
  return `The bundles of this package hold code of ${parts.length} other packages. Their licences:\n\n${parts.join('\n')}`;
}

/** Writes both files for the bundles that were last built. @throws with what is wrong */
export function writeThirdParty(): void {
  writeFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), noticesOf(writeBillOfMaterials()));
}
