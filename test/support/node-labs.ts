/** Labs for the tests of a describe block that run side by side: most of the time each of them waits for packets that do not come. */
import { afterAll, beforeAll } from 'vitest';
import { type NodeLab, startNodeLab } from './node-lab.ts';

/** So many that the waits of one are the work of the others; more would keep a small machine from answering in time. */
const most = 3;

/** Runs a task on a lab that no other task has meanwhile. */
export type WithLab = <T>(task: (lab: NodeLab) => T | Promise<T>) => Promise<T>;

/** Starts the labs before the first test of the describe block that it is called in, and stops them after the last. */
export function labsOfTests(): WithLab {
  const labs: NodeLab[] = [];
  const free: NodeLab[] = [];
  const waiting: ((lab: NodeLab) => void)[] = [];
  beforeAll(async () => {
    for (let at = 0; at < most; at += 1) labs.push(await startNodeLab());
    free.push(...labs);
  }, 120_000);
  afterAll(() => {
    for (const lab of labs) lab.stop();
  });
  return async (task) => {
    const lab = free.shift() ?? (await new Promise<NodeLab>((given) => waiting.push(given)));
    try {
      return await task(lab);
    } finally {
      const next = waiting.shift();
      if (next === undefined) free.push(lab);
      else next(lab);
    }
  };
}
