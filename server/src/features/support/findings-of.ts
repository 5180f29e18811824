import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import { judged } from '../../lint/all-findings.ts';
import { lint } from '../../lint/registry.ts';
import type { Finding } from '../../lint/support/finding.ts';
import type { Severities } from '../../lint/support/judge.ts';
import type { DumpState } from './state.ts';

const known = createMemory<DumpState, readonly Finding[]>();

/** Keeps what is shown of a state, so that what can be done about it need not be found again. */
export function keepFindings(state: DumpState, findings: readonly Finding[]): void {
  known.set(state, findings);
}

/** What is shown of a state; before anything is, what lint finds in it. */
export function* findingsOf(state: DumpState, severities: Severities): Steps<readonly Finding[]> {
  const shown = known.get(state);
  if (shown !== undefined) return shown;
  const { findings } = yield* judged(state, yield* lint(state), undefined, severities);
  known.set(state, findings);
  return findings;
}
