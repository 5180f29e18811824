import type { Steps } from '../../base/steps.ts';
import { mayMixTables } from '../../ruleset/completeness.ts';
import { mentionsOn } from '../../ruleset/places.ts';
import { reachOf } from '../../ruleset/reachable.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';

/**
 * Jumps that lead back to where they come from. The kernel refuses them only where a built-in chain leads there, as it follows every way from
 * there on.
 */
export const jumpLoop: LintRule = {
  codes: { 'jump-loop': 'Jumps lead in a circle, and a built-in chain leads into it: the kernel refuses the table.' },
  check,
};

/** One loop in a table is enough to have it refused; a hostile one has thousands. */
const mostLoops = 20;
/** Names of a loop's chains that are said of each of its ends; a hostile loop has thousands. */
const mostNames = 10;
const chainsBetweenPauses = 2_048;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    if (mayMixTables(ruleset, table)) continue;
    for (const { from, to } of reachOf(table).loops.slice(0, mostLoops)) {
      reportLoop(input, from, to, yield* pathBetween(to, from), report);
      yield;
    }
  }
}

/** The chains on a shortest way from one to another of its table, both included. By their places: on the way are all chains of a large table. */
function* pathBetween(from: Chain, to: Chain): Steps<readonly Chain[]> {
  const { chains, lists } = from.table;
  const { starts, values } = lists.jumps;
  // One more than the place that each was come to from; 0 for none.
  const cameFrom = new Uint32Array(chains.size);
  const waiting = new Uint32Array(chains.size);
  waiting[0] = from.index;
  let length = 1;
  for (let at = 0; at < length && waiting[at] !== to.index; at += 1) {
    if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const chain = waiting[at] as number;
    for (let jump = starts[chain] as number; jump < (starts[chain + 1] as number); jump += 1) {
      const target = values[jump] as number;
      if (target === from.index || cameFrom[target] !== 0) continue;
      cameFrom[target] = chain + 1;
      waiting[length] = target;
      length += 1;
    }
  }
  const path: number[] = [];
  for (let place = to.index; place >= 0; place = (cameFrom[place] as number) - 1) path.push(place);
  return chains.atAll(path.reverse());
}

function reportLoop(input: LintInput, from: Chain, to: Chain, path: readonly Chain[], report: (finding: Finding) => void): void {
  const { document, ruleset } = input;
  const { table } = from;
  const hooks = reachOf(table).hooksOf(from).join(', ');
  const names = [...path, to].map(({ name }) => name);
  const left = names.length - 2 * mostNames;
  // Both ends of a long one: they are what the message is about.
  const shown = left > 1 ? [...names.slice(0, mostNames), `${left} more`, ...names.slice(-mostNames)] : names;
  const circle = shown.join(' -> ');
  for (const line of from.rules) {
    if (ruleset.lines.at(line)?.target !== to.name) continue;
    const place = mentionsOn(ruleset, line).find(({ kind }) => kind === 'jump' || kind === 'goto');
    if (place === undefined) continue;
    const message = `This jump closes a loop that ${hooks} leads into (${circle}): the kernel refuses the table`;
    const fixes: readonly Fix[] = isMendable(input, table)
      ? [{ title: 'Remove this jump', safety: 'unsafe', changes: () => removedLines(document, [line]) }]
      : [];
    report(finding(place, 'jump-loop', 'error', message, { table, chain: from, fixes }));
    return;
  }
}
