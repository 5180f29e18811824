import { describe, expect, it } from 'vitest';
import { hasCutLines, isCutLine, mayBeHalf } from '../../server/src/ruleset/completeness.ts';
import { rulesetOf } from '../support/dumps.ts';

/** How many of these rules of a table filter were cut. */
function countCut(rules: readonly string[]): number {
  const ruleset = rulesetOf(`*filter\n:INPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
  const found = ruleset.lines.slice().filter((_, number) => isCutLine(ruleset, number));
  expect(ruleset.tables.map((table) => hasCutLines(ruleset, table))).toEqual([found.length > 0]);
  expect(ruleset.lines.slice().filter((_, number) => mayBeHalf(ruleset, number))).toHaveLength(found.length);
  return found.length;
}

const times = (count: number, rule: (number: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, at) => rule(at + 1));

/** A rule of 23 characters that lacks its target. */
const broken = (number: number): string => `-A INPUT -s 10.0.0.${number}/32`;
/** One as long that has it. */
const whole = (number: number): string => `-A INPUT -s 1.${number} -j DROP`;

describe('rules that break off at one column were cut', () => {
  it.each<readonly [what: string, rules: readonly string[], cut: number]>([
    ['four of them', times(4, broken), 4],
    ['three may be mistakes', times(3, broken), 0],
    ['with three endings', [...times(3, broken), broken(1)], 4],
    ['two endings may be two mistakes', times(4, (number) => broken((number % 2) + 1)), 0],
    ['whole ones of that length among them, which may go on as well', [...times(4, broken), ...times(4, whole)], 8],
    ['more whole ones than others', [...times(4, broken), ...times(5, whole)], 0],
    ['a longer one shows that none was cut there', [...times(4, broken), '-A INPUT -s 10.0.0.10/32 -j DROP'], 0],
    ['shorter ones were not', [...times(4, broken), '-A INPUT -jDROP'], 4],
  ])('%s', (_, rules, cut) => {
    expect(countCut(rules)).toBe(cut);
  });
});

describe('rules that break off behind one number of words were cut', () => {
  const ofFourWords = ['10.0.0.1', '10.0.0.20', '10.0.0.200', '10.0.10.200'].map((ip) => `-A INPUT -s ${ip}/32`);

  it.each<readonly [what: string, rules: readonly string[], cut: number]>([
    ['four of them', ofFourWords, 4],
    ['blanks are not counted', ofFourWords.map((rule, at) => rule.replace(' -s', ' '.repeat(at + 1).concat('-s'))), 4],
    ['three may be mistakes', ofFourWords.slice(1), 0],
    ['every third rule', [...ofFourWords, ...times(8, () => '-A INPUT -jDROP')], 4],
    ['where fewer lack a target somebody left it out', [...ofFourWords, ...times(9, () => '-A INPUT -jDROP')], 0],
    ['with one of more words', [...ofFourWords, '-A INPUT -i lo -j DROP'], 0],
  ])('%s', (_, rules, cut) => {
    expect(countCut(rules)).toBe(cut);
  });
});

describe('rules that end in half of something were cut', () => {
  /** How many of these rules were cut, below these declarations. */
  const countBelow = (chains: readonly string[], rules: readonly string[]): number => {
    const ruleset = rulesetOf(
      `*filter\n:INPUT ACCEPT [0:0]\n${chains.map((name) => `:${name} - [0:0]\n`).join('')}${rules.join('\n')}\nCOMMIT\n`,
    );
    return ruleset.lines.slice().filter((_, number) => isCutLine(ruleset, number)).length;
  };
  const halves = ['one-', 'six-', 'ten-', 'two-'];
  const jumps = halves.map((name) => `-A INPUT -j ${name}`);

  it('the names of chains that are declared', () => {
    expect(countBelow(['one-web', 'six-web', 'ten-web', 'two-web'], jumps)).toBe(4);
    expect(countBelow(['one-web', 'six-web', 'ten-web', 'two-web', 'zzz', 'aaa'], jumps)).toBe(4);
    // Nothing says that these are beginnings.
    expect(countBelow(['ane-web', 'sex-web', 'tan-web', 'twi-web'], jumps)).toBe(0);
    expect(countBelow([], jumps)).toBe(0);
    // Chains that are declared are whole names.
    expect(countBelow(['one-web', 'six-web', 'ten-web', 'two-web', ...halves], jumps)).toBe(0);
    expect(countBelow(['one-web', 'six-web', 'ten-web', 'two-web', 'two-'], jumps)).toBe(0);
  });

  it.each<readonly [what: string, rule: (number: number) => string, cut: number]>([
    ['quotes', (number) => `-A INPUT -j DROP -m comment --comment "web ${number}`, 4],
    ['options', (number) => `-A INPUT -j DROP --no-such-option${number}`, 4],
    ['nothing', (number) => `-A INPUT -j DROP -m comment --comment "web ${number}"`, 0],
  ])('%s', (_, rule, cut) => {
    expect(countBelow([], times(4, rule))).toBe(cut);
  });

  it('the comments of a listing', () => {
    const cutIn = (row: (number: number) => string): number => {
      const heading = 'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\n';
      const ruleset = rulesetOf(`${heading}${times(4, row).join('\n')}\n`);
      return ruleset.lines.slice().filter((_, number) => isCutLine(ruleset, number)).length;
    };
    const row = 'ACCEPT     all  --  anywhere             anywhere             ';
    expect(cutIn((number) => `${row}/* shop/web ${number}`)).toBe(4);
    expect(cutIn((number) => `${row}/* shop/web ${number} */`)).toBe(0);
    expect(cutIn((number) => `${row}/* one */ /* shop/web ${number}`)).toBe(4);
  });
});
