import { mentionsOn } from '../ruleset/places.ts';
import { reachOf } from '../ruleset/reachable.ts';
import type { Chain, Ruleset, Table } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import { type Finding, finding, type LintInput, type LintRule } from './finding.ts';

/**
 * Jumps that lead back to where they come from. The kernel refuses them only where a built-in chain leads there, as it follows every way from
 * there on.
 */
export const jumpLoop: LintRule = {
  codes: { 'jump-loop': 'Jumps lead in a circle, and a built-in chain leads into it: the kernel refuses the table.' },
  check,
};

const unseen = 0;
const onWay = 1;
const done = 2;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    for (const { from, to, way } of loopsOf(table)) reportLoop(ruleset, from, to, way, report);
  }
}

interface Loop {
  readonly from: Chain;
  readonly to: Chain;
  /** The chains from `to` to `from`. */
  readonly way: readonly Chain[];
}

const loopsIn = new WeakMap<Table, readonly Loop[]>();

/** The loops of a table, worked out once for it. */
function loopsOf(table: Table): readonly Loop[] {
  let loops = loopsIn.get(table);
  if (loops === undefined) {
    loops = findLoops(table);
    loopsIn.set(table, loops);
  }
  return loops;
}

function findLoops(table: Table): readonly Loop[] {
  const state = new Uint8Array(table.chains.size);
  const loops: Loop[] = [];
  for (const start of table.chains.values()) {
    if (!start.builtin) continue;
    // Two lists for one stack: a table has tens of thousands of chains, and most lead to one other.
    const way: Chain[] = [start];
    const next: number[] = [0];
    state[start.index] = onWay;
    for (let chain = way.at(-1); chain !== undefined; chain = way.at(-1)) {
      const at = next[way.length - 1] ?? 0;
      const target = chain.jumps[at];
      if (target === undefined) {
        state[chain.index] = done;
        way.pop();
        next.pop();
        continue;
      }
      next[way.length - 1] = at + 1;
      if (target.builtin) continue;
      if (state[target.index] === onWay) {
        loops.push({ from: chain, to: target, way: way.slice(way.indexOf(target)) });
      } else if (state[target.index] === unseen) {
        state[target.index] = onWay;
        way.push(target);
        next.push(0);
      }
    }
  }
  return loops;
}

function reportLoop(ruleset: Ruleset, from: Chain, to: Chain, way: readonly Chain[], report: (finding: Finding) => void): void {
  const { table } = from;
  const hooks = reachOf(table).hooksOf(from).join(', ');
  const circle = [...way, to].map(({ name }) => name).join(' -> ');
  for (const line of from.rules) {
    if (ruleset.lines[line]?.target !== to.name) continue;
    const place = mentionsOn(ruleset, line).find(({ kind }) => kind === 'jump' || kind === 'goto');
    if (place === undefined) continue;
    const message = `This jump closes a loop that ${hooks} leads into (${circle}): the kernel refuses the table`;
    report(finding(place, 'jump-loop', 'error', message, { table, chain: from }));
    return;
  }
}
