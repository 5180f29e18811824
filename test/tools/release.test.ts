import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures.ts';
import { startTestServer } from '../support/language-server.ts';
import { makeRelease, notesOf } from './release.ts';
import { licenseOf, packageName } from './third-party.ts';

const root = resolve(import.meta.dirname, '../..');
const minutes = 60_000;
const sample = fixturePath('sample/worker-1.iptables');

/** Only what a machine with Node.js has on its PATH, and nothing of this checkout. */
const plainPath = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');

interface Bom {
  readonly bomFormat: string;
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}

let folder = '';
let release = '';
let tarball = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-release-'));
  release = join(folder, 'release');
  await makeRelease(release);
  tarball = join(release, readdirSync(release).find((name) => name.endsWith('.tgz')) ?? '');
}, 3 * minutes);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program with a PATH that knows nothing of this checkout, in a folder of its own. */
function run(cwd: string, program: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  mkdirSync(cwd, { recursive: true });
  const env = { PATH: plainPath, HOME: folder, npm_config_cache: join(folder, 'npm-cache'), ...more };
  return spawnSync(program, args, { cwd, env, encoding: 'utf8' });
}

describe('a release', () => {
  it('has checksums that hold, and the notes of its version', () => {
    expect(run(release, 'sha256sum', ['--check', '--strict', 'SHA256SUMS']).status).toBe(0);
    expect(readdirSync(release).toSorted()).toEqual([
      'NOTES.md',
      'SHA256SUMS',
      'sbom.cdx.json',
      expect.stringMatching(/^vscode-iptables-.*\.tgz$/),
      expect.stringMatching(/^vscode-iptables-.*\.vsix$/),
    ]);
  });

  it('is refused for a tag of another version', async () => {
    await expect(makeRelease(join(folder, 'other'), 'v999.0.0')).rejects.toThrow(/^The tag is v999\.0\.0, package\.json says /);
  });

  it.each([
    ['# Changelog\n\n## 1.2.0\n\n- new\n\n## 1.1.0\n\n- old\n', '1.2.0', '- new\n'],
    ['# Changelog\n\n## 1.2.0 (2026-01-01)\n\n- new\n', '1.2.0', '- new\n'],
  ])('takes its notes from %j', (changelog, version, notes) => {
    expect(notesOf(changelog, version)).toBe(notes);
  });

  it.each(['# Changelog\n\n## 1.2.0\n', '# Changelog\n\n## 1.2.0-beta\n\n- new\n'])('has none from %j', (changelog) => {
    expect(() => notesOf(changelog, '1.2.0')).toThrow('no section "## 1.2.0"');
  });

  it('names every package that is in the bundles, with a licence and its text', () => {
    const bom = JSON.parse(readFileSync(join(release, 'sbom.cdx.json'), 'utf8')) as Bom;
    const notices = readFileSync(join(root, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');
    expect(bom.bomFormat).toBe('CycloneDX');
    const names = bom.components.map(packageName);
    expect(names).toEqual(expect.arrayContaining(['chevrotain', 'd3-zoom', '@kubernetes/client-node', 'vscode-languageserver']));
    for (const component of bom.components) {
      expect(notices).toContain(`\n${packageName(component)} ${component.version} (${licenseOf(component)})\n`);
    }
    expect(notices).not.toContain('(unknown)');
  });
});

describe('the npm package, where there is only Node.js', () => {
  it('installs without a network, and its two programs work', { timeout: 2 * minutes }, async () => {
    const prefix = join(folder, 'prefix');
    const installed = run(folder, 'npm', [
      'install',
      '--global',
      `--prefix=${prefix}`,
      '--offline',
      '--no-audit',
      '--no-fund',
      tarball,
    ]);
    expect(installed.stderr).not.toContain('error');
    const checked = run(folder, join(prefix, 'bin/iptables-inspect'), ['check', sample, '--format', 'json']);
    expect(checked.status).toBe(1);
    expect(JSON.parse(checked.stdout)).toMatchObject({ summary: { errors: 1 } });
    expect(run(folder, join(prefix, 'bin/iptables-inspect'), ['explain', 'undeclared-chain']).stdout).toContain('## Mend it');
    expect(run(folder, join(prefix, 'bin/iptables-language-server'), ['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    // Where man looks for the page of a program in bin/.
    expect(readFileSync(join(prefix, 'share/man/man1/iptables-inspect.1'), 'utf8')).toContain('.SH SYNOPSIS');

    const server = await startTestServer({ program: join(prefix, 'bin/iptables-language-server') });
    await server.open('file:///a.iptables', '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n');
    expect(await server.diagnostics('file:///a.iptables', 1)).toHaveLength(1);
    expect(await server.stop()).toBe(0);
  });

  it('runs by npx from the file', { timeout: 2 * minutes }, () => {
    const plain = join(folder, 'plain');
    // The nearest folder above with a package.json is where npx looks for the file: what lies in the machine's temporary folder is none of its business.
    mkdirSync(join(plain, 'node_modules'), { recursive: true });
    cpSync(tarball, join(plain, 'the.tgz'));
    const { stdout, status } = run(plain, 'npx', ['--yes', '--offline', './the.tgz', 'check', sample]);
    expect(stdout).toContain('undeclared-chain');
    expect(status).toBe(1);
  });
});

/** A clone as the service makes it, with the packages of this checkout in place of a download. */
function clone(name: string): string {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  execFileSync('git', ['clone', '--quiet', '--no-hardlinks', root, path], { stdio: 'ignore' });
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  // What is not committed yet is tried, too.
  for (const file of [
    'package.json',
    'esbuild.mjs',
    'action.yml',
    '.github',
    '.pre-commit-hooks.yaml',
    'test/tools',
    'server',
    'webview',
    'client',
  ]) {
    cpSync(join(root, file), join(path, file), { recursive: true });
  }
  return path;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: { readonly steps: readonly { readonly run?: string; readonly env?: Readonly<Record<string, string>> }[] };
}

describe('the GitHub action', () => {
  /** Runs the steps of action.yml as the service does; the packages are installed already. */
  function runAction(
    inputs: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
    prepare: (workspace: string) => void = () => undefined,
  ) {
    const action = load(readFileSync(join(root, 'action.yml'), 'utf8')) as Action;
    const workspace = mkdtempSync(join(folder, 'workspace-'));
    writeFileSync(join(workspace, 'good.v4'), '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
    writeFileSync(join(workspace, 'bad.v4'), '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n');
    for (const [name, text] of Object.entries(more)) writeFileSync(join(workspace, name), text);
    prepare(workspace);
    const filledIn = (text: string): string =>
      text.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, name: string) => inputs[name] ?? action.inputs[name]?.default ?? '');
    const outputs = join(workspace, 'outputs');
    let last = { status: 0 as number | null, stdout: '', stderr: '' };
    for (const { run: script, env = {} } of action.runs.steps) {
      if (script === undefined) continue;
      const given = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filledIn(value)]));
      const service = { GITHUB_ACTION_PATH: clone('action'), GITHUB_OUTPUT: outputs };
      const withoutInstall = script.replace('npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && ', '');
      last = run(workspace, 'bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', withoutInstall], { ...given, ...service });
      if (last.status !== 0) break;
    }
    return { ...last, workspace, outputs: existsSync(outputs) ? readFileSync(outputs, 'utf8') : '' };
  }

  it('checks what a pattern finds, marks the line and writes SARIF', { timeout: 2 * minutes }, () => {
    const { status, stdout, outputs, workspace } = runAction({ files: '*.v4\n' });
    expect(stdout).toMatch(/^::error file=bad\.v4,line=3,/m);
    expect(status).toBe(1);
    expect(outputs).toBe('sarif-file=iptables-inspect.sarif\n');
    const sarif = JSON.parse(readFileSync(join(workspace, 'iptables-inspect.sarif'), 'utf8'));
    expect(sarif.runs[0].results).toHaveLength(1);
  });

  it('passes what is right', { timeout: 2 * minutes }, () => {
    expect(runAction({ files: 'good.v4' })).toMatchObject({ status: 0 });
  });

  it.each(['/dev/full', 'no/such/folder/report.sarif'])(
    'fails where SARIF cannot be written to %s, whatever was found',
    { timeout: 2 * minutes },
    (file) => {
      expect(runAction({ files: 'good.v4', 'sarif-file': file })).toMatchObject({ status: 2, outputs: '' });
    },
  );

  it.skipIf(process.platform === 'win32')(
    'takes names for names: of lines, of words, of commands to a shell and to the service',
    { timeout: 2 * minutes },
    () => {
      const bad = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';
      const names = ['$(touch ran) a.x', 'new\nline.x', '::error::.x', '-x.x'];
      const files = Object.fromEntries([...names.map((name) => [name, bad]), ['##[stop-commands]x.x', '']]);
      const { status, stdout, stderr, workspace } = runAction({ files: '*.x' }, files);
      expect(stdout.match(/^::error file=(?!##).*,title=undeclared-chain::/gm)).toHaveLength(names.length);
      expect(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('::error file='))).toEqual([]);
      expect(stderr).toContain('iptables-inspect: ## [stop-commands]x.x: is empty');
      expect(stderr).not.toContain('##[');
      expect(status).toBe(2);
      expect(existsSync(join(workspace, 'ran'))).toBe(false);
    },
  );

  it.skipIf(process.platform === 'win32')(
    'neither reads nor writes through links of a stranger that lead out of the checkout',
    { timeout: 2 * minutes },
    () => {
      const outside = join(folder, 'outside');
      writeFileSync(outside, 'a-secret-of-the-runner\n');
      const link = (workspace: string): void => {
        symlinkSync(outside, join(workspace, 'link.v4'));
        symlinkSync(outside, join(workspace, 'link.sarif'));
        symlinkSync('bad.v4', join(workspace, 'within.v4'));
        symlinkSync(folder, join(workspace, 'away'));
        mkdirSync(join(workspace, '.git'));
        writeFileSync(join(workspace, '.git/config'), 'a-secret-of-the-runner\n');
        symlinkSync('.git/config', join(workspace, 'git.v4'));
      };
      const refused: readonly Readonly<Record<string, string>>[] = [
        { files: '*.v4' },
        { files: 'good.v4\ngit.v4' },
        { files: 'away/outside' },
        { files: 'good.v4', cluster: 'link.v4' },
        { files: 'good.v4', 'sarif-file': 'link.sarif' },
        { files: 'good.v4', 'sarif-file': 'away/report.sarif' },
      ];
      for (const inputs of refused) {
        const { status, stdout, stderr, outputs } = runAction(inputs, {}, link);
        expect([inputs, status, outputs]).toEqual([inputs, 2, '']);
        expect(stdout).toMatch(/^::error::iptables-inspect: [^\n]+ out of the checkout[^\n]*\n$/);
        expect(stdout + stderr).not.toContain('secret');
      }
      expect(readFileSync(outside, 'utf8')).toBe('a-secret-of-the-runner\n');
      expect(existsSync(join(folder, 'report.sarif'))).toBe(false);
      expect(runAction({ files: 'within.v4' }, {}, link).stdout).toMatch(/^::error file=within\.v4,line=3,/m);
    },
  );

  it('gives the service one output, whatever the SARIF file is called', { timeout: 2 * minutes }, () => {
    expect(runAction({ files: 'good.v4', 'sarif-file': 'a.sarif\nother=1' })).toMatchObject({ status: 2, outputs: '' });
  });

  it.each(['', 'missing.v4', '$(touch ran).v4'])(
    'fails for the files %j, and runs nothing of them',
    { timeout: 2 * minutes },
    (files) => {
      const { status, workspace } = runAction({ files });
      expect(status).toBe(2);
      expect(existsSync(join(workspace, 'ran'))).toBe(false);
    },
  );
});

describe('the pre-commit hook', () => {
  it('runs out of a clone as pre-commit runs it, and checks the files of a commit', { timeout: 3 * minutes }, () => {
    const [hook] = load(readFileSync(join(root, '.pre-commit-hooks.yaml'), 'utf8')) as readonly {
      readonly entry: string;
      readonly args: readonly string[];
      readonly language: string;
      readonly files: string;
    }[];
    // pre-commit, languages/unsupported_script.py: the entry out of its clone, where nothing was installed or built, in the folder of the commit. With a language of
    // node, a recent npm runs no script of the package, and there would be no program.
    expect(hook?.language).toBe('script');
    const checkout = clone('hook');
    const files = ['a.iptables', 'etc/rules.v4', 'README.md', 'iptables-save-node-a.txt'];
    expect(files.filter((file) => new RegExp(hook?.files ?? '').test(file))).toEqual([
      'a.iptables',
      'etc/rules.v4',
      'iptables-save-node-a.txt',
    ]);
    const [program = '', ...words] = hook?.entry.split(' ') ?? [];
    const args = [...words, ...(hook?.args ?? [])];
    const runHook = (...names: readonly string[]) => run(folder, join(checkout, program), [...args, ...names]);
    const bad = join(folder, 'bad.iptables');
    writeFileSync(bad, '*filter\n-A INPUT -j NOWHERE\nCOMMIT\n');
    expect(runHook(bad)).toMatchObject({ status: 1, stderr: '', stdout: expect.stringContaining('NOWHERE') });
    expect(readdirSync(checkout).filter((name) => name.startsWith('.build'))).toEqual([]);
    // No name of a file is an option.
    const named = '--cluster=sound.iptables';
    writeFileSync(join(folder, named), readFileSync(bad));
    writeFileSync(join(folder, 'sound.iptables'), '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
    const { status, stdout } = runHook(named, 'sound.iptables');
    expect([status, stdout.split(':')[0]]).toEqual([1, named]);
  });

  it('says why it cannot be built, and that is no finding', { timeout: minutes }, () => {
    const empty = join(folder, 'empty-clone');
    cpSync(join(root, '.github'), join(empty, '.github'), { recursive: true });
    const { status, stdout, stderr } = run(folder, join(empty, '.github/pre-commit.sh'), ['check', '--', 'sound.iptables']);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^iptables-inspect: cannot be built in .*empty-clone/);
    expect(readdirSync(empty)).toEqual(['.github']);
  });
});

describe('the workflows', () => {
  interface Workflow {
    readonly jobs: Readonly<Record<string, { readonly steps: readonly { readonly run?: string; readonly uses?: string }[] }>>;
  }
  const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: Record<string, string> })
    .scripts;

  it.each(readdirSync(join(root, '.github/workflows')))('%s runs scripts that there are, and pins what it uses', (name) => {
    const workflow = load(readFileSync(join(root, '.github/workflows', name), 'utf8')) as Workflow;
    const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);
    expect(steps.length).toBeGreaterThan(2);
    for (const { run: script = '', uses = 'a@v1' } of steps) {
      for (const [, named = ''] of script.matchAll(/npm run (?:--silent )?([\w-]+)/g))
        expect(Object.keys(scripts)).toContain(named);
      expect(uses).toMatch(/@v\d+$/);
      expect(spawnSync('bash', ['-n', '-c', script]).status).toBe(0);
    }
  });
});
