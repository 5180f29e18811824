import { runToEnd } from '../../server/src/base/steps.ts';
import { prepareQuestions } from '../../server/src/kube/question/prepare.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import { dumpState } from '../support/dump-state.ts';
import { bundleShapes, readFiles } from './bundle-shapes.ts';
import { clusterShapes, compareWith } from './cluster-shapes.ts';
import { dumpShapes } from './dump-shapes.ts';

export interface Growth {
  readonly shape: string;
  /** Milliseconds for each size, smallest first. */
  readonly times: readonly number[];
  /** How many times longer the largest takes than one sixteenth of it, over the 16 times that it is larger. */
  readonly factor: number;
}

export const sizes = [10_000, 40_000, 160_000] as const;

/** n log n from 10,000 to 160,000 is 1.3 times linear; the rest is for a busy machine and for collecting garbage. */
export const mostGrowth = 3;
/** Milliseconds below which a time says nothing of growth. */
const least = 40;

/** Milliseconds of work of this thread so far: what else the machine does meanwhile is not in it. */
function worked(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

function askAll(text: string): void {
  const state = dumpState(text);
  runToEnd(lint(state));
  runToEnd(prepareQuestions(state.resolution()));
  traceReport(state.ruleset, { from: '192.0.2.1', to: '192.0.2.2:80', hook: 'prerouting' });
}

/** Milliseconds that something takes. */
type Took = () => number;

function tookOf<Input>(ask: (input: Input) => void, input: Input): Took {
  return () => {
    const start = worked();
    ask(input);
    return worked() - start;
  };
}

interface Asked {
  readonly name: string;
  readonly ofSize: (size: number) => Took;
}

const asked: readonly Asked[] = [
  ...dumpShapes.map(({ name, textOf }) => ({ name, ofSize: (size: number) => tookOf(askAll, textOf(size)) })),
  ...clusterShapes.map(({ name, textOf }) => ({
    name: `a snapshot's ${name}`,
    ofSize: (size: number) => tookOf(compareWith, textOf(size)),
  })),
  // A bundle may have 500 MB, and is read far quicker than a dump.
  ...bundleShapes.map(({ name, filesOf }) => ({
    name: `a bundle's ${name}`,
    ofSize: (size: number) => tookOf(readFiles, filesOf(size * 16)),
  })),
];

/** How the work for each hostile shape grows. Each size is measured twice and the shorter time counts, since a machine is busy at times. */
export function* measureGrowth(): Generator<Growth> {
  for (const { name, ofSize } of asked) {
    const times = sizes.map((size) => {
      const took = ofSize(size);
      const first = took();
      return first < least ? first : Math.min(first, took());
    });
    const [smallest = 0, , largest = 0] = times;
    yield { shape: name, times, factor: largest / Math.max(smallest, least / 16) / 16 };
  }
}
