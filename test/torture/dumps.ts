import { runToEnd } from '../../server/src/base/steps.ts';
import { definition } from '../../server/src/features/definition.ts';
import { flowFor, flowTargetsOf } from '../../server/src/features/flow.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import { canonicalRules } from '../../server/src/ruleset/canonical.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import { mutateText } from '../property/mutate-text.ts';
import { dumpState } from '../support/dump-state.ts';
import { fixtureNames, fixtureText } from '../support/fixtures.ts';
import { type Attack, type Below, pick } from './attack.ts';

const sources = ['sample', 'pasted', 'lab/shop']
  .flatMap(fixtureNames)
  .filter((name) => !/\.(?:json|jsonl|yaml|md)$/.test(name))
  .map((name) => fixtureText(name).split('\n'));

/** Some lines of a recorded dump, from anywhere in it; short, so that many can be tried. */
function excerpt(below: Below): string {
  const lines = pick(below, sources);
  const count = 1 + below(below(8) === 0 ? 60 : 12);
  const from = below(Math.max(1, lines.length - count));
  const text = lines.slice(from, from + count).join('\n');
  return below(2) === 0 ? `*nat\n${text}\nCOMMIT\n` : text;
}

function readIt(text: string): ReturnType<typeof dumpState> {
  const state = dumpState(text);
  const { ruleset } = state;
  runToEnd(lint(state));
  for (const [number, line] of ruleset.lines.entries()) {
    const rule = line.kind === 'rule' ? ruleAt(ruleset, number) : undefined;
    if (rule !== undefined) canonicalRules(rule, line.context);
  }
  return state;
}

/** Damaged dumps, and every question to them. */
export const dumps: Attack = {
  name: 'dumps',
  claim: 'a damaged dump is read and linted without an exception',
  attempt: (below) => {
    readIt(mutateText(excerpt(below), excerpt(below), below).slice(0, 8_000));
  },
};

/** What is asked of a dump that is open. */
export const questions: Attack = {
  name: 'questions',
  claim: 'hover, definition, flow, trace and reach answer for a damaged dump without an exception',
  attempt: (below) => {
    const state = readIt(mutateText(excerpt(below), excerpt(below), below).slice(0, 4_000));
    const position = { line: below(state.ruleset.lines.length + 2), character: below(120) };
    hover(state, position, 0, below(2) === 0);
    definition(state, position);
    const { targets } = runToEnd(flowTargetsOf(state));
    const target = targets.length > 0 ? pick(below, targets).to : '10.96.0.10:53/udp';
    runToEnd(flowFor(state, target));
    runToEnd(reachSteps(state.resolution(), null));
    traceReport(state.ruleset, { from: '10.244.0.9', to: '10.96.0.10:53', ...(below(2) === 0 ? { protocol: 'udp' } : {}) });
  },
};
