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

/** The chains on a shortest way from one to another, both included. */
function* pathBetween(from: Chain, to: Chain): Steps<readonly Chain[]> {
  const cameFrom = new Map<Chain, Chain>();
  const waiting: Chain[] = [from];
  for (const [at, chain] of waiting.entries()) {
    if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    if (chain === to) break;
    for (const target of chain.jumps) {
      if (target === from || cameFrom.has(target)) continue;
      cameFrom.set(target, chain);
      waiting.push(target);
    }
  }
  const path: Chain[] = [];
  for (let chain: Chain | undefined = to; chain !== undefined; chain = cameFrom.get(chain)) path.push(chain);
  return path.reverse();
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
