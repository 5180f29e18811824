import { runToEnd, type Steps } from '../../server/src/base/steps.ts';
import { judgeSteps } from '../../server/src/kube/expectation/judge.ts';
import { readExpectations } from '../../server/src/kube/expectation/read-expectations.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { prepareQuestions } from '../../server/src/kube/question/prepare.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { generateCluster, generateDump, type LoadShape } from './generate.ts';
import { median, timed } from './statistics.ts';

/** In milliseconds. */
export interface QuestionFigures {
  /** What a server looks up in idle time once a dump is open. */
  readonly prepare: number;
  /** The longest that a hover waits for a part of it. */
  readonly prepareStep: number;
  /** The first question thereafter. */
  readonly first: number;
  readonly trace: number;
  readonly reach: number;
  readonly reachAll: number;
  /** A thousand of them. */
  readonly expectations: number;
}

const asked = 20;
const expectations = 1000;

/** How long each part of some steps takes, in milliseconds. */
function stepTimes(steps: Steps<unknown>): readonly number[] {
  const times: number[] = [];
  for (let isDone = false; !isDone; ) {
    const { milliseconds, value: result } = timed(() => steps.next());
    times.push(milliseconds);
    isDone = result.done === true;
  }
  return times;
}

/** What questions about packets of a generated dump take. */
export function measureQuestions(shape: LoadShape): QuestionFigures {
  const ruleset = rulesetOf(generateDump(shape));
  const resolution = resolveChains(ruleset, clusterOf(JSON.stringify(generateCluster(shape))));
  const prepare = stepTimes(prepareQuestions(resolution));
  const service = (at: number): string => `load/svc-${Math.floor((at * shape.services) / expectations)}`;
  const trace = (at: number): number =>
    timed(() => runToEnd(traceQuestion(resolution, { from: '10.128.3.4', to: `${service(at)}:http` }))).milliseconds;
  const reach = (to: string): number => {
    const parsed = parseFlowTarget(to);
    return timed(() => runToEnd(reachSteps(resolution, parsed.ok ? parsed.target : null))).milliseconds;
  };
  const first = trace(0);
  const text = Array.from(
    { length: expectations },
    (_, at) => `  - {from: 10.128.3.4, to: "${service(at)}:http", expect: accept}\n`,
  );
  const { file } = readExpectations(`packets:\n${text.join('')}`);
  return {
    prepare: prepare.reduce((sum, time) => sum + time, 0),
    prepareStep: Math.max(...prepare),
    first,
    trace: median(Array.from({ length: asked }, (_, at) => trace(at * 7 + 1))),
    reach: median(Array.from({ length: asked }, (_, at) => reach(service(at * 7 + 2)))),
    expectations: timed(() => {
      for (const expectation of file.expectations) runToEnd(judgeSteps(resolution, expectation, {}));
    }).milliseconds,
    reachAll: timed(() => runToEnd(reachSteps(resolution, null))).milliseconds,
  };
}
