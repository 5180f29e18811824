/**
 * `npm run mutation`: changes the code at random places, one at a time, and runs the tests that come by there. What no test notices is listed.
 * `--room NAME` for one room (default: each in turn), `--lines N` how many lines of a room are tried (40), `--seed N` which ones.
 * Ends with 1 where fewer than 85 % were noticed in a room; known survivors with their reasons stand in test/mutation/survivors.json.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { seeded } from '../property/random-edits.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'test/mutation');
const output = join(root, 'test/output/mutation');
const rooms = ['ruleset', 'netfilter', 'syntax', 'lint', 'kube'];
const wanted = 0.85;

const { values } = parseArgs({
  options: { room: { type: 'string' }, lines: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } },
});
if (values.room !== undefined && !rooms.includes(values.room)) {
  console.error(`--room takes one of: ${rooms.join(', ')}`);
  process.exit(2);
}

/** A survivor that is known: the change makes no difference that a test could see, and why. */
interface KnownSurvivor {
  readonly file: string;
  /** The line as it stands in the code, without the blanks around it. */
  readonly line: string;
  readonly reason: string;
}

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

function install(): void {
  if (existsSync(join(folder, 'node_modules/@stryker-mutator/core'))) return;
  console.error('Installing the mutation tester ...');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error('npm ci in test/mutation failed; see above');
}

/** Lines with code in them, as Stryker takes them: "server/src/ruleset/patch.ts:37-37". */
function linesOf(room: string): readonly string[] {
  const base = join(root, 'server/src', room);
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .flatMap((name) =>
      readFileSync(join(base, name), 'utf8')
        .split('\n')
        .flatMap((line, index) => {
          const isCode =
            /[=<>+?&|(!]|\breturn\b|\bcontinue\b/.test(line) &&
            !/^\s*(?:import|export (?:type|interface)|\/?\*|\/\/|readonly )/.test(line);
          return isCode ? [`server/src/${room}/${name}:${index + 1}-${index + 1}`] : [];
        }),
    );
}

function some(list: readonly string[], count: number, below: (bound: number) => number): readonly string[] {
  const left = [...list];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(below(left.length), 1)[0] ?? '');
}

function run(room: string): Report {
  const report = join(output, `${room}.json`);
  const config = {
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    mutate: some(linesOf(room), Number(values.lines), seeded(Number(values.seed))),
    // Names and messages are looked at by tests of their own where they matter.
    mutator: { excludedMutations: ['StringLiteral'] },
    reporters: ['json'],
    jsonReporter: { fileName: report },
    tempDirName: join(output, 'sandbox'),
    ignorePatterns: ['dist', 'test/output', 'test/editor/node_modules', 'test/mutation/node_modules', '.git'],
    // TypeScript's native compiler has no interface for Stryker, which would only rewrite paths in the file.
    tsconfigFile: 'no-tsconfig.json',
    ignoreStatic: true,
    concurrency: 2,
    dryRunTimeoutMinutes: 30,
    timeoutMS: 30_000,
    disableTypeChecks: false,
  };
  mkdirSync(output, { recursive: true });
  const path = join(output, `${room}.config.json`);
  writeFileSync(path, JSON.stringify(config, null, 2));
  const stryker = join(folder, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', path], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`the mutation tester ended with ${status} for ${room}; the tests must pass without mutants`);
  return JSON.parse(readFileSync(report, 'utf8')) as Report;
}

const known = JSON.parse(readFileSync(join(folder, 'survivors.json'), 'utf8')) as readonly KnownSurvivor[];

/** Prints what survived in a room; whether enough was noticed. */
function judge(room: string, report: Report): boolean {
  let noticed = 0;
  let explained = 0;
  const survivors: string[] = [];
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const lines = source.split('\n');
    for (const { status, mutatorName, replacement = '', location } of mutants) {
      if (status === 'Killed' || status === 'Timeout') noticed += 1;
      if (status !== 'Survived' && status !== 'NoCoverage') continue;
      const line = (lines[location.start.line - 1] ?? '').trim();
      if (known.some((survivor) => survivor.file === file && survivor.line === line)) explained += 1;
      else
        survivors.push(
          `  ${file}:${location.start.line}:${location.start.column} ${mutatorName} => ${replacement.split('\n')[0]}   ${line}`,
        );
    }
  }
  const all = noticed + survivors.length;
  const share = all === 0 ? 1 : noticed / all;
  console.log(`${room}: ${noticed} of ${all} noticed (${Math.round(share * 100)} %), ${explained} known to make no difference`);
  for (const survivor of survivors) console.log(survivor);
  return share >= wanted;
}

try {
  install();
  const judged = (values.room === undefined ? rooms : [values.room]).map((room) => judge(room, run(room)));
  console.log(`seed ${values.seed}`);
  if (judged.includes(false)) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
