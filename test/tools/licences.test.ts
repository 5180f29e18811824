import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { licenseOf, noticesOf } from './third-party.ts';

const root = resolve(import.meta.dirname, '../..');

/** Licences that allow the project to be given away under its own, in an editor and on the command line. */
const bundled = ['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'Unlicense'];

/** Further ones, of programs that build and test and are never given away. */
const toolsOnly = ['Artistic-2.0', 'CC-BY-3.0', 'CC0-1.0', 'MIT OR Apache-2.0', 'MPL-2.0', 'PSF-2.0'];

/** Packages whose licence is a text of their own. Read, and right for a tool: vsce's signing helper may be used to publish extensions. */
const ownText = /^node_modules\/@vscode\/vsce-sign/;

interface Locked {
  readonly license?: string;
}

describe('licences', () => {
  it('of everything that is installed are on the list', () => {
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Record<string, Locked>;
    };
    const others = Object.entries(lock.packages).filter(
      ([path, { license = 'none' }]) => path !== '' && !ownText.test(path) && ![...bundled, ...toolsOnly].includes(license),
    );
    expect(others).toEqual([]);
  });

  it.each([
    [{ name: 'a', version: '1.0.0', licenses: [{ license: { id: 'MIT' } }] }, 'MIT'],
    [{ name: 'a', version: '1.0.0', licenses: [{ expression: 'MIT OR GPL-3.0-only' }] }, 'MIT OR GPL-3.0-only'],
    [{ name: 'a', version: '1.0.0' }, 'unknown'],
  ])('of %j is %s', (component, license) => {
    expect(licenseOf(component)).toBe(license);
  });

  it('are given with their texts, and a package without one stops the build', () => {
    const text = { content: Buffer.from('Do as you like.\n').toString('base64') };
    const component = { group: '@a', name: 'b', version: '1.0.0', licenses: [{ license: { id: 'ISC' } }] };
    expect(noticesOf([{ ...component, evidence: { licenses: [{ license: { name: 'file: LICENSE', text } }] } }])).toContain(
      '@a/b 1.0.0 (ISC)\n--------------------------------------------------------------------------------\n\nDo as you like.\n',
    );
    expect(() => noticesOf([component])).toThrow('@a/b 1.0.0 (ISC): no licence text');
  });
});
