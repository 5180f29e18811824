/** Of a rule: which packets come to it at all. */
import { percentText } from '../../base/percent.ts';
import { pathsTo, type RulePath } from '../../kube/flow/rule-paths.ts';
import type { Block, Inline, Text } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';
import { chainOfLine } from '../support/symbol-at.ts';

/** A hover has no room for more. */
const mostConditions = 12;
const mostListed = 4;

/** Ways with the same conditions, which begin in several chains. */
interface PathsAlike {
  readonly starts: string[];
  readonly conditions: readonly string[];
  /** null where chance plays no part that is known. */
  readonly share: number | null;
}

function alike(paths: readonly RulePath[]): readonly PathsAlike[] {
  const groups = new Map<string, PathsAlike>();
  for (const { start, steps } of paths) {
    const conditions = steps.flatMap(({ conditions: asked }) => asked);
    const shares = steps.flatMap(({ share }) => (share === null ? [] : [share]));
    const share = shares.length === 0 ? null : shares.reduce((product, each) => product * each, 1);
    const key = JSON.stringify([conditions, share]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { starts: [start], conditions, share });
    else if (!known.starts.includes(start)) known.starts.push(start);
  }
  return [...groups.values()].toSorted((one, other) => one.conditions.length - other.conditions.length);
}

function pathText({ starts, conditions, share }: PathsAlike): Text {
  const amount: readonly Inline[] = share === null ? [] : [{ strong: percentText(share) }, ' of '];
  const places = starts.flatMap((start, at): Inline[] => [at === 0 ? '' : ' or ', { code: start }]);
  if (conditions.length === 0) return [...amount, 'every packet in ', ...places];
  const shown = conditions.slice(0, mostConditions).flatMap((text): Inline[] => [' ', { code: text }]);
  const more = conditions.length > mostConditions ? ` and ${conditions.length - mostConditions} more conditions` : '';
  return [...amount, 'packets in ', ...places, ' with', ...shown, more];
}

/**
 * Which packets come to the rule on a line, by the conditions of the rules that lead there; what rules above it take is not said. Nothing for what is
 * no rule, and for a rule of a built-in chain, to which every packet comes.
 */
export function rulePathBlocks(state: DumpState, line: number): readonly Block[] {
  const chain = chainOfLine(state, line);
  if (chain === undefined || chain.builtin || state.ruleset.lines.at(line)?.kind !== 'rule') return [];
  const { paths, left, unsure } = pathsTo(state.ruleset, chain);
  if (paths.length === 0) {
    const isCertain = unsure.length === 0 && left === 0;
    return isCertain ? [{ kind: 'paragraph', text: 'No packet comes to it: no built-in chain leads here.' }] : [];
  }
  const groups = alike(paths);
  const blocks: Block[] = [
    { kind: 'paragraph', text: 'Comes to it, unless a rule above takes it:' },
    { kind: 'list', items: groups.slice(0, mostListed).map(pathText) },
  ];
  const isAll = left === 0 && groups.length <= mostListed;
  if (!isAll) blocks.push({ kind: 'paragraph', text: 'Other packets come to it in other ways, too.' });
  if (unsure.length > 0) blocks.push({ kind: 'paragraph', text: `More rules than are shown may lead to ${unsure.join(', ')}.` });
  return blocks;
}
