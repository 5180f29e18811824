/**
 * A process that keeps vitest ready and runs files of tests as its parent asks, one after the other until a test fails. It is a process of its
 * own because a mutant may never end: its parent kills it then.
 */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createVitest } from 'vitest/node';

/** What the parent asks: to run files of tests until one has a failure. */
export interface Order {
  /** Files of tests, below the folder that the process was started in; none for all. */
  readonly files: readonly string[];
  readonly mutant: number;
  readonly mostVisits: number;
  readonly visitsFile: string;
}

/** What it is told. */
export interface Answer {
  readonly files: readonly { readonly file: string; readonly passed: boolean; readonly milliseconds: number }[];
  /** Why the first test that failed did. */
  readonly failure: string | undefined;
}

const root = process.cwd();
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const vitest = await createVitest(
  { root, config: join(root, 'test/mutation/vitest.config.ts'), watch: false, reporters: [{}], update: false },
  { server: { watch: null } },
  { stdout: nowhere, stderr: nowhere },
);
await vitest.standalone();
const specifications = await vitest.globTestSpecifications();

function isMessage(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

async function carryOut({ files, mutant, mostVisits, visitsFile }: Order): Promise<Answer> {
  vitest.provide('mutant', mutant);
  vitest.provide('mostVisits', mostVisits);
  vitest.provide('visitsFile', visitsFile);
  const done: { file: string; passed: boolean; milliseconds: number }[] = [];
  const wanted =
    files.length === 0
      ? specifications
      : files.flatMap((file) => specifications.filter(({ moduleId }) => moduleId === join(root, file).replaceAll('\\', '/')));
  for (const specification of wanted) {
    const started = performance.now();
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
    // The state keeps the files that ran before.
    const ran = testModules.find(({ moduleId }) => moduleId === specification.moduleId);
    const passed = ran?.ok() === true && unhandledErrors.length === 0;
    const file = specification.moduleId.slice(root.length + 1);
    done.push({ file, passed, milliseconds: performance.now() - started });
    if (!passed) {
      const ofTests = [...(ran?.children.allTests() ?? [])].flatMap((test) => test.result().errors ?? []);
      const ofSuites = [...(ran?.children.allSuites() ?? [])].flatMap((suite) => suite.errors());
      const [error] = [...ofTests, ...ofSuites, ...(ran?.errors() ?? []), ...unhandledErrors];
      const message = isMessage(error) ? error.message : `${error ?? ran?.state() ?? 'no tests'}`;
      return { files: done, failure: `${file}: ${message.split('\n')[0]}` };
    }
  }
  return { files: done, failure: undefined };
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
