/** Runs the tests once for each mutant in a copy of the checkout, those that come by it, until one fails. */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from './mutants.ts';
import type { Answer, Order } from './runner.ts';

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
  /** The test file and the failure that noticed the mutant; undefined where no test did. */
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

/** The runner's answer; undefined where there was none in time or it ended. */
function ask(runner: ChildProcess, order: Order, milliseconds: number): Promise<Answer | undefined> {
  return new Promise((done) => {
    const finish = (answer: Answer | undefined): void => {
      clearTimeout(timer);
      runner.removeAllListeners('message');
      runner.removeAllListeners('exit');
      done(answer);
    };
    const timer = setTimeout(() => finish(undefined), milliseconds);
    runner.once('message', (answer: Answer) => finish(answer));
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
}

async function measure(runner: ChildProcess, copy: string): Promise<Baseline> {
  const visitsFile = join(copy, 'visits.jsonl');
  const order: Order = { files: [], mutant: -1, mostVisits: 0, visitsFile };
  const answer = await ask(runner, order, 30 * 60_000);
  if (answer === undefined) throw new Error('the tests did not end where nothing was changed');
  if (answer.failure !== undefined) throw new Error(`the tests must pass where nothing was changed. ${answer.failure}`);
  const visits = new Map<number, Map<string, number>>();
  for (const line of readFileSync(visitsFile, 'utf8').trimEnd().split('\n')) {
    const { file, visits: counts }: { file: string; visits: [number, number][] } = JSON.parse(line);
    for (const [mutant, count] of counts) {
      const ofMutant = visits.get(mutant) ?? new Map<string, number>();
      ofMutant.set(file.slice(copy.length + 1), count);
      visits.set(mutant, ofMutant);
    }
  }
  return { times: new Map(answer.files.map(({ file, milliseconds }) => [file, milliseconds])), visits };
}

/** Each mutant with whether a test noticed it, in the same order, one by one. @throws where the tests fail without a mutant. */
export async function* tryMutants({ copy, mutants, say }: Tryout): AsyncGenerator<Tried, void> {
  let runner = await startRunner(copy);
  const endRunner = (): void => end(runner);
  process.on('exit', endRunner);
  try {
    say('Running the tests without a change ...');
    const { times, visits } = await measure(runner, copy);
    for (const [number, mutant] of mutants.entries()) {
      const ofMutant = visits.get(number) ?? new Map<string, number>();
      const room = mutant.file.split('/')[2];
      const isElsewhere = (file: string): number => (file.startsWith(`test/${room}/`) ? 0 : 1);
      const timeOf = (file: string): number => times.get(file) ?? 0;
      const files = [...ofMutant.keys()].toSorted((a, b) => isElsewhere(a) - isElsewhere(b) || timeOf(a) - timeOf(b));
      const mostVisits = 1_000_000 + 50 * Math.max(0, ...ofMutant.values());
      let noticed: string | undefined;
      for (const file of files) {
        const order: Order = { files: [file], mutant: number, mostVisits, visitsFile: '' };
        const answer = await ask(runner, order, 20_000 + 10 * timeOf(file));
        if (answer === undefined) {
          end(runner);
          runner = await startRunner(copy);
        }
        noticed = answer === undefined ? `${file}: does not end` : answer.failure;
        if (noticed !== undefined) break;
      }
      say(
        `${number + 1}/${mutants.length} ${noticed === undefined ? 'SURVIVED' : 'noticed'} ${mutant.file}:${mutant.line} ${mutant.what}`,
      );
    }
  } finally {
    endRunner();
    process.off('exit', endRunner);
  }
}
