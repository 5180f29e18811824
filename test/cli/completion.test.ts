import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspect } from '../support/inspect.ts';
import { describeWith } from '../support/requirements.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), inspect(['completion', shell]).stdout);
  for (const name of ['node a.iptables', 'node-b.iptables']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Asks a shell what its completion offers where the cursor stands at the end of a line; one offer a line. */
function offers(shell: string, args: readonly string[], script: string): readonly string[] {
  const { stdout, stderr } = spawnSync(shell, [...args, script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, HOME: folder },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

/** As readline does: words break at blanks and at "=". */
function inBash(line: string): readonly string[] {
  const words = line.split(/(=)| +/).filter((word) => word !== undefined && (word !== '' || line.endsWith(' ')));
  const shown = line.endsWith(' ') ? [...words.filter((word) => word !== ''), ''] : words;
  const list = shown.map((word) => `'${word}'`).join(' ');
  // Without readline there is nobody to tell how offers are to be shown.
  const script = `. ./bash; compopt() { :; }; COMP_WORDS=(${list}); COMP_CWORD=${shown.length - 1}; _iptables_inspect; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return offers('bash', ['--noprofile', '--norc', '-c'], script);
}

const commands = ['check', 'resolve', 'flow', 'trace', 'drift', 'expected', 'diff', 'explain', 'completion'];

describeWith('bash', 'completion in bash', () => {
  it('offers commands, then their options and the values of these', () => {
    expect(inBash('iptables-inspect ')).toEqual(expect.arrayContaining(commands));
    expect(inBash('iptables-inspect ch')).toEqual(['check']);
    expect(inBash('iptables-inspect check --f')).toEqual(['--format', '--fail-on', '--fix']);
    expect(inBash('iptables-inspect check --format ')).toEqual(['text', 'json', 'sarif', 'github']);
    expect(inBash('iptables-inspect check --format=s')).toEqual(['sarif']);
    expect(inBash('iptables-inspect check --format=')).toEqual(['text', 'json', 'sarif', 'github']);
    expect(inBash('iptables-inspect --color never che')).toEqual(['check']);
    expect(inBash('iptables-inspect --color=never che')).toEqual(['check']);
    expect(inBash('iptables-inspect --color ')).toEqual(['auto', 'always', 'never']);
    expect(inBash('iptables-inspect completion ')).toEqual(['bash', 'zsh', 'fish']);
  });

  it('offers codes of findings, and how grave they may be', () => {
    expect(inBash('iptables-inspect explain orph')).toEqual(['orphaned-chain']);
    expect(inBash('iptables-inspect check --severity orph')).toEqual(['orphaned-chain=']);
    expect(inBash('iptables-inspect check --severity orphaned-chain=')).toEqual(['off', 'hint', 'info', 'warning', 'error']);
    expect(inBash('iptables-inspect check --severity orphaned-chain=w')).toEqual(['warning']);
  });

  it('offers files, with blanks in their names', () => {
    expect(inBash('iptables-inspect check nod').toSorted()).toEqual(['node a.iptables', 'node-b.iptables']);
    expect(inBash('iptables-inspect diff node-b.iptables node-').toSorted()).toEqual(['node-b.iptables']);
    expect(inBash('iptables-inspect check --cluster node-')).toEqual(['node-b.iptables']);
  });
});

describeWith('bash', 'completion in bash of names that are anything', () => {
  const names = ['*', '[n]ode-b.iptables', '?ode-b.iptables', '$(touch made)', '`touch made`', 'a\\*', "quo'te", '"x"', ' ends '];

  it('offers each as it is, runs none of them, and takes none for a pattern', () => {
    const own = join(folder, 'odd');
    mkdirSync(own);
    for (const name of names) writeFileSync(join(own, name), '');
    expect(inBash('iptables-inspect check odd/').toSorted()).toEqual(names.map((name) => `odd/${name}`).toSorted());
    expect(readdirSync(folder)).not.toContain('made');
  });
});

describeWith('fish', 'completion in fish', () => {
  const inFish = (line: string): readonly string[] =>
    offers('fish', ['--no-config', '-c'], `source fish; complete -C '${line}'`).map((offer) => offer.split('\t', 1)[0] ?? '');

  it('offers commands, options, values and files', () => {
    expect(inFish('iptables-inspect ')).toEqual(expect.arrayContaining(commands));
    expect(inFish('iptables-inspect check --format ')).toEqual(expect.arrayContaining(['text', 'json', 'sarif', 'github']));
    expect(inFish('iptables-inspect explain orph')).toEqual(['orphaned-chain']);
    expect(inFish('iptables-inspect check --fi')).toEqual(['--fix']);
    expect(inFish('iptables-inspect check node-')).toEqual(['node-b.iptables']);
    expect(inFish('iptables-inspect check --severity orphaned-chain=w')).toEqual(['orphaned-chain=warning']);
  });
});

describeWith('zsh', 'completion in zsh', () => {
  it('is read by compinit without a complaint', () => {
    const script = `fpath=($PWD $fpath); cp zsh _iptables-inspect; autoload -Uz compinit && compinit -u -d dump; print $_comps[iptables-inspect]; autoload -Uz +X _iptables-inspect && print read`;
    expect(offers('zsh', ['-f', '-c'], script)).toEqual(['_iptables-inspect', 'read']);
  });
});

describe('help', () => {
  const help = inspect(['--help']).stdout;
  const names = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}(\w+) \[options\]/gm)].map(([, name = '']) => name);

  it.each(names)('of %s has examples, with options that it has', (name) => {
    const { stdout, status } = inspect([name, '--help']);
    expect(status).toBe(0);
    const examples = stdout.slice(stdout.indexOf('\nExamples:\n')).match(/^ {2}iptables-inspect .*$/gm) ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(example).toContain(` iptables-inspect ${name} `);
      for (const [option] of example.matchAll(/--[\w-]+/g))
        expect(stdout.slice(0, stdout.indexOf('\nExamples:'))).toContain(`  ${option} `);
    }
  });

  it('is at hand for every command', () => {
    expect(names).toEqual(expect.arrayContaining(commands));
  });
});
