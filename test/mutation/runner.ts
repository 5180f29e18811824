/**
 * A process that keeps vitest ready and runs files of tests as its parent asks, until one fails. It is a process of its own because a mutant
 * may never end: its parent kills it then.
 */
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createVitest, type TestModule } from 'vitest/node';

/** What the parent asks. */
export interface Order {
  /** Files of tests, below the folder that the process was started in, in the order to run them; none for all. */
  readonly files: readonly string[];
  /** Folders below test/ that need not be run where all are. */
  readonly without: readonly string[];
  readonly mutant: number;
  readonly mostVisits: number;
  readonly visitsFile: string;
}

/** What it is told, a message each. */
export type Answer =
  | { readonly kind: 'file'; readonly file: string; readonly milliseconds: number }
  /** All was run; or why the first test that failed did. */
  | { readonly kind: 'end'; readonly failure: string | undefined };

const root = process.cwd();
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
let failed: TestModule | undefined;

function nameOf(moduleId: string): string {
  return moduleId.slice(root.length + 1);
}

function tell(answer: Answer): void {
  process.send?.(answer);
}

const vitest = await createVitest(
  {
    root,
    config: join(root, 'test/mutation/vitest.config.ts'),
    watch: false,
    update: false,
    reporters: [
      {
        onTestModuleEnd(module) {
          if (module.state() === 'failed') failed ??= module;
          tell({ kind: 'file', file: nameOf(module.moduleId), milliseconds: module.diagnostic().duration });
        },
      },
    ],
  },
  { server: { watch: null } },
  { stdout: nowhere, stderr: nowhere },
);
await vitest.standalone();
const all = await vitest.globTestSpecifications();

function isMessage(error: unknown): error is { readonly message: string } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** The first line of the first error. */
function reasonOf(module: TestModule | undefined, unhandled: readonly unknown[]): string {
  const ofTests = [...(module?.children.allTests() ?? [])].flatMap((test) => test.result().errors ?? []);
  const ofSuites = [...(module?.children.allSuites() ?? [])].flatMap((suite) => suite.errors());
  const [error] = [...ofTests, ...ofSuites, ...(module?.errors() ?? []), ...unhandled];
  const message = isMessage(error) ? error.message : `${error ?? 'failed'}`;
  return `${module === undefined ? 'outside a test' : nameOf(module.moduleId)}: ${message.split('\n')[0]}`;
}

async function carryOut({ files, without, mutant, mostVisits, visitsFile }: Order): Promise<void> {
  vitest.provide('mutant', mutant);
  vitest.provide('mostVisits', mostVisits);
  vitest.provide('visitsFile', visitsFile);
  failed = undefined;
  // What failed before does not count.
  vitest.state.filesMap.clear();
  const isWanted = (name: string): boolean => !without.some((folder) => name.startsWith(`test/${folder}/`));
  const wanted =
    files.length === 0
      ? all.filter(({ moduleId }) => isWanted(nameOf(moduleId)))
      : files.flatMap((file) => all.filter(({ moduleId }) => nameOf(moduleId) === file));
  const { unhandledErrors } = await vitest.runTestSpecifications(wanted);
  const isFailed = failed !== undefined || unhandledErrors.length > 0;
  tell({ kind: 'end', failure: isFailed ? reasonOf(failed, unhandledErrors) : undefined });
}

process.on('message', (order: Order) => {
  carryOut(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
