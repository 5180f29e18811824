import { describe, expect, it } from 'vitest';
import { coreOption, findMatch, findTarget, matches, spellings, targets, whoHas } from '../../server/src/catalog/lookup.ts';
import { builtinChains, isBuiltinChain, isTableName } from '../../server/src/catalog/tables.ts';
import { protocolName, protocolNumber } from '../../server/src/catalog/values/protocols.ts';

describe('matches and targets', () => {
  it('are found by name, and by family where a family is asked for', () => {
    expect(findMatch('tcp')?.kind).toBe('match');
    expect(findMatch('icmp')?.families).toEqual(['ipv4']);
    expect(findMatch('icmp', 'ipv6')).toBeUndefined();
    expect(findMatch('icmpv6', 'ipv6')?.name).toBe('icmp6');
    expect(findTarget('MASQUERADE', 'ipv6')?.tables).toEqual(['nat']);
    expect(findTarget('TTL', 'ipv6')).toBeUndefined();
  });

  it('do not mix: LOG is no match, tcp is no target, ACCEPT needs no extension', () => {
    expect(findMatch('LOG')).toBeUndefined();
    expect(findTarget('tcp')).toBeUndefined();
    expect(findTarget('ACCEPT')).toBeUndefined();
  });

  it('name only options of their own in what excludes and needs what', () => {
    for (const extension of [...matches, ...targets]) {
      const names = extension.options.map((option) => option.long);
      for (const option of extension.options) {
        expect(names, `${extension.name} ${option.long}`).toEqual(
          expect.arrayContaining([...option.excludes, ...option.requires]),
        );
        expect(option.excludes).not.toContain(option.long);
      }
    }
  });

  it('have a help text for themselves and for each option, in one line', () => {
    for (const extension of [...matches, ...targets]) {
      for (const { help } of [extension, ...extension.options]) expect(help).toMatch(/^[^\n]{5,160}[.:`]$/);
    }
  });

  it('spell no two options of one extension alike', () => {
    for (const extension of [...matches, ...targets]) {
      const all = extension.options.flatMap(spellings);
      expect(new Set(all).size, extension.name).toBe(all.length);
    }
  });

  it('are in alphabetical order, so that one finds them in the files', () => {
    for (const list of [matches, targets]) {
      const names = list.map((extension) => extension.name);
      expect(names).toEqual([...names].sort((a, b) => (a < b ? -1 : 1)));
    }
  });
});

describe('options', () => {
  it('of iptables itself are found by every spelling', () => {
    expect(coreOption('-s')).toBe(coreOption('--source'));
    expect(coreOption('--src')).toBe(coreOption('--source'));
    expect(coreOption('--dport')).toBeUndefined();
  });

  it('know which extension they would need', () => {
    expect(whoHas('--ctstate').map((extension) => extension.name)).toEqual(['conntrack']);
    expect(whoHas('--dport').map((extension) => extension.name)).toEqual(['dccp', 'sctp', 'tcp', 'udp']);
    expect(whoHas('--nosuch')).toEqual([]);
  });
});

describe('tables', () => {
  it('have their built-in chains', () => {
    expect(builtinChains.nat).toEqual(['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING']);
    expect(isBuiltinChain('filter', 'PREROUTING')).toBe(false);
    expect(isBuiltinChain('nosuch', 'INPUT')).toBe(false);
  });

  it('are not what every object has', () => {
    expect(isTableName('raw')).toBe(true);
    expect(isTableName('constructor')).toBe(false);
  });
});

describe('protocols', () => {
  it('are known by name and number', () => {
    expect(protocolNumber('tcp')).toBe(6);
    expect(protocolNumber('icmpv6')).toBe(58);
    expect(protocolName(58)).toBe('ipv6-icmp');
    expect(protocolName(255)).toBeUndefined();
  });
});
