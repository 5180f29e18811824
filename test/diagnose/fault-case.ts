import { expect } from 'vitest';
import { type Changes, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { type Ask, healthy } from './bundle-changes.ts';

/** A fault as it shows in a bundle, made of the recorded healthy one, or what looks like it and is none. */
export interface FaultCase {
  readonly what: string;
  readonly changes: Changes;
  readonly ask: Ask;
  readonly outcome: 'arrives' | 'lost' | 'refused';
  /** The first cause; none where it is absent. */
  readonly code?: string;
}

/** Diagnoses a case, and expects the outcome and the first cause. */
export function checkFault({ changes, ask: [from, to], outcome, code }: FaultCase): void {
  const diagnosis = diagnosed(withChanges(healthy, changes), { from, to });
  expect([diagnosis.outcome, codesOf(diagnosis)[0]]).toEqual([outcome, code]);
  // Look-alikes give nothing at all, with a question and without.
  if (code === undefined) {
    expect(codesOf(diagnosis)).toEqual([]);
    expect(codesOf(diagnosed(withChanges(healthy, changes)))).toEqual([]);
  } else expect(diagnosis.causes[0]?.evidence.length, Object.keys(changes).join()).toBeGreaterThan(0);
}
