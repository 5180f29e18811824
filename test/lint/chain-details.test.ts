import { describe, expect, it } from 'vitest';
import { keeperOf } from '../../server/src/lint/support/kept-chains.ts';
import { rulesetOf } from '../support/dumps.ts';
import { checkFindings, dump, findingsIn } from './check-findings.ts';
import { codes, messages } from './codes-and-messages.ts';

describe('a chain without a declaration', () => {
  it('is none where a line that could not be read may be it', () => {
    const text = (line: string): string => `*filter\n:INPUT ACCEPT [0:0]\n${line}\n-A INPUT -j MINE\nCOMMIT\n`;
    expect(codes(text('# nothing'))).toEqual(['undeclared-chain']);
    expect(codes(text('> :MINE - [0:0'))).not.toContain('undeclared-chain');
    expect(codes(text('MINE - [0:0]'))).not.toContain('undeclared-chain');
  });

  it('that another table has is named with it', () => {
    const text =
      '*nat\n:OUTPUT ACCEPT [0:0]\n:MINE - [0:0]\n-A OUTPUT -j MINE\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -g MINE\nCOMMIT\n';
    expect(messages(text, 'undeclared-chain')).toEqual([
      'Goto chain MINE, which table filter does not declare; table nat has a chain of that name, but a jump cannot leave its table',
    ]);
    // What is only jumped to is no chain of that table.
    const nowhere = text.replace(':MINE - [0:0]\n', '');
    expect(messages(nowhere, 'undeclared-chain')).toEqual([
      'Jump to chain MINE, which table nat does not declare',
      'Goto chain MINE, which table filter does not declare',
    ]);
  });
});

describe('a chain that may have been meant', () => {
  const titles = (names: readonly string[]): readonly string[] => {
    const jumps = names.map((name) => `-A INPUT -j ${name}\n`).join('');
    const text = `*filter\n:INPUT ACCEPT [0:0]\n:WEB-SERVERS - [0:0]\n-A INPUT -j WEB-SERVERS\n-A WEB-SERVERS -j ACCEPT\n${jumps}COMMIT\n`;
    const found = findingsIn(text).find(({ code, message }) => code === 'undeclared-chain' && message.includes('WEB-SERVRES'));
    return found?.fixes().map(({ title }) => title) ?? [];
  };
  const others = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `OTHER-${at}`);

  it('is offered where twenty names at most are not there', () => {
    expect(titles(['WEB-SERVRES'])).toContain('Jump to WEB-SERVERS');
    expect(titles(['WEB-SERVRES', ...others(19)])).toContain('Jump to WEB-SERVERS');
    expect(titles(['WEB-SERVRES', ...others(20)])).not.toContain('Jump to WEB-SERVERS');
  });
});

describe('a command for a chain without a declaration', () => {
  it('is told once, as what iptables-restore says of the command', () => {
    expect(codes('*filter\n:INPUT ACCEPT [0:0]\n-F NOWHERE\nCOMMIT\n')).toEqual(['restore-command']);
    expect(codes('*filter\n:INPUT ACCEPT [0:0]\n-F NOWHERE\n-A INPUT -j NOWHERE\nCOMMIT\n')).toEqual([
      'restore-command',
      'undeclared-chain',
    ]);
  });
});

describe('a chain that is declared twice', () => {
  it('is told with the first declaration', () => {
    const text = '*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A INPUT -j B\nCOMMIT\n';
    const found = findingsIn(text).filter(({ code }) => code === 'duplicate-chain');
    expect(
      found.map(({ line, start, end, related }) => [
        line,
        start,
        end,
        related.map((place) => [place.line, place.start, place.end]),
      ]),
    ).toEqual([[4, 1, 2, [[2, 1, 2]]]]);
  });

  it('by -N is a command that finds something in its way', () => {
    expect(codes('*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-N A\n-A INPUT -j A\nCOMMIT\n')).toEqual(['restore-command']);
  });
});

describe('an orphaned chain', () => {
  it('is none where a line that could not be read may jump to it', () => {
    const text = (line: string): string => `*filter\n:INPUT ACCEPT [0:0]\n:MINE - [0:0]\n${line}\nCOMMIT\n`;
    expect(codes(text('# nothing'))).toEqual(['orphaned-chain']);
    expect(codes(text('A INPUT -j MINE'))).not.toContain('orphaned-chain');
  });

  it('in the output of -S that may go on is one information for all', () => {
    const text = dump(`
      -P INPUT ACCEPT
      -P FORWARD ACCEPT
      -P OUTPUT ACCEPT
      -N A
      -N B
      -N USED
      -A INPUT -j USED
      -A USED -j RETURN
    `);
    expect(findingsIn(text).map(({ line, code, severity, message }) => [line + 1, code, severity, message])).toEqual([
      [4, 'orphaned-chain', 'info', 'No rule of this text leads to A and B, and nothing shows whether the text goes on'],
    ]);
    expect(codes(text.replace('-A USED -j RETURN\n', ''))).toEqual([]);
    expect(codes(`${text}\nroot@node:~# exit\n`)).toEqual(['orphaned-chain', 'orphaned-chain', 'not-iptables']);
  });
});

describe('who keeps a chain ready', () => {
  it('is nobody for most chains', () => {
    const [table] = rulesetOf(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:MINE - [0:0]\n:KUBE-SVC-A - [0:0]\n:toString - [0:0]\nCOMMIT\n',
    ).tables;
    for (const chain of table?.chains.values() ?? []) expect(keeperOf(chain)).toBeUndefined();
  });
});

describe('a chain that is declared below its use', () => {
  it('is told by its rules, too', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      :A - [0:0]
      -A INPUT -j A
      -A A -j LATER
      #       ^^^^^ chain-declared-later
      :LATER - [0:0]
      -A LATER -j RETURN
      COMMIT
    `);
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -s 10.0.0.1/32 -j ACCEPT
      :LATER - [0:0]
      -A INPUT -j LATER
      -A LATER -j RETURN
      COMMIT
    `);
  });
});

describe('POSTROUTING', () => {
  it('may do other things than to let go before KUBE-POSTROUTING', () => {
    const nat = (rule: string): string =>
      `*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-POSTROUTING - [0:0]\n${rule}\n-A POSTROUTING -j KUBE-POSTROUTING\n-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0\n-A KUBE-POSTROUTING -j MASQUERADE --random-fully\nCOMMIT\n`;
    expect(codes(nat('-A POSTROUTING -s 10.244.0.0/16 -j MASQUERADE'))).toEqual([]);
    expect(codes(nat('-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN'))).toEqual(['accepted-before-masquerading']);
    expect(codes(nat('-A POSTROUTING -p udp -j ACCEPT'))).toEqual([]);
    expect(codes(nat('-A POSTROUTING -m mark --mark 0x1 -j ACCEPT'))).toEqual([]);
  });
});

describe('a target in a chain where the kernel does not take it', () => {
  it('is found in chains of many rules, too, and in both ways of looking', () => {
    const many = Array.from(
      { length: 40 },
      (_, index) => `-A A -p tcp -m tcp --dport ${index + 1} -j DNAT --to-destination 10.0.0.1`,
    );
    const nat = (hook: string): string =>
      `*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:A - [0:0]\n-A ${hook} -j A\n${many.join('\n')}\nCOMMIT\n`;
    expect(codes(nat('POSTROUTING')).filter((code) => code === 'target-not-in-chain')).toHaveLength(40);
    expect(codes(nat('PREROUTING'))).toEqual([]);
  });
});

describe('a match in a chain where the kernel does not take it', () => {
  const dump = (hook: string): string =>
    `# Generated by iptables-save v1.8.9 on Mon Nov 23 00:37:11 2026\n*filter\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:USERS - [0:0]\n-A ${hook} -j USERS\n-A USERS -m owner --uid-owner 0 -j DROP\nCOMMIT\n`;

  it('is found: who sends a packet is known only of those that this node sends', () => {
    expect(messages(dump('INPUT'), 'target-not-in-chain')).toEqual([
      'The kernel takes owner only in OUTPUT, POSTROUTING and chains that are reached from there, but INPUT leads to USERS',
    ]);
    expect(codes(dump('OUTPUT'))).toEqual([]);
  });
});

describe('rules that no packet reaches', () => {
  const table = (...rules: readonly string[]): readonly string[] =>
    codes(`*filter\n:INPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`).filter((code) => code === 'unreachable-rule');

  it('are not told by their order where commands put rules elsewhere', () => {
    expect(table('-A INPUT -j DROP', '-A INPUT -s 10.0.0.1/32 -j ACCEPT')).toEqual(['unreachable-rule']);
    expect(table('-A INPUT -j DROP', '-I INPUT -s 10.0.0.1/32 -j ACCEPT')).toEqual([]);
    expect(table('-A INPUT -j DROP', '-A INPUT -s 10.0.0.1/32 -j ACCEPT', '-D INPUT 1')).toEqual([]);
  });

  it('stand behind a target that ends, with or without a comment', () => {
    expect(
      table('-A INPUT -m comment --comment x -j REJECT --reject-with icmp-port-unreachable', '-A INPUT -s 10.0.0.1/32'),
    ).toEqual(['unreachable-rule']);
    expect(table('-A INPUT -j LOG', '-A INPUT -s 10.0.0.1/32 -j ACCEPT')).toEqual([]);
    expect(table('-A INPUT -i lo -j ACCEPT', '-A INPUT -s 10.0.0.1/32 -j ACCEPT')).toEqual([]);
  });
});
