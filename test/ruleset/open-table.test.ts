import { describe, expect, it } from 'vitest';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

describe('a table that has not ended', () => {
  it('has no lines of what was printed by another command', () => {
    const open = '*nat\n:PREROUTING ACCEPT [0:0]\n:MASQ - [0:0]\n-A PREROUTING -j MASQ\n';
    const listed = [
      'Chain INPUT (policy ACCEPT)\ntarget     prot opt source               destination\nMINE       tcp  --  anywhere             anywhere\n',
      '\nChain MINE (1 references)\ntarget     prot opt source               destination\nDROP       all  --  anywhere             anywhere\n',
    ].join('');
    const counted = `Chain OTHER (0 references)\n pkts bytes target     prot opt in     out     source               destination\n`;
    const saved = '-P INPUT ACCEPT\n-N MINE\n-A INPUT -j MINE\n';
    const nat = ['nat', true, ['PREROUTING', 'MASQ']];
    const tablesOf = (text: string): unknown =>
      buildWholeRuleset(readWholeDocument(text)).tables.map(({ name, declared, chains }) => [name, declared, [...chains.keys()]]);
    expect(tablesOf(`${open}${listed}COMMIT\n`)).toEqual([nat, ['filter', false, ['INPUT', 'MINE']]]);
    expect(tablesOf(`${open}${counted}COMMIT\n`)).toEqual([nat, ['filter', false, ['OTHER']]]);
    expect(tablesOf(`${open}$ iptables -L\n${listed}`)).toEqual([nat, ['filter', false, ['INPUT', 'MINE']]]);
    expect(tablesOf(`${open}$ iptables -S\n${saved}`)).toEqual([nat, ['filter', false, ['INPUT', 'MINE']]]);
    // A prompt that the paste has before one line of the table is none of a command's.
    expect(tablesOf(`${open}$ -A PREROUTING -j A\n-A MASQ -j B\nCOMMIT\n`)).toEqual([['nat', true, ['PREROUTING', 'MASQ', 'B']]]);
  });
});
