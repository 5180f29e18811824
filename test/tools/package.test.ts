import { isAscii } from 'node:buffer';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageExtension } from '../support/package-extension.ts';
import { linksOf } from '../support/page-links.ts';

const root = resolve(import.meta.dirname, '../..');

interface Manifest {
  readonly main: string;
  readonly browser: string;
  readonly icon: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly contributes: {
    readonly languages: readonly {
      readonly configuration: string;
      readonly icon: { readonly light: string; readonly dark: string };
    }[];
    readonly walkthroughs: readonly { readonly steps: readonly { readonly media: { readonly markdown: string } }[] }[];
    readonly grammars: readonly { readonly path: string }[];
    readonly jsonValidation: readonly { readonly url: string }[];
    readonly yamlValidation: readonly { readonly url: string }[];
  };
}

/** README's pictures, which the Marketplace, Open VSX and npm show from the repository. */
const shownFromRepository = ['client/media/picture-flow.png', 'client/media/picture-hover.png'];

/** Links of the pages among these files that lead to none of them, and those to the repository that lead to nothing there. */
function brokenLinks(files: readonly string[]): readonly string[] {
  const packed = new Set([...files, ...shownFromRepository]);
  return files
    .filter((file) => file.endsWith('.md'))
    .flatMap((page) =>
      linksOf(page)
        .filter(({ target, isWeb }) => (isWeb ? !existsSync(join(root, target)) : !packed.has(target)))
        .map(({ target }) => `${page}: ${target}`),
    );
}

describe('the npm package', () => {
  it('has no link to a file that is not in it', () => {
    const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' } as const;
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], options);
    const [packed] = JSON.parse(stdout) as readonly { readonly files: readonly { readonly path: string }[] }[];
    const files = packed?.files.map(({ path }) => path) ?? [];
    expect(files).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/README.md', 'docs/findings/README.md']));
    expect(brokenLinks(files)).toEqual([]);
  });
});

describe('the packaged extension', () => {
  let folder = '';
  let vsix = '';
  let files: readonly string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'iptables-package-'));
    vsix = await packageExtension(join(folder, 'extension.vsix'));
    const vsce = join(root, 'node_modules/@vscode/vsce/vsce');
    const { stdout } = spawnSync(process.execPath, [vsce, 'ls', '--no-dependencies'], { cwd: root, encoding: 'utf8' });
    files = stdout.split('\n').filter((line) => line !== '');
  }, 240_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('holds every file that its manifest names', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
    const named = [
      manifest.main,
      manifest.browser,
      manifest.icon,
      ...Object.values(manifest.bin),
      ...manifest.contributes.languages.map((language) => language.configuration),
      ...manifest.contributes.languages.flatMap(({ icon }) => [icon.light, icon.dark]),
      ...manifest.contributes.walkthroughs.flatMap(({ steps }) => steps.map(({ media }) => media.markdown)),
      ...manifest.contributes.grammars.map((grammar) => grammar.path),
      ...manifest.contributes.jsonValidation.map(({ url }) => url),
      ...manifest.contributes.yamlValidation.map(({ url }) => url),
    ].map((path) => path.replace(/^\.\//, ''));
    expect(files).toEqual(expect.arrayContaining(named));
  });

  it('holds what the bundles load when they are asked to', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/server/node.cjs',
        'dist/server/browser.js',
        'dist/cluster/live.cjs',
        'dist/webview/flow.js',
        'dist/webview/flow.css',
        'dist/cli/main.cjs',
        'dist/sample/worker-1.iptables',
        'dist/sample/cluster.json',
      ]),
    );
  });

  // One character more than a byte, as in a regular expression, and V8 keeps the whole program at two bytes a character.
  it('holds programs in ASCII alone', () => {
    const programs = files.filter((file) => /^dist\/(?:server|cli|cluster)\/.*\.(?:cjs|mjs|js)$/.test(file));
    expect(programs.length).toBeGreaterThan(5);
    expect(programs.filter((file) => !isAscii(readFileSync(join(root, file))))).toEqual([]);
  });

  it('holds no sources, no tests and no source maps', () => {
    expect(files.filter((file) => /\.(?:ts|mts|map|vsix)$|(?:^|\/)(?:src|test|node_modules)\//.test(file))).toEqual([]);
  });

  it('has no link to a file that is not in it', () => {
    expect(files).toContain('docs/README.md');
    expect(brokenLinks(files)).toEqual([]);
  });

  it('is small enough to be sent by mail', () => {
    expect(statSync(vsix).size).toBeLessThan(3_000_000);
  });
});
