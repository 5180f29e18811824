/** Before each file of tests: the switches of the mutants that stand in the code, and a count of how often the tests come by. */
import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The number of the mutant that is on; -1 for none. */
    readonly mutant: number;
    /** How often it may be come by: a loop that a mutant made endless ends there. */
    readonly mostVisits: number;
    /** A file for the visits to each mutant, a line of JSON (`Visits`) for each file of tests; empty for none. */
    readonly visitsFile: string;
  }
}

export interface Visits {
  readonly file: string;
  /** Mutants that tests came by, and how often. */
  readonly visits: readonly (readonly [mutant: number, times: number])[];
  /** Mutants that were come by as the code was loaded. */
  readonly atLoad: readonly number[];
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

Object.defineProperty(globalThis, 'mutant$', { configurable: true, value: visitsFile === '' ? isOn : countVisit });

if (visitsFile !== '') {
  let atLoad: readonly number[] = [];
  beforeAll(() => {
    atLoad = [...visits.keys()];
    visits.clear();
  });
  afterAll(() => {
    const counted: Visits = { file: expect.getState().testPath ?? '', visits: [...visits], atLoad };
    appendFileSync(visitsFile, `${JSON.stringify(counted)}\n`);
  });
}
