import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  formOf,
  hasEveryChain,
  hasGap,
  isChainShownWhole,
  isNamedInUnreadLine,
  isRuleShownWhole,
  isShownFrom,
  isTableWhole,
  mayBeReached,
  mayHaveMoreReferences,
  mayHaveMoreTables,
  mayMixTables,
  showsInterfaces,
  unshownChains,
} from '../../server/src/ruleset/completeness.ts';
import type { Chain, Ruleset, Table } from '../../server/src/ruleset/ruleset.ts';
import { rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';

const save = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A INPUT -j A
-A A -s 10.0.0.1/32 -j B
-A B -j ACCEPT
COMMIT
`;
const output = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N A
-N B
-A INPUT -j A
-A A -s 10.0.0.1/32 -j B
-A B -j ACCEPT
`;
const listing = `Chain INPUT (policy ACCEPT)
target     prot opt source               destination
A          all  --  anywhere             anywhere

Chain FORWARD (policy DROP)
target     prot opt source               destination

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination

Chain A (1 references)
target     prot opt source               destination
B          all  --  10.0.0.1             anywhere

Chain B (1 references)
target     prot opt source               destination
ACCEPT     all  --  anywhere             anywhere
`;

interface Asked {
  readonly ruleset: Ruleset;
  readonly table: Table;
  readonly chain: (name: string) => Chain;
}

function ask(text: string): Asked {
  const ruleset = rulesetOf(text);
  const [table] = ruleset.tables;
  if (table === undefined) throw new Error('no table');
  return {
    ruleset,
    table,
    chain: (name) => {
      const chain = table.chains.get(name);
      if (chain === undefined) throw new Error(`no chain ${name}`);
      return chain;
    },
  };
}

/** The chains that are shown whole, in the order of the text. */
function wholeChains(text: string): readonly string[] {
  const { ruleset, table } = ask(text);
  return [...table.chains.values()]
    .filter((chain) => isChainShownWhole(ruleset, chain))
    .map(({ name }) => name)
    .toSorted();
}

function isWhole(text: string): boolean {
  const { ruleset, table } = ask(text);
  return isTableWhole(ruleset, table);
}

describe('what printed a table', () => {
  it.each([
    ['iptables-save', save, 'save'],
    ['iptables -S', output, 'commands'],
    ['iptables -S of one chain', '-N A\n-A A -j ACCEPT\n', 'commands'],
    ['iptables -L', listing, 'listing'],
    ['grep', '-A INPUT -j A\n-A A -j B\n', 'rules'],
    ['a save whose beginning was cut off', save.slice(save.indexOf(':A')), 'rules'],
  ])('%s', (_what, text, form) => {
    const { ruleset, table } = ask(text);
    expect(formOf(ruleset, table)).toBe(form);
  });
});

describe('a table is whole', () => {
  it('from *table to COMMIT, with a built-in chain', () => {
    expect(isWhole(save)).toBe(true);
    expect(isWhole(save.replace('COMMIT\n', ''))).toBe(false);
    expect(isWhole(save.replace('*filter\n', ''))).toBe(false);
    expect(isWhole('*filter\n-A INPUT -j ACCEPT\nCOMMIT\n')).toBe(true);
    expect(isWhole('*filter\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n')).toBe(false);
  });

  it('as -S prints it, with every built-in chain, and rules up to the last one', () => {
    expect(isWhole(output)).toBe(true);
    expect(isWhole(output.replace('-P OUTPUT ACCEPT\n', ''))).toBe(false);
    expect(isWhole(output.replace('-A B -j ACCEPT\n', ''))).toBe(false);
    expect(isWhole(output.replace('-N B\n', ''))).toBe(false);
    // A prompt below shows that nothing was cut there.
    expect(isWhole(`${output.replace('-A B -j ACCEPT\n', '')}\nroot@node:~# exit\n`)).toBe(true);
  });

  it('as -L prints it, with every jump that it says there is', () => {
    expect(isWhole(listing)).toBe(true);
    expect(isWhole(listing.replace('B (1 references)', 'B (2 references)'))).toBe(false);
    expect(isWhole(listing.slice(0, listing.indexOf('Chain B')))).toBe(false);
    expect(isWhole(listing.slice(listing.indexOf('Chain FORWARD')))).toBe(false);
  });

  it('without a line that says that something was left out', () => {
    for (const text of [save, output, listing]) {
      const lines = text.split('\n');
      const cut = [...lines.slice(0, 3), '...', ...lines.slice(3)].join('\n');
      const { ruleset, table } = ask(cut);
      expect([isWhole(cut), hasGap(ruleset, table)]).toEqual([false, true]);
    }
    const { ruleset, table } = ask(save);
    expect(hasGap(ruleset, table)).toBe(false);
  });

  it.each(['nat.L', 'nat.L-n', 'nat.L-n-v', 'nat.S', 'filter.L', 'filter.L-n', 'filter.L-n-v'])(
    'in what real iptables printed: %s',
    (name) => {
      expect(isWhole(readFileSync(labPath(`shop-listings/${name}.txt`), 'utf8'))).toBe(true);
    },
  );

  it('in a real dump, in both of its families', () => {
    for (const name of ['shop/node-a.iptables', 'shop/node-a.ip6tables']) {
      const ruleset = rulesetOf(readFileSync(labPath(name), 'utf8'));
      expect(ruleset.tables.map((table) => isTableWhole(ruleset, table))).toEqual([true, true, true]);
      expect(ruleset.dumps.map((dump) => mayHaveMoreTables(ruleset, dump))).toEqual([false]);
    }
  });
});

describe('a chain is shown whole', () => {
  it('in a save that ends', () => {
    expect(wholeChains(save)).toEqual(['A', 'B', 'FORWARD', 'INPUT', 'OUTPUT']);
    expect(wholeChains(save.replace('COMMIT\n', ''))).toEqual([]);
    // Input of a program that knows the built-in chains to be there says all of the chains that it declares.
    expect(wholeChains('*filter\n:A - [0:0]\n-A A -j ACCEPT\n-A B -j ACCEPT\nCOMMIT\n')).toEqual(['A']);
  });

  it('in the output of -S up to the last one that has rules', () => {
    expect(wholeChains(output)).toEqual(['A', 'FORWARD', 'INPUT', 'OUTPUT']);
    expect(wholeChains(output.replace('-A B -j ACCEPT\n', ''))).toEqual(['FORWARD', 'INPUT', 'OUTPUT']);
    expect(wholeChains(`${output}\nroot@node:~# exit\n`)).toEqual(['A', 'B', 'FORWARD', 'INPUT', 'OUTPUT']);
  });

  it('in a listing where another one follows', () => {
    expect(wholeChains(listing)).toEqual(['A', 'FORWARD', 'INPUT', 'OUTPUT']);
    expect(wholeChains(`${listing}\n# iptables -t nat -L\nChain PREROUTING (policy ACCEPT)\n`)).toEqual([
      'A',
      'B',
      'FORWARD',
      'INPUT',
      'OUTPUT',
    ]);
    const lines = listing.split('\n');
    expect(wholeChains([...lines.slice(0, 6), '...', ...lines.slice(6)].join('\n'))).toEqual(['A', 'INPUT', 'OUTPUT']);
  });

  it('but not where grep took the names of its columns away, and rules as well', () => {
    const grep = listing.replace(/^(?:target.*)?\n/gm, '');
    expect(wholeChains(grep)).toEqual([]);
  });

  it('but not where a line that could not be read names it', () => {
    const { ruleset, chain } = ask(save.replace('-A B -j ACCEPT', ' A B -j ACCEPT'));
    expect(isChainShownWhole(ruleset, chain('B'))).toBe(false);
    expect(isNamedInUnreadLine(ruleset, chain('B'))).toBe(true);
    expect(isNamedInUnreadLine(ruleset, chain('FORWARD'))).toBe(false);
    expect(isChainShownWhole(ruleset, chain('FORWARD'))).toBe(true);
  });

  it('never in what grep found', () => {
    expect(wholeChains('-A INPUT -j A\n-A A -j ACCEPT\n')).toEqual([]);
  });
});

describe('what a built-in chain leads to is shown', () => {
  it('where each chain on the way is', () => {
    const from = (text: string, name: string): boolean => {
      const { ruleset, chain } = ask(text);
      return isShownFrom(ruleset, chain(name));
    };
    expect([from(save, 'INPUT'), from(output, 'INPUT'), from(listing, 'INPUT')]).toEqual([true, false, false]);
    expect([from(save, 'FORWARD'), from(output, 'FORWARD'), from(listing, 'FORWARD')]).toEqual([true, true, true]);
    expect(from(listing.replace('Chain B (1 references)', 'Chain C (0 references)'), 'INPUT')).toBe(false);
  });
});

describe('rules that are not shown may jump to a chain', () => {
  const may = (text: string, name: string): readonly boolean[] => {
    const { ruleset, chain } = ask(text);
    return [mayHaveMoreReferences(ruleset, chain(name)), mayBeReached(ruleset, chain(name))];
  };

  it('not in a whole save', () => {
    expect(may(save, 'B')).toEqual([false, false]);
    expect(may(save.replace('COMMIT\n', ''), 'B')).toEqual([true, true]);
    expect(may(save, 'INPUT')).toEqual([false, true]);
  });

  it('not in a listing that says how many there are', () => {
    expect(may(listing, 'B')).toEqual([false, true]);
    const orphan = listing
      .replace('A          all', 'C          all')
      .replace('Chain A (1 references)', 'Chain A (0 references)');
    expect(may(orphan, 'A')).toEqual([false, false]);
    expect(may(orphan, 'B')).toEqual([false, false]);
    expect(may(orphan.replace('Chain A (0 ', 'Chain A (1 '), 'B')).toEqual([false, true]);
  });

  it('in the output of -S, which may go on', () => {
    expect(may(output, 'B')).toEqual([true, true]);
    expect(may(`${output}\nroot@node:~# exit\n`, 'B')).toEqual([false, false]);
  });

  it('where a line that could not be read names it', () => {
    expect(may(save.replace('-A A -s 10.0.0.1/32 -j B', ' A A -s 10.0.0.1/32 -j B'), 'B')).toEqual([true, true]);
  });

  it('below a heading that is missing', () => {
    const headless = listing
      .slice(listing.indexOf('target'))
      .replace('Chain B (1 ', 'Chain B (0 ')
      .replace('B          all', 'C          all');
    expect(may(headless, 'A')).toEqual([false, true]);
    expect(may(headless, 'B')).toEqual([false, false]);
  });

  it('in what grep found', () => {
    expect(may('-A INPUT -j A\n-A A -j ACCEPT\n', 'A')).toEqual([true, true]);
  });
});

describe('the chains that rules name and the text does not show', () => {
  it('are those without a declaration', () => {
    const { ruleset, table } = ask(listing.slice(0, listing.indexOf('Chain A')));
    expect(unshownChains(ruleset, table).map(({ name }) => name)).toEqual(['A']);
    expect(hasEveryChain(ruleset, table)).toBe(false);
    const whole = ask(save);
    expect(unshownChains(whole.ruleset, whole.table)).toEqual([]);
  });

  it('are none in the output of -S, which names all chains first, even where its rules are cut', () => {
    const { ruleset, table } = ask(output.slice(0, output.indexOf('-A A')));
    expect([hasEveryChain(ruleset, table), isTableWhole(ruleset, table)]).toEqual([true, false]);
  });
});

describe('a node may have other tables', () => {
  it('than the one that `iptables-save -t`, -S or -L shows', () => {
    const more = (text: string): readonly boolean[] => {
      const ruleset = rulesetOf(text);
      return ruleset.dumps.map((dump) => mayHaveMoreTables(ruleset, dump));
    };
    expect(more(save)).toEqual([true]);
    expect(more(listing)).toEqual([true]);
    const nat = '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';
    expect(more(save + nat)).toEqual([false]);
    expect(more(save + nat.replace('COMMIT\n', ''))).toEqual([true]);
  });

  it('where kube-proxy or kubelet, which write to nat and filter, left a chain in one and the other is not shown', () => {
    const more = (text: string): readonly boolean[] => {
      const ruleset = rulesetOf(text);
      return ruleset.dumps.map((dump) => mayHaveMoreTables(ruleset, dump));
    };
    const mangle = '*mangle\n:PREROUTING ACCEPT [0:0]\n:KUBE-KUBELET-CANARY - [0:0]\nCOMMIT\n';
    const filter = '*filter\n:INPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\nCOMMIT\n';
    const nat = '*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n';
    expect([mangle + filter, mangle + nat, mangle + filter + nat].flatMap(more)).toEqual([true, true, false]);
  });
});

describe('rules that stand together may be of several tables', () => {
  it('where grep left them', () => {
    const mix = (text: string): boolean => {
      const { ruleset, table } = ask(text);
      return mayMixTables(ruleset, table);
    };
    expect(mix('-A INPUT -j ACCEPT\n-A OUTPUT -j ACCEPT\n')).toBe(true);
    expect(mix('-A INPUT -j ACCEPT\nCOMMIT\n')).toBe(false);
    expect(mix('# iptables -t nat -S KUBE-SERVICES\n-A KUBE-SERVICES -j ACCEPT\n')).toBe(false);
    expect(mix(save)).toBe(false);
    expect(mix(output)).toBe(false);
  });
});

describe('the interfaces of a rule are shown', () => {
  const shows = (text: string): readonly boolean[] =>
    rulesetOf(text)
      .lines.slice()
      .filter(({ kind }) => kind === 'rule')
      .map((line) => showsInterfaces(line));

  it('on a line of which a word was not understood, if they are', () => {
    expect(shows('*filter\n-A INPUT --no-such-option -j ACCEPT\nCOMMIT\n')).toEqual([true]);
  });

  it('not in a listing without -v', () => {
    expect(shows(listing)).toEqual([false, false, false]);
  });
});

describe('a rule is shown whole', () => {
  const shown = (text: string): readonly boolean[] => {
    const ruleset = rulesetOf(text);
    return ruleset.lines.slice().flatMap((line, number) => (line.kind === 'rule' ? [isRuleShownWhole(ruleset, number)] : []));
  };

  it('on a line that is understood', () => {
    expect(shown(save)).toEqual([true, true, true]);
    expect(shown('-A INPUT --no-such-option -j ACCEPT\n')).toEqual([false]);
    expect(shown('-A INPUT -p tcp --dport 99999999999 -j ACCEPT\n')).toEqual([false]);
  });

  it('but not on the last line of a text that ends within it', () => {
    expect(shown('-A INPUT -j ACCEPT\n-A OUTPUT -j ACC')).toEqual([true, false]);
    expect(shown('-A INPUT -j ACCEPT\n-A OUTPUT -j ACC\n')).toEqual([true, true]);
  });

  it('in a listing with -v, which has interfaces', () => {
    expect(shown(listing)).toEqual([false, false, false]);
    const { ruleset } = ask(listing);
    expect(
      ruleset.lines
        .slice()
        .map((line) => showsInterfaces(line))
        .filter((shows) => !shows),
    ).toHaveLength(3);
    const verbose = readFileSync(labPath('shop-listings/filter.L-n-v.txt'), 'utf8');
    expect(new Set(shown(verbose))).toEqual(new Set([true]));
  });
});

describe('the output of -S that begins behind the policies', () => {
  it('does not show that chains have no rules: those of built-in chains come first', () => {
    const ruleset = rulesetOf('-N A\n-N B\n-A INPUT -j A\n-A FORWARD -j B\n');
    const table = ruleset.tables[0];
    const shown = [...(table?.chains.values() ?? [])].filter((chain) => isChainShownWhole(ruleset, chain));
    expect(shown.map(({ name }) => name)).not.toContain('A');
  });
});
