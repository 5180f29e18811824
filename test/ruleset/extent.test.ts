/** What a text shows of a table where lines were damaged, left out or cut, and what may be said of its chains then. */
import { describe, expect, it } from 'vitest';
import {
  formOf,
  hasEveryChain,
  hasGap,
  isChainShownWhole,
  isLoadedOnTop,
  isNamedInUnreadLine,
  isRuleShownWhole,
  isTableWhole,
  mayBeHalf,
  mayHaveMoreReferences,
  mayMixChains,
  mayMixTables,
} from '../../server/src/ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../server/src/ruleset/ruleset.ts';
import { rulesetOf } from '../support/dumps.ts';

function first(ruleset: Ruleset): Table {
  const [table] = ruleset.tables;
  if (table === undefined) throw new Error('no table');
  return table;
}

function chainsWhere(ruleset: Ruleset, is: (ruleset: Ruleset, chain: Chain) => boolean): string {
  return [...first(ruleset).chains.values()]
    .filter((chain) => is(ruleset, chain))
    .map(({ name }) => name)
    .join(' ');
}

/** A table filter with this line among its rules. */
const withLine = (line: string): string => `*filter
:INPUT ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A INPUT -j A
${line}
-A A -j B
-A B -j ACCEPT
COMMIT
`;

describe('a line that is damaged among the rules of a table', () => {
  it.each<readonly [line: string, gap: boolean, named: string]>([
    // Whose rule it was, and where it led, nobody knows.
    ['x –j ACCEPT', true, ''],
    ['x -s 10.0.0.1 --jump ACCEPT', true, ''],
    ['x -s 10.0.0.1 -g ACCEPT', true, ''],
    ['x ACCEPT tcp -- anywhere anywhere', true, ''],
    ['x ACCEPT tcp -- 10.0.0.1 anywhere', true, ''],
    ['x ACCEPT tcp -- eth0 any 10.0.0.l anywhere', true, ''],
    ['...', true, ''],
    ['# [snip]', true, ''],
    // One that names its chain keeps that one alone from being known.
    ['A A –j ACCEPT', false, 'A'],
    ['A A -s 10.0.0.1 –j B', false, 'A B'],
    // What names no target and no address was no rule.
    ['x -s 10.0.0.1', false, ''],
    ['x A y', false, 'A'],
    ['x (B), "A"; y', false, 'A B'],
    ['# A', false, ''],
    ['# x -j ACCEPT', false, ''],
    ['-A A -s 10.0.0.1/32 -j B', false, ''],
    ['', false, ''],
  ])('%s', (line, gap, named) => {
    const ruleset = rulesetOf(withLine(line));
    expect([hasGap(ruleset, first(ruleset)), chainsWhere(ruleset, isNamedInUnreadLine)]).toEqual([gap, named]);
    expect(isTableWhole(ruleset, first(ruleset))).toBe(!gap);
    const whole = ['INPUT', 'A', 'B'].filter((name) => !gap && !named.split(' ').includes(name));
    expect(chainsWhere(ruleset, isChainShownWhole)).toBe(whole.join(' '));
  });

  it('names a chain however long it is', () => {
    const ruleset = rulesetOf(withLine(`x ${'y'.repeat(120_000)} A`));
    expect(chainsWhere(ruleset, isNamedInUnreadLine)).toBe('A');
    expect(hasGap(ruleset, first(ruleset))).toBe(false);
  });

  it('may have led anywhere where its error stands in front of its target', () => {
    const ruleset = rulesetOf(withLine('-A A --no-such-option x -j'));
    expect(chainsWhere(ruleset, isNamedInUnreadLine)).toBe('A');
    expect(chainsWhere(ruleset, mayHaveMoreReferences)).toBe('INPUT A B');
    const whole = rulesetOf(withLine('-A A -p tcp -j ACCEPT'));
    expect(chainsWhere(whole, mayHaveMoreReferences)).toBe('');
  });
});

const ofForward = (rule: string): string =>
  `*filter\n:INPUT ACCEPT [0:0]\n:KUBE-FORWARD - [0:0]\n-A INPUT -j KUBE-FORWARD\n${rule}\nCOMMIT\n`;

describe('a rule that kube-proxy writes with a mark', () => {
  const comment = '-m comment --comment "kubernetes forwarding rules"';

  it.each([
    [`-A KUBE-FORWARD ${comment} -j ACCEPT`, false],
    [`-A KUBE-FORWARD ${comment} -m mark --mark 0x4000/0x4000 -j ACCEPT`, true],
    [`-A KUBE-FORWARD ${comment} -j DROP`, true],
    [`-A INPUT ${comment} -j ACCEPT`, true],
    [
      '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED -j ACCEPT',
      true,
    ],
    ['-A KUBE-FORWARD -j ACCEPT', true],
  ])('is not shown whole without it: %s', (rule, isWhole) => {
    const ruleset = rulesetOf(ofForward(rule));
    expect(isRuleShownWhole(ruleset, 4)).toBe(isWhole);
    expect(isRuleShownWhole(ruleset, 3)).toBe(true);
    expect(isRuleShownWhole(ruleset, 99)).toBe(false);
  });
});

describe('the end of a text', () => {
  it.each<readonly [text: string, half: boolean]>([
    ['-A INPUT -j web', true],
    ['-A INPUT -j KUBE-SVC-NPX46M4PTMTKRN6Y', false],
    ['-A INPUT -j KUBE-SVC-NPX46M4PTMTKRN6', true],
    ['-A INPUT -j web\n', false],
    ['-A INPUT -j web\nCOMMIT', false],
  ])('may be half of a name: %j', (text, half) => {
    expect(mayBeHalf(rulesetOf(text), 0)).toBe(half);
  });
});

describe('the output of -S', () => {
  const policies = '-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n';
  const prompt = '\nroot@node:~# exit\n';
  const shown = (text: string): object => {
    const ruleset = rulesetOf(text);
    const table = first(ruleset);
    return [hasEveryChain(ruleset, table), isTableWhole(ruleset, table), chainsWhere(ruleset, isChainShownWhole)];
  };

  it.each<readonly [what: string, text: string, every: boolean, whole: boolean, chains: string]>([
    ['without a rule may end anywhere', policies, false, false, ''],
    ['with a prompt below is whole', policies + prompt, true, true, 'INPUT FORWARD OUTPUT'],
    ['may lack rules of the last chains', `${policies}-A INPUT -j ACCEPT\n`, true, false, ''],
    ['has all chains before the last that has rules', `${policies}-A OUTPUT -j ACCEPT\n`, true, true, 'INPUT FORWARD'],
    ['may lack a chain that is declared last', `${policies}-N A\n-A OUTPUT -j A\n`, true, false, 'INPUT FORWARD'],
    ['of which a chain is not declared', `${policies}-A OUTPUT -j A\n`, false, false, 'INPUT FORWARD'],
    [
      'whose last name was cut',
      `${policies}-N A\n-N AB\n-A INPUT -j A\n-A A -j ACCEPT\n-A AB`.concat('C -j A\n'),
      false,
      false,
      'INPUT FORWARD OUTPUT',
    ],
    ['with a gap', `${policies}...\n-A OUTPUT -j ACCEPT\n`, false, false, ''],
    ['without its beginning', policies.slice(16), false, false, ''],
    ['without its beginning and with a prompt', policies.slice(16) + prompt, false, false, 'FORWARD OUTPUT'],
  ])('%s', (_what, text, every, whole, chains) => {
    expect(shown(text)).toEqual([every, whole, chains]);
  });

  it('that was sorted has no order', () => {
    const gapIn = (text: string): boolean => {
      const ruleset = rulesetOf(text);
      return hasGap(ruleset, first(ruleset));
    };
    expect(gapIn('-A INPUT -j A\n-N A\n-P INPUT ACCEPT\n')).toBe(true);
    expect(gapIn('-A INPUT -j A\n-P INPUT ACCEPT\n')).toBe(true);
    expect(gapIn('-A INPUT -j A\n-F A\n')).toBe(false);
    expect(gapIn('-N A\n-A INPUT -j A\n-N B\n')).toBe(false);
  });
});

describe('a table that is sorted by its letters', () => {
  const rules = ['-A INPUT -j A', '-A INPUT -j DROP', '-A A -j ACCEPT'];
  const chains = [':A - [0:0]', ':INPUT ACCEPT [0:0]'];
  const sorted = (...lines: readonly string[]): readonly boolean[] => {
    const ruleset = rulesetOf(['*filter', ...lines, 'COMMIT', ''].join('\n'));
    const table = first(ruleset);
    return [mayMixTables(ruleset, table), hasGap(ruleset, table), isTableWhole(ruleset, table)];
  };

  it('may have rules of others, and is not whole', () => {
    expect(sorted(...rules, ...chains)).toEqual([true, true, false]);
  });

  it('has all of its rules above its chains, and several', () => {
    expect(sorted(...chains, ...rules)).toEqual([false, false, true]);
    expect(sorted(...rules.slice(1), ...chains)).toEqual([false, false, true]);
    expect(sorted(...rules, ...chains, '-A A -j DROP')).toEqual([false, false, true]);
    expect(sorted(...rules)).toEqual([false, false, true]);
  });
});

describe('what a program loads', () => {
  it.each([
    ['*filter\n:A - [0:0]\n-N B\n-A A -j ACCEPT\nCOMMIT\n', true],
    ['*filter\n:A - [0:0]\n-F A\nCOMMIT\n', true],
    ['*filter\n:A - [0:0]\n-X B\nCOMMIT\n', true],
    ['*filter\n-D INPUT -j A\nCOMMIT\n', true],
    ['*filter\n:INPUT ACCEPT [0:0]\n-D INPUT -j A\nCOMMIT\n', false],
    ['*filter\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n', false],
    ['-N A\n-D INPUT -j A\n', false],
  ])('on top of what is there: %j', (text, onTop) => {
    const ruleset = rulesetOf(text);
    expect(isLoadedOnTop(ruleset, first(ruleset))).toBe(onTop);
    if (onTop) expect(isTableWhole(ruleset, first(ruleset))).toBe(false);
  });
});

describe('a dump with a header', () => {
  it('declares every chain: without any its lines were taken out', () => {
    const text = '*filter\n-A INPUT -j ACCEPT\nCOMMIT\n';
    const whole = (dump: string): boolean => isTableWhole(rulesetOf(dump), first(rulesetOf(dump)));
    expect(whole(text)).toBe(true);
    expect(whole(`# Generated by iptables-save v1.8.9 on Mon Nov 23 00:37:11 2026\n${text}`)).toBe(false);
  });
});

describe('a listing of which grep left some headings', () => {
  const chain = (name: string): string =>
    `Chain ${name} (policy ACCEPT)\ntarget     prot opt source               destination\nACCEPT     all  --  anywhere             anywhere\n`;
  const listing = ['INPUT', 'FORWARD', 'OUTPUT'].map(chain).join('\n');
  const mixes = (text: string): boolean => {
    const ruleset = rulesetOf(text);
    expect(formOf(ruleset, first(ruleset))).toBe('listing');
    return mayMixChains(ruleset, first(ruleset));
  };

  it('has rows below chains that are not theirs', () => {
    expect(mixes(listing)).toBe(false);
    expect(mixes(listing.replace(/^target.*\n/m, ''))).toBe(true);
    expect(mixes(listing.replace(/^Chain FORWARD.*\n/m, ''))).toBe(true);
    expect(mixes(listing.replace(/^target/m, '# my rules\ntarget'))).toBe(false);
  });
});
