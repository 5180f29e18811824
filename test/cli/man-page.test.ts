import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../support/inspect.ts';
import { describeWith } from '../support/requirements.ts';

const root = resolve(import.meta.dirname, '../..');
const path = join(root, 'docs/man/iptables-inspect.1');

describe('the manual page', () => {
  it('is in the package where npm looks for it', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      readonly man: readonly string[];
      readonly files: readonly string[];
    };
    // npm links only what stands in a list; of a text alone it makes nothing.
    expect(manifest.man.map((page) => join(root, page))).toEqual([path]);
    expect(manifest.files).toContain('docs/man/*.1');
  });

  it('holds no more than ASCII, and nothing that is none of troff’s requests', () => {
    const text = readFileSync(path, 'utf8');
    expect(text).toMatch(/^[\n -~]*$/);
    for (const line of text.split('\n')) if (/^[.']/.test(line)) expect(line).toMatch(/^\.(?:\\"|TH|SH|SS|TP|PP|BR|nh|ad)/);
  });
});

describeWith('man', 'the manual page as troff sets it', () => {
  const { stdout, stderr } = spawnSync('groff', ['-man', '-ww', '-Tascii', '-P-cbou', path], { encoding: 'utf8' });

  it('gives no warning', () => {
    expect(stderr).toBe('');
  });

  it('has every command, option and example', () => {
    const shown = stdout.replace(/\s+/g, ' ');
    const help = inspect(['--help']).stdout;
    const names = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(8);
    for (const name of names) {
      const text = inspect([name, '--help']).stdout;
      for (const [option] of text.matchAll(/(?<=^ {2})--[\w-]+/gm)) if (option !== '--help') expect(shown).toContain(option);
      for (const [example] of text.matchAll(/(?<=^ {2})iptables-inspect .*$/gm))
        expect(shown).toContain(example.replace(/\s+/g, ' '));
    }
    for (const title of ['NAME', 'SYNOPSIS', 'EXAMPLES', 'EXIT STATUS', 'ENVIRONMENT', 'NO_COLOR'])
      expect(shown).toContain(title);
  });
});
