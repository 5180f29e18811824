/** Before each file of tests: the switches of the mutants that stand in the code, and a count of how often the tests come by. */
import { appendFileSync } from 'node:fs';
import { afterAll, expect, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The number of the mutant that is on; -1 for none. */
    readonly mutant: number;
    /** How often it may be come by: a loop that a mutant made endless ends there. */
    readonly mostVisits: number;
    /** A file for the visits to each mutant, a line of JSON for each file of tests; empty for none. */
    readonly visitsFile: string;
  }
}

const mutant = inject('mutant');
const mostVisits = inject('mostVisits');
const visitsFile = inject('visitsFile');

let visitsToMutant = 0;
const visits = new Map<number, number>();

function isOn(number: number): boolean {
  if (number !== mutant) return false;
  visitsToMutant += 1;
  if (visitsToMutant > mostVisits) throw new Error(`mutant ${number} does not end`);
  return true;
}

function countVisit(number: number): boolean {
  visits.set(number, (visits.get(number) ?? 0) + 1);
  return false;
}

Object.defineProperty(globalThis, 'mutant$', { value: visitsFile === '' ? isOn : countVisit });

if (visitsFile !== '') {
  afterAll(() => {
    appendFileSync(visitsFile, `${JSON.stringify({ file: expect.getState().testPath, visits: [...visits] })}\n`);
  });
}
