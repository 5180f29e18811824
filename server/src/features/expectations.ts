/** What must come of packets, for an editor's tests: what a file expects, whether it comes, and a file of what is true now. */
import { withTextOf } from '../base/json-steps.ts';
import { mappedSteps, type Steps } from '../base/steps.ts';
import { type ExpectationResult, judgeSteps } from '../kube/expectation/judge.ts';
import { expectationSteps } from '../kube/expectation/read-expectations.ts';
import { writeExpectations } from '../kube/expectation/write-expectations.ts';
import type { Span } from '../kube/expectation/yaml-tree.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { type TraceStyle, traceText } from '../netfilter/trace-text.ts';
import type {
  ExpectationsResult,
  JudgedExpectation,
  JudgeResult,
  TextRange,
  WriteExpectationsResult,
} from '../protocol/trace.ts';
import type { DumpState } from './support/state.ts';

function rangeOf({ start, end }: Span): TextRange {
  return {
    start: { line: start.line - 1, character: start.column - 1 },
    end: { line: end.line - 1, character: end.column - 1 },
  };
}

/** What a file expects, and what is wrong with it. Never throws. */
export function* expectationsIn(text: string): Steps<ExpectationsResult> {
  const { file, problems } = yield* expectationSteps(text);
  return {
    node: file.node ?? '',
    expectations: yield* mappedSteps(file.expectations, ({ name, span, question }) => ({ name, range: rangeOf(span), question })),
    problems: problems.map(({ message, span }) => ({ message, range: rangeOf(span) })),
  };
}

const asIs = (text: string): string => text;
const plain: TraceStyle = { plain: asIs, heading: asIs, verdict: asIs, note: asIs };

function judged({ status, expectSpan, expected, actual, reasons, trace }: ExpectationResult, at: number): JudgedExpectation {
  const text = trace === null ? '' : traceText(trace, plain);
  return { at, status, range: rangeOf(expectSpan), expected, actual, reasons, trace: text };
}

/** The names of a dump's chains, where a file says which node it is of. */
function resolutionFor(state: DumpState, node: string | null): Resolution {
  const resolution = state.resolution();
  if (node === null) return resolution;
  return resolveChains(state.ruleset, resolution.cluster, { fileName: state.uri, node });
}

/** Judges the expectations of a file by a dump. @param only which of them, 0-based; all where absent */
export function* judgeExpectations(state: DumpState, text: string, only: readonly number[] | undefined): Steps<JudgeResult> {
  const { file, problems } = yield* expectationSteps(text);
  const [first] = problems;
  if (first !== undefined) {
    const { line, column } = first.span.start;
    return { results: [], reason: `Line ${line}, column ${column}: ${first.message}` };
  }
  const resolution = resolutionFor(state, file.node);
  const wanted = only === undefined ? undefined : new Set(only);
  const results: JudgedExpectation[] = [];
  for (const [at, expectation] of file.expectations.entries()) {
    if (wanted?.has(at) === false) continue;
    yield;
    const options = file.local === null ? {} : { local: file.local };
    results.push(judged(yield* judgeSteps(resolution, expectation, options), at));
  }
  return { results, reason: '' };
}

/** A file of what comes of packets to the dump's Services now. */
export function* writtenExpectations(state: DumpState): Steps<WriteExpectationsResult> {
  const written = yield* writeExpectations(state.resolution(), null, {});
  return written.ok ? withTextOf({ reason: '' }, written) : { text: '', reason: written.message };
}
