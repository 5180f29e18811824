import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../support/inspect.ts';
import { linksOf } from '../support/page-links.ts';

const root = resolve(import.meta.dirname, '../..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Manifest {
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: { readonly commands: readonly { readonly title: string; readonly category: string }[] };
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const texts = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as Readonly<Record<string, string>>;

describe('README.md', () => {
  it('has the settings and findings that there are', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'test/tools/docs.ts'), '--check'], { encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  });

  it('names every command of the editor', () => {
    const titles = manifest.contributes.commands.map(({ category, title }) => `*${category}: ${texts[title.slice(1, -1)]}*`);
    expect(titles.filter((title) => !readme.includes(`| ${title} |`))).toEqual([]);
  });

  it('names only scripts that there are', () => {
    const named = [...readme.matchAll(/npm run (?:-s )?([\w-]+)/g)].map(([, script = '']) => script);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((script) => manifest.scripts[script] === undefined)).toEqual([]);
  });

  it('shows and links only what there is', () => {
    const targets = linksOf('README.md').map(({ target }) => target);
    expect(targets).toContain('client/media/picture-hover.png');
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });

  it('leads to an index of all that is in docs', () => {
    expect(readme).toContain('(docs/README.md)');
    const linked = linksOf('docs/README.md').map(({ target }) => target);
    expect(linked.filter((target) => !existsSync(join(root, target)))).toEqual([]);
    const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:md|1)$/.test(name) && !/^findings\/(?!README)/.test(name) && name !== 'README.md')
      .map((name) => join('docs', name));
    expect(linked).toEqual(expect.arrayContaining(pages));
  });

  it('has every command of the command line, and examples that it takes', () => {
    const help = inspect(['--help']).stdout;
    const names = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(readme).toContain(`| \`${name} `);
    const examples = [...readme.matchAll(/iptables-inspect (\w+) ([^#\n]*)/g)].filter(([, name = '']) => name !== 'ARGS');
    expect(examples.length).toBeGreaterThan(8);
    for (const [line, name = '', rest = ''] of examples) {
      const { stdout } = inspect([name, '--help']);
      const used = [...rest.matchAll(/--[\w-]+/g)].map(([option]) => option);
      expect(
        used.filter((option) => !stdout.includes(` ${option} `)),
        line,
      ).toEqual([]);
    }
  });
});
