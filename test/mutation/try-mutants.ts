/** Runs the tests once for each mutant in a copy of the checkout, those that come by it, until one fails. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from './mutants.ts';
import type { Answer, Order } from './runner.ts';
import type { Visits } from './setup.ts';

export interface Mutant {
  /** From the root of the project. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line without the blanks around it. */
  readonly text: string;
  /** The change on one line. */
  readonly what: string;
  readonly change: Change;
}

export interface Tried extends Mutant {
  /** The file and the failure of the first test that noticed the mutant; undefined where no test did. */
  readonly noticed: string | undefined;
  /** How many files of tests come by it. */
  readonly files: number;
}

export interface Tryout {
  /** A folder with the project in it, the mutants in its code as switches with their place in the list as number. */
  readonly copy: string;
  readonly mutants: readonly Mutant[];
  /** Is told how far it is. */
  readonly say: (text: string) => void;
}

/** Starts a runner; it says so when it is ready. */
async function startRunner(copy: string): Promise<ChildProcess> {
  // A group of its own: the workers of vitest end with it.
  const runner = fork(join(copy, 'test/mutation/runner.ts'), {
    cwd: copy,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await new Promise<void>((ready, failed) => {
    runner.once('message', () => ready());
    runner.once('exit', (code) => failed(new Error(`the runner of the tests did not start (status ${code}); see above`)));
  });
  runner.removeAllListeners('exit');
  return runner;
}

function end(runner: ChildProcess): void {
  if (runner.pid === undefined || runner.exitCode !== null) return;
  if (process.platform === 'win32') runner.kill('SIGKILL');
  else process.kill(-runner.pid, 'SIGKILL');
}

/** What running files of tests gave. */
interface Run {
  /** Why the first test that failed did; undefined where none did. */
  readonly failure: string | undefined;
  readonly times: ReadonlyMap<string, number>;
}

/** Runs files of tests. Undefined where the runner ended, or was silent for so many milliseconds, more than the longest file takes. */
function run(runner: ChildProcess, order: Order, longestSilence: number): Promise<Run | undefined> {
  return new Promise((done) => {
    const times = new Map<string, number>();
    const finish = (result: Run | undefined): void => {
      clearTimeout(timer);
      runner.removeAllListeners('message');
      runner.removeAllListeners('exit');
      done(result);
    };
    const timer = setTimeout(() => finish(undefined), longestSilence);
    runner.on('message', (answer: Answer) => {
      timer.refresh();
      if (answer.kind === 'file') times.set(answer.file, answer.milliseconds);
      else finish({ failure: answer.failure, times });
    });
    runner.once('exit', () => finish(undefined));
    runner.send(order);
  });
}

/** What the tests do where no mutant is on. */
interface Baseline {
  /** Milliseconds of each file of tests. */
  readonly times: ReadonlyMap<string, number>;
  /** For each mutant, how often each file of tests comes by it. */
  readonly visits: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** Mutants that are come by as the code is loaded: every test may notice them. */
  readonly atLoad: ReadonlySet<number>;
}

/** The lowest rooms, as folders of tests: what they try imports none of the others. */
const lowestRooms = ['base', 'catalog', 'syntax', 'listing', 'ruleset', 'netfilter'];

const roomOf = ({ file }: Pick<Mutant, 'file'>): string => file.split('/')[2] ?? '';

/** Rooms whose tests come by none of the mutants. */
function roomsBelow(mutants: readonly Mutant[]): readonly string[] {
  return mutants.some((mutant) => lowestRooms.includes(roomOf(mutant))) ? [] : lowestRooms;
}

async function measure(runner: ChildProcess, copy: string, mutants: readonly Mutant[]): Promise<Baseline> {
  const visitsFile = join(copy, 'visits.jsonl');
  const order = { files: [], without: roomsBelow(mutants), mutant: -1, mostVisits: 0, visitsFile };
  const done = await run(runner, order, 10 * 60_000);
  if (done === undefined) throw new Error('the tests did not end where nothing was changed');
  if (done.failure !== undefined) throw new Error(`the tests must pass where nothing was changed. ${done.failure}`);
  const visits = new Map<number, Map<string, number>>();
  const atLoad = new Set<number>();
  for (const line of readFileSync(visitsFile, 'utf8').trimEnd().split('\n')) {
    const counted = JSON.parse(line) as Visits;
    for (const mutant of counted.atLoad) atLoad.add(mutant);
    for (const [mutant, count] of counted.visits) {
      const ofMutant = visits.get(mutant) ?? new Map<string, number>();
      ofMutant.set(counted.file.slice(copy.length + 1), count);
      visits.set(mutant, ofMutant);
    }
  }
  return { times: done.times, visits, atLoad };
}

/** Files of tests that come by a mutant: those of its own room first, then the quick ones. */
function filesFor(number: number, mutant: Mutant, { times, visits, atLoad }: Baseline): readonly string[] {
  const room = roomOf(mutant);
  const isElsewhere = (test: string): number => (test.startsWith(`test/${room}/`) ? 0 : 1);
  const timeOf = (test: string): number => times.get(test) ?? 0;
  const files = atLoad.has(number) ? times.keys() : (visits.get(number)?.keys() ?? []);
  // Random edits take long; only what is kept from one version of a text to the next is tried by them.
  const isWorthIt = (test: string): boolean => !test.startsWith('test/property/') || room === 'ruleset' || room === 'syntax';
  return [...files].filter(isWorthIt).toSorted((a, b) => isElsewhere(a) - isElsewhere(b) || timeOf(a) - timeOf(b));
}

/** Each mutant with whether a test noticed it, in the same order, one by one. @throws where the tests fail without a mutant. */
export async function* tryMutants({ copy, mutants, say }: Tryout): AsyncGenerator<Tried, void> {
  let runner = await startRunner(copy);
  const endRunner = (): void => end(runner);
  process.on('exit', endRunner);
  try {
    say('Running the tests without a change ...');
    const baseline = await measure(runner, copy, mutants);
    // A busy machine is slow, but a test that is quiet so long does not end.
    const longestSilence = Math.min(120_000, 60_000 + 5 * Math.max(...baseline.times.values()));
    for (const [number, mutant] of mutants.entries()) {
      const files = filesFor(number, mutant, baseline);
      const mostVisits = 1_000_000 + 50 * Math.max(0, ...(baseline.visits.get(number)?.values() ?? []));
      let noticed: string | undefined;
      if (files.length > 0) {
        const done = await run(runner, { files, without: [], mutant: number, mostVisits, visitsFile: '' }, longestSilence);
        noticed = done === undefined ? 'does not end' : done.failure;
        if (done === undefined) {
          end(runner);
          runner = await startRunner(copy);
        }
      }
      say(
        `${number + 1}/${mutants.length} ${noticed === undefined ? 'SURVIVED' : 'noticed'} ${mutant.file}:${mutant.line} ${mutant.what}`,
      );
      yield { ...mutant, noticed, files: files.length };
    }
  } finally {
    endRunner();
    process.off('exit', endRunner);
  }
}
