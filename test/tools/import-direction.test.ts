import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The directions are in .biome.jsonc. Here it is made sure that they hold what they say: each snippet stands alone in a project
// with the same configuration.

const root = resolve(import.meta.dirname, '../..');
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');

const refused = [
  ['server/src/base/a.ts', '../catalog/b.ts'],
  ['server/src/catalog/a.ts', '../syntax/b.ts'],
  ['server/src/catalog/extensions/a.ts', '../../syntax/b.ts'],
  ['server/src/syntax/a.ts', '../ruleset/b.ts'],
  ['server/src/syntax/listing/a.ts', '../../ruleset/b.ts'],
  ['server/src/syntax/a.ts', 'node:fs'],
  ['server/src/syntax/a.ts', 'fs'],
  ['server/src/ruleset/a.ts', '../kube/b.ts'],
  ['server/src/ruleset/a.ts', '../netfilter/b.ts'],
  ['server/src/netfilter/a.ts', '../kube/b.ts'],
  ['server/src/kube/a.ts', '../lint/b.ts'],
  ['server/src/kube/deep/a.ts', '../../features/b.ts'],
  ['server/src/kube/a.ts', '../cluster/live/live.ts'],
  ['server/src/kube/flow/a.ts', '../../cluster/snapshot.ts'],
  ['server/src/features/a.ts', '../cluster/live/live-cluster.ts'],
  ['server/src/netfilter/a.ts', '../node/b.ts'],
  ['server/src/cluster/cluster.ts', '../node/b.ts'],
  ['server/src/node/a.ts', '../kube/b.ts'],
  ['server/src/node/a.ts', '../cluster/cluster.ts'],
  ['server/src/node/readers/a.ts', 'node:fs'],
  ['server/src/lint/a.ts', '../diagnose/b.ts'],
  ['server/src/diagnose/a.ts', '../features/b.ts'],
  ['server/src/diagnose/findings/a.ts', '../../cluster/snapshot.ts'],
  ['server/src/lint/a.ts', '../features/b.ts'],
  ['server/src/lint/rules/a.ts', '../../lsp/server.ts'],
  ['server/src/lint/a.ts', 'vscode-languageserver'],
  ['server/src/features/a.ts', '../lsp/server.ts'],
  ['server/src/features/a.ts', '../cli/main.ts'],
  ['server/src/features/a.ts', 'vscode-languageserver/node'],
  ['server/src/features/a.ts', 'node:path'],
  ['server/src/cluster/cluster.ts', 'node:fs'],
  ['server/src/cluster/live/live.ts', '../../kube/b.ts'],
  ['server/src/lsp/server.ts', 'node:fs'],
  ['server/src/lsp/server.ts', './node/main.ts'],
  ['server/src/lsp/browser/main.ts', 'node:fs'],
  ['server/src/lsp/browser/main.ts', '../node/main.ts'],
  ['client/src/a.ts', '../../server/src/kube/identity/chain-names.ts'],
  ['client/src/a.ts', 'node:fs'],
  ['client/src/node/main.ts', '../../../server/src/kube/identity/chain-names.ts'],
  ['webview/src/a.ts', 'vscode'],
  ['webview/src/a.ts', '../../server/src/kube/identity/chain-names.ts'],
] as const;

const accepted = [
  ['server/src/catalog/a.ts', '../base/b.ts'],
  ['server/src/syntax/a.ts', '../catalog/b.ts'],
  ['server/src/kube/a.ts', '../cluster/objects.ts'],
  ['server/src/features/a.ts', '../kube/b.ts'],
  ['server/src/node/readers/a.ts', '../../cluster/fields.ts'],
  ['server/src/node/a.ts', '../netfilter/b.ts'],
  ['server/src/kube/a.ts', '../node/b.ts'],
  ['server/src/diagnose/a.ts', '../lint/b.ts'],
  ['server/src/lsp/server.ts', '../diagnose/b.ts'],
  ['server/src/cluster/live/live.ts', 'node:fs'],
  ['server/src/cluster/live/api.ts', 'node:https'],
  ['server/src/lsp/server.ts', '../features/b.ts'],
  ['server/src/lsp/node/main.ts', 'node:fs'],
  ['server/src/cli/main.ts', '../features/b.ts'],
  ['server/src/cli/main.ts', '../../../webview/src/export/svg.ts'],
  ['client/src/a.ts', '../../server/src/protocol/requests.ts'],
  ['client/src/node/main.ts', 'node:fs'],
  ['client/src/a.ts', '../../server/src/base/safe-text.ts'],
  ['webview/src/a.ts', '../../server/src/kube/flow/graph.ts'],
  ['webview/src/a.ts', '../../server/src/base/percent.ts'],
] as const;

let project = '';

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'iptables-imports-'));
  execFileSync('git', ['init', '--quiet', project]);
  copyFileSync(join(root, '.biome.jsonc'), join(project, '.biome.jsonc'));
  cpSync(join(root, '.biome'), join(project, '.biome'), { recursive: true });
  writeFileSync(join(project, '.gitignore'), '');
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** The lint rules that a file with this one import breaks. */
function broken(path: string, imported: string): string {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `import { thing } from '${imported}';\n\nthing();\n`);
  const { stdout, status } = spawnSync(process.execPath, [biome, 'lint', '--reporter=json', path], {
    cwd: project,
    encoding: 'utf8',
  });
  rmSync(file);
  const { diagnostics } = JSON.parse(stdout) as { readonly diagnostics: readonly { readonly category: string }[] };
  expect(status).toBe(diagnostics.length > 0 ? 1 : 0);
  return diagnostics.map((diagnostic) => diagnostic.category).join();
}

describe('import directions', () => {
  it.each(refused)('%s must not import %s', (path, imported) => {
    expect(broken(path, imported)).toMatch(/noRestrictedImports|noNodejsModules/);
  });

  it.each(accepted)('%s may import %s', (path, imported) => {
    expect(broken(path, imported)).toBe('');
  });
});
