/**
 * `npm run mutation`: changes the code at random places, one at a time, and runs the tests that come by there. What no test notices is listed; `--help` has its
 * options. Changes that make no difference stand in test/mutation/survivors.json with the reason. Works in a copy of the checkout, at the lowest priority; all figures and who noticed
 * what are in test/output/mutation/ROOM.json.
 */
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
import { setPriority, tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { changesOf, withSwitches } from '../mutation/mutants.ts';
import { type Mutant, type Tried, type Tryout, tryMutants } from '../mutation/try-mutants.ts';
import { seeded } from '../property/random-edits.ts';
import { readOptions, refuse, wholeNumber } from './read-options.ts';

const root = resolve(import.meta.dirname, '../..');
const output = join(root, 'test/output/mutation');
const rooms = ['ruleset', 'netfilter', 'syntax', 'lint', 'kube', 'node', 'diagnose'];
const wanted = 0.85;

/** A survivor that is known: the change makes no difference that a test could see, and why. */
interface KnownSurvivor {
  readonly file: string;
  /** The line as it stands in the code, without the blanks around it. */
  readonly line: string;
  /** The change, as it is printed: `operator: a < b => (a) <= (b)`. */
  readonly change: string;
  readonly reason: string;
}

interface Report {
  readonly seed: number;
  readonly mutants: readonly Tried[];
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** All mutants of a room, file by file. */
function mutantsOf(room: string): readonly Mutant[] {
  const base = join(root, 'server/src', room);
  return readdirSync(base, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .toSorted()
    .flatMap((name) => {
      const file = relative(root, join(base, name)).replaceAll('\\', '/');
      const source = read(join(root, file));
      const lines = source.split('\n');
      return changesOf(source).map((change): Mutant => {
        const line = source.slice(0, change.start).split('\n').length;
        const was = source.slice(change.start, change.end);
        const becomes = change.isStatement ? '(nothing)' : change.replacement;
        const oneLine = `${change.kind}: ${was} => ${becomes}`.replace(/\s+/g, ' ');
        return { file, line, text: (lines[line - 1] ?? '').trim(), what: oneLine, change };
      });
    });
}

function some<T>(list: readonly T[], wantedCount: number, below: (bound: number) => number): readonly T[] {
  const left = [...list];
  return Array.from({ length: Math.min(wantedCount, left.length) }, () => left.splice(below(left.length), 1)).flat();
}

/** Those of a room's mutants that the last run named as not noticed. */
function lastSurvivors(room: string, all: readonly Mutant[]): readonly Mutant[] {
  const path = join(output, `${room}.json`);
  if (!existsSync(path)) refuse(`There is no run of ${room} yet: run without --survivors first.`, usage);
  const { mutants } = JSON.parse(read(path)) as Report;
  return all.filter((mutant) =>
    mutants.some(
      ({ file, what, text, noticed }) =>
        noticed === undefined && file === mutant.file && what === mutant.what && text === mutant.text,
    ),
  );
}

/** A copy of the checkout with the mutants of all rooms in its code, each behind a switch. */
function copyWith(mutants: readonly Mutant[]): string {
  const copy = mkdtempSync(join(tmpdir(), 'iptables-mutation-'));
  const left = new Set(['node_modules', 'dist', '.git', 'output']);
  cpSync(root, copy, { recursive: true, filter: (path) => path === root || !left.has(basename(path)) });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const numbered = mutants.map(({ file, change }, number) => ({ file, change, number }));
  for (const file of new Set(mutants.map((mutant) => mutant.file))) {
    const changes = numbered.filter((mutant) => mutant.file === file);
    writeFileSync(join(copy, file), withSwitches(read(join(root, file)), changes));
  }
  return copy;
}

const known = JSON.parse(read(join(root, 'test/mutation/survivors.json'))) as readonly KnownSurvivor[];

/** Prints what survived in a room; whether enough was noticed. */
function judge(room: string, tried: readonly Tried[]): boolean {
  const survivors = tried.filter(({ noticed }) => noticed === undefined);
  const isKnown = ({ file, text, what }: Tried): boolean =>
    known.some((survivor) => survivor.file === file && survivor.line === text && survivor.change === what);
  const unexplained = survivors.filter((survivor) => !isKnown(survivor));
  const all = tried.length - survivors.length + unexplained.length;
  const noticed = all - unexplained.length;
  const share = all === 0 ? 1 : noticed / all;
  const explained = survivors.length - unexplained.length;
  const still = explained === 0 ? '' : `, and ${explained} that ${explained === 1 ? 'is' : 'are'} known to make no difference`;
  console.log(`${room}: ${noticed} of ${all} noticed (${Math.floor(share * 100)} %)${still}`);
  for (const { file, line, what } of unexplained) console.log(`  ${file}:${line} ${what}`);
  return share >= wanted;
}

const usage = `Usage: npm run mutation -- [OPTIONS]

Changes the code at random places, one at a time, and lists the changes that no test noticed.

  --room NAME   one room, or several times for some (default: all): ${rooms.join(', ')}
  --mutants N   how many changes in a room (default 60)
  --seed N      which ones (default 1)
  --survivors   only those that were not noticed the last time

Ends with 0 where 85 % were noticed in each room, 1 where fewer were in one, 2 where it could not be tried.
`;
const values = readOptions(usage, {
  room: { type: 'string', multiple: true, default: rooms },
  mutants: { type: 'string', default: '60' },
  seed: { type: 'string', default: '1' },
  survivors: { type: 'boolean', default: false },
});
if (!values.room.every((room) => rooms.includes(room))) refuse(`--room takes one of: ${rooms.join(', ')}.`, usage);
const seed = wholeNumber('seed', values.seed, usage);
const most = wholeNumber('mutants', values.mutants, usage);

setPriority(19);
const chosen = values.room.flatMap((room) => {
  const all = mutantsOf(room);
  return values.survivors ? lastSurvivors(room, all) : some(all, most, seeded(seed));
});
const roomOf = ({ file }: Mutant): string => file.split('/')[2] ?? '';
const copy = copyWith(chosen);
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));
const tryout: Tryout = { copy, mutants: chosen, say: (text) => process.stderr.write(`${text}\n`) };
const tried = new Map<string, Tried[]>();
try {
  mkdirSync(output, { recursive: true });
  for await (const mutant of tryMutants(tryout)) {
    const room = roomOf(mutant);
    const ofRoom = tried.get(room) ?? [];
    ofRoom.push(mutant);
    tried.set(room, ofRoom);
    writeFileSync(join(output, `${room}.json`), `${JSON.stringify({ seed, mutants: ofRoom } satisfies Report, null, 1)}\n`);
  }
  const judged = [...tried].map(([room, mutants]) => judge(room, mutants));
  console.log(`seed ${seed}`);
  process.exitCode = judged.includes(false) ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
