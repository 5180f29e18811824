import { percentText } from '../../base/percent.ts';
import type { Steps } from '../../base/steps.ts';
import { savedShare } from '../../kube/expected/port-rules.ts';
import { marksOf, newChainMark } from '../../ruleset/chain-marks.ts';
import { isChainShownWhole } from '../../ruleset/completeness.ts';
import { declarationOf } from '../../ruleset/places.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { type Change, replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';
import { tableFacts } from '../support/table-facts.ts';

/**
 * A Service chain that does not give its endpoints equal shares. 1/n, 1/(n-1) ... 1/2 is even; what is not comes from probabilities that an old
 * kube-proxy wrote with five digits (kubernetes/kubernetes#37932), or from a rule that is missing.
 */
export const unequalShares: LintRule = {
  codes: { 'unequal-shares': 'The endpoints of a Service get unequal shares of its connections.' },
  check,
};

const chainsBetweenPauses = 256;
/** With 11 digits equal shares differ by less than a millionth; with five they do so by this from about 300 endpoints on. */
const tolerance = 0.002;

/** Of chains that give equal shares, or none. */
const isEven = newChainMark();

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const table of ruleset.tables) {
    yield;
    if (table.name !== 'nat') continue;
    let seen = 0;
    const marks = marksOf(ruleset, table);
    for (const index of tableFacts(ruleset, table).services) {
      if (((marks[index] as number) & isEven) > 0) continue;
      seen += 1;
      if (seen % chainsBetweenPauses === 0) yield;
      const rules = table.lists.rules.at(index);
      const shares = rules.length < 2 ? undefined : sharesOf(ruleset, table.chains.nameAt(index), rules);
      if (shares === undefined) {
        (marks[index] as number) |= isEven;
        continue;
      }
      const fair = 1 / shares.length;
      const least = Math.min(...shares);
      const most = Math.max(...shares);
      if (most - least <= fair * tolerance) {
        (marks[index] as number) |= isEven;
        continue;
      }
      const chain = table.chains.at(index);
      if (chain === undefined) continue;
      // Another endpoint may be among what is not shown.
      const place = isChainShownWhole(ruleset, chain) ? declarationOf(ruleset, chain) : undefined;
      if (place === undefined) continue;
      const message = `The ${shares.length} endpoints of ${chain.name} get from ${percentText(least)} to ${percentText(most)} of its connections each, where ${percentText(fair)} would be even`;
      report(finding(place, 'unequal-shares', 'warning', message, { table, chain, fixes: () => evenly(input, chain) }));
    }
  }
}

const option = '--probability ';

/** "0.33333333349" at a place of a text. By hand, as a large cluster has 50,000 of them; undefined for another number. */
function fractionAt(text: string, start: number): number | undefined {
  if (!text.startsWith('0.', start)) return text.startsWith('1.0', start) ? 1 : undefined;
  let value = 0;
  let scale = 1;
  for (let at = start + 2; at < start + 16; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
    value = value * 10 + digit;
    scale *= 10;
  }
  return value / scale;
}

/** How a rule of kube-proxy's that has a share begins behind the name of its chain. */
const usual = ` -m statistic --mode random ${option}`;
/** Which shapes of lines begin so, by their numbers, and append: what stands behind the name is the same in all lines of a shape. */
const isUsual: boolean[] = [];

/** What each endpoint gets, in rule order; undefined where the chain is not a plain cascade that ends with an endpoint for all that is left. */
function sharesOf({ lines }: Ruleset, name: string, rules: readonly number[]): readonly number[] | undefined {
  const shares: number[] = [];
  let left = 1;
  let isOver = false;
  const { source } = lines.text;
  const { places, shapes } = lines.columns;
  const behindName = '-A '.length + name.length;
  for (let place = 0; place < rules.length; place += 1) {
    const number = rules[place] ?? 0;
    if (!lines.targetAt(number).startsWith('KUBE-SEP-')) continue;
    const shape = shapes[places[number] ?? -1] ?? 0;
    const start = lines.startAt(number) + behindName;
    let isLast = false;
    let probability: number | undefined = 1;
    if (isUsual[shape] !== true) {
      const { listing, command } = lines.formAt(number) ?? {};
      if (listing !== false || command !== 'append') return undefined;
      if (shape > 0 && source.startsWith(usual, start)) isUsual[shape] = true;
    }
    // Most are written in this way, and stand in one text: to search takes four times as long as to look, and no text of a line is made.
    if (isUsual[shape] === true) {
      if (isOver) return undefined;
      probability = fractionAt(source, start + usual.length);
    } else {
      const text = lines.textAt(number);
      const at = text.indexOf(option, name.length);
      // Affinity sends known clients to their endpoint first.
      if (at < 0 && text.includes('--rcheck')) continue;
      if (isOver) return undefined;
      isLast = at < 0;
      if (!isLast) probability = fractionAt(text, at + option.length);
    }
    if (probability === undefined) return undefined;
    shares.push(left * probability);
    left *= 1 - probability;
    isOver = isLast;
  }
  return isOver && shares.length > 1 ? shares : undefined;
}

/** 1/n, 1/(n-1) ... 1/2, in the words of iptables-save. The endpoints for all that is left stay last. */
function evenly(input: LintInput, chain: Chain): readonly Fix[] {
  const { ruleset } = input;
  if (!isMendable(input, chain.table)) return [];
  const places: Place[] = [];
  for (const number of chain.rules) {
    const text = ruleset.lines.targetAt(number).startsWith('KUBE-SEP-') ? ruleset.lines.textAt(number) : '';
    const at = text.indexOf(option, chain.name.length);
    const start = at + option.length;
    if (at >= 0)
      places.push({ line: number, start, end: start + (/^[\d.]+/.exec(text.slice(start, start + 20))?.[0].length ?? 0) });
  }
  const changes = (): readonly Change[] => places.map((place, index) => replaced(place, savedShare(places.length + 1 - index)));
  return [{ title: 'Give all endpoints equal shares', safety: 'unsafe', changes }];
}
