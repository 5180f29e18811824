import { runToEnd } from '../../server/src/base/steps.ts';
import { judgeSteps } from '../../server/src/kube/expectation/judge.ts';
import { readExpectations } from '../../server/src/kube/expectation/read-expectations.ts';
import { parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { clusterOf, rulesetOf } from '../support/dumps.ts';
import { generateCluster, generateDump, type LoadShape } from './generate.ts';
import { median, timed } from './statistics.ts';

/** In milliseconds; all but `first` are of a dump that has been asked before. */
export interface QuestionFigures {
  /** The first question of a dump that was read: what it looks up is kept. */
  readonly first: number;
  readonly trace: number;
  readonly reach: number;
  readonly reachAll: number;
  /** A thousand of them. */
  readonly expectations: number;
}

const asked = 20;
const expectations = 1000;

/** What questions about packets of a generated dump take. */
export function measureQuestions(shape: LoadShape): QuestionFigures {
  const ruleset = rulesetOf(generateDump(shape));
  const resolution = resolveChains(ruleset, clusterOf(JSON.stringify(generateCluster(shape))));
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
    first,
    trace: median(Array.from({ length: asked }, (_, at) => trace(at * 7 + 1))),
    reach: median(Array.from({ length: asked }, (_, at) => reach(service(at * 7 + 2)))),
    expectations: timed(() => {
      for (const expectation of file.expectations) runToEnd(judgeSteps(resolution, expectation, {}));
    }).milliseconds,
    reachAll: timed(() => runToEnd(reachSteps(resolution, null))).milliseconds,
  };
}
