import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Text goes out of the client by one module. The rule is tried on files that go around it, in a copy of the project's settings.

const root = resolve(import.meta.dirname, '../..');
const biome = join(dirname(createRequire(import.meta.url).resolve('@biomejs/biome/package.json')), 'bin/biome');
let project = '';

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'iptables-shown-'));
  execFileSync('git', ['init', '--quiet', project]);
  copyFileSync(join(root, '.biome.jsonc'), join(project, '.biome.jsonc'));
  cpSync(join(root, '.biome'), join(project, '.biome'), { recursive: true });
  writeFileSync(join(project, '.gitignore'), '');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function isRefused(path: string, source: string): boolean {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, source);
  const { stdout } = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', path], { cwd: project, encoding: 'utf8' });
  rmSync(file);
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly category: string }[] };
  return diagnostics.some(({ category }) => category === 'plugin');
}

const around = [
  "import { window } from 'vscode';\nvoid window.showErrorMessage('x');\n",
  "import * as vscode from 'vscode';\nvoid vscode.window.showWarningMessage('x');\n",
  "import { window } from 'vscode';\nconst { showInformationMessage } = window;\nvoid showInformationMessage('x');\n",
  "import { window } from 'vscode';\nconst say = window.showErrorMessage;\nvoid say('x');\n",
  "import { window } from 'vscode';\nvoid window['showErrorMessage']('x');\n",
  "import { window } from 'vscode';\nvoid window.withProgress({ location: 15, title: 'x' }, async () => undefined);\n",
  "import { languages } from 'vscode';\nlanguages.createLanguageStatusItem('x', '*').detail = 'x';\n",
  "import { TreeItem } from 'vscode';\nexport const item = new TreeItem('x');\n",
  "import { TreeItem as Row } from 'vscode';\nexport const item = new Row('x');\n",
  "import { MarkdownString } from 'vscode';\nexport const text = new MarkdownString('x');\n",
];

describe('text goes out by one module', () => {
  it.each(around)('and not so: %s', (source) => {
    expect(isRefused('client/src/a.ts', source)).toBe(true);
    expect(isRefused('client/src/node/a.ts', source)).toBe(true);
  });

  it('that may', () => {
    expect(isRefused('client/src/show.ts', around[0] ?? '')).toBe(false);
  });

  it('and what shows no text is free', () => {
    expect(isRefused('client/src/a.ts', "import { window } from 'vscode';\nwindow.activeTextEditor?.hide();\n")).toBe(false);
  });
});
