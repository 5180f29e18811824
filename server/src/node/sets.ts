/** The sets that `ipset save` printed, as the model reads them from any text. */
import { runToEnd, type Steps } from '../base/steps.ts';
import { buildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { readDocument } from '../syntax/document.ts';
import type { NodeFacts } from './facts.ts';

const known = new WeakMap<NodeFacts, Ruleset>();

/** The text of the sets, read; undefined where there is none. */
export function* setsSteps(facts: NodeFacts): Steps<Ruleset | undefined> {
  if (facts.sets === null) return undefined;
  let sets = known.get(facts);
  if (sets === undefined) {
    sets = yield* buildRuleset(yield* readDocument(facts.sets.text, facts.sets.file));
    known.set(facts, sets);
  }
  return sets;
}

/** The same without pauses. */
export function setsOfNode(facts: NodeFacts): Ruleset | undefined {
  return runToEnd(setsSteps(facts));
}
