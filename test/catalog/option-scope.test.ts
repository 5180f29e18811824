import { describe, expect, it } from 'vitest';
import { createOptionScope, type OptionScope } from '../../server/src/catalog/option-scope.ts';

/**
 * Reads a rule the way the parser does, one option a word: `-m tcp --dport` loads tcp and asks for --dport. Returns what each option that
 * is not -m, -j or -p means: the extension, the full name, and the instance.
 */
function read(words: string, scope: OptionScope = createOptionScope()): readonly string[] {
  scope.reset();
  const found: string[] = [];
  const list = words.split(' ');
  for (let index = 0; index < list.length; index += 1) {
    const word = list[index] ?? '';
    const spec = scope.open(word);
    const kind = { '--match': 'match', '--jump': 'target', '--protocol': 'protocol' }[spec?.long ?? ''];
    if (kind === 'match' || kind === 'target' || kind === 'protocol') {
      index += 1;
      scope.load(kind, list[index] ?? '');
    } else if (spec === undefined) {
      found.push(`${word}?`);
    } else {
      found.push(`${spec.extension?.name ?? 'iptables'} ${spec.long} ${scope.instance}`);
    }
  }
  return found;
}

describe('an option is known', () => {
  it('always, when it is one of iptables’ own', () => {
    expect(read('-s')).toEqual(['iptables --source 0']);
    expect(read('--src')).toEqual(['iptables --source 0']);
  });

  it('behind the match that has it, not before', () => {
    expect(read('-m conntrack --ctstate')).toEqual(['conntrack --ctstate 1']);
    expect(read('--ctstate -m conntrack')).toEqual(['--ctstate?']);
  });

  it('behind the target that has it', () => {
    expect(read('-j REJECT --reject-with')).toEqual(['REJECT --reject-with -1']);
    expect(read('-j KUBE-SERVICES --reject-with')).toEqual(['--reject-with?']);
  });

  it('behind -p, whose match is loaded for it', () => {
    expect(read('-p tcp --dport')).toEqual(['tcp --destination-port 1']);
    expect(read('-p 17 --dport')).toEqual(['udp --destination-port 1']);
    expect(read('-p TCP --syn')).toEqual(['tcp --syn 1']);
    expect(read('-p icmp --dport')).toEqual(['--dport?']);
    expect(read('--dport -p tcp')).toEqual(['--dport?']);
  });
});

describe('of several matches with the option', () => {
  it('the one loaded last takes it', () => {
    expect(read('-m mark --mark -m connmark --mark')).toEqual(['mark --mark 1', 'connmark --mark 2']);
    expect(read('-m mark -m connmark --mark')).toEqual(['connmark --mark 2']);
    expect(read('-m mark --mark -m mark --mark')).toEqual(['mark --mark 1', 'mark --mark 2']);
  });

  it('an earlier one keeps the options that the later one has not', () => {
    expect(read('-m comment -m mark --mark --comment')).toEqual(['mark --mark 2', 'comment --comment 1']);
  });

  it('a match given by name goes before the one that -p would load', () => {
    expect(read('-p udp -m tcp --dport')).toEqual(['tcp --destination-port 1']);
    expect(read('-p tcp -m comment --comment --dport -m mark --mark')).toEqual([
      'comment --comment 1',
      'tcp --destination-port 2',
      'mark --mark 3',
    ]);
  });
});

describe('the beginning of a name', () => {
  it('will do when it is unique among all that is known', () => {
    expect(read('-p tcp --dpo')).toEqual(['tcp --destination-port 1']);
    expect(read('-p tcp --destination-p')).toEqual(['tcp --destination-port 1']);
    expect(read('-j DNAT --to')).toEqual(['DNAT --to-destination -1']);
    expect(read('-m comment --com')).toEqual(['comment --comment 1']);
  });

  it('will not when two options or a command begin so', () => {
    expect(read('-m conntrack --ctorig')).toEqual(['--ctorig?']);
    expect(read('--s')).toEqual(['--s?']);
    expect(read('-m recent --re')).toEqual(['--re?']);
    expect(read('-m mark --mark -m mark --mar')).toEqual(['mark --mark 1', '--mar?']);
  });

  it('is case sensitive and needs two dashes', () => {
    expect(read('-p tcp --DPORT -dport')).toEqual(['--DPORT?', '-dport?']);
  });
});

describe('a scope', () => {
  it('forgets the rule before', () => {
    const scope = createOptionScope();
    expect(read('-p tcp --dport', scope)).toHaveLength(1);
    expect(read('--dport', scope)).toEqual(['--dport?']);
  });

  it('keeps nothing of chains and unknown matches, however many there are', () => {
    const scope = createOptionScope();
    for (let index = 0; index < 20_000; index += 1) read(`-m nosuch${index} -j CHAIN-${index} --nosuch`, scope);
    expect(read('-m nosuch -m comment --comment -j DNAT --to-destination', scope)).toEqual([
      'comment --comment 2',
      'DNAT --to-destination -1',
    ]);
  });

  it('survives more orders of matches than it keeps', () => {
    const scope = createOptionScope();
    const names = ['mark', 'tcp', 'udp', 'mac', 'set', 'time', 'ttl', 'u32', 'tos', 'ecn', 'cpu', 'hl'];
    for (let seed = 0; seed < 10_000; seed += 1) {
      const order = [0, 1, 2, 3].map((digit) => names[Math.floor(seed / names.length ** digit) % names.length]);
      read(`${order.map((name) => `-m ${name}`).join(' ')} -m comment --comment`, scope);
    }
    expect(read('-m tcp -m mark --mark', scope)).toEqual(['mark --mark 2']);
  });
});
