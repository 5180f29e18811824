import { describe, expect, it } from 'vitest';
import { multiportOptions, portOptions, portRanges } from '../../server/src/netfilter/port-predicates.ts';
import type { Ranges } from '../../server/src/netfilter/ranges.ts';
import { ruleAt } from '../../server/src/ruleset/rules.ts';
import type { RuleOption } from '../../server/src/syntax/statement.ts';
import { type PacketTexts, packet, ruleset } from './support.ts';

describe('ports', () => {
  it.each<readonly [text: string, ranges: Ranges | undefined]>([
    ['80', [[80, 81]]],
    ['http', [[80, 81]]],
    ['0', [[0, 1]]],
    ['65535', [[65535, 65536]]],
    ['80:90', [[80, 91]]],
    ['80:80', [[80, 81]]],
    ['90:80', []],
    [':1024', [[0, 1025]]],
    ['1024:', [[1024, 65536]]],
    [':', [[0, 65536]]],
    ['0:65535', [[0, 65536]]],
    [
      '443,80',
      [
        [80, 81],
        [443, 444],
      ],
    ],
    ['80:90,85:95', [[80, 96]]],
    ['http:https', [[80, 444]]],
    ['', undefined],
    ['80,', undefined],
    ['65536', undefined],
    ['80:65536', undefined],
    ['x', undefined],
    ['x:90', undefined],
    ['80:x', undefined],
    ['80,x', undefined],
  ])('%s', (text, ranges) => {
    expect(portRanges(text)).toEqual(ranges);
  });
});

const readers = { ...portOptions, ...multiportOptions } as const;

/** What an option says of a packet: yes, no, or which port is not known. */
function told(name: keyof typeof readers, value: string, given: PacketTexts): string {
  const rule = ruleAt(
    ruleset(`*filter\n-A FORWARD -p tcp -m multiport ${name} ${value}\n-A FORWARD -p tcp -m tcp ${name} ${value}\nCOMMIT\n`),
    name.endsWith('ports') ? 1 : 2,
  );
  const option: RuleOption | undefined = rule?.options.find((each) => each.name === name);
  if (option === undefined) throw new Error(`no ${name}`);
  const predicate = readers[name](option, { family: 'ipv4', protocol: 6 }, { name: 'tcp', options: [option] });
  const answer = predicate?.(packet(given), { isLocal: () => undefined });
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  return answer?.kind === 'doubt' ? `${answer.fact.value?.of} ${JSON.stringify(answer.fact.value?.among)}` : 'nothing';
}

const [source, destination] = ['source port [[0,65536]]', 'destination port [[0,65536]]'];

describe('the port of a packet', () => {
  it.each<readonly [name: keyof typeof readers, value: string, given: PacketTexts, answer: string]>([
    ['--source-port', '40000', {}, 'yes'],
    ['--source-port', '80', {}, 'no'],
    ['--source-port', '80', { sport: null }, source],
    ['--destination-port', '80', {}, 'yes'],
    ['--destination-port', '79', {}, 'no'],
    ['--destination-port', '79', { dport: null }, destination],
    ['--source-ports', '1,40000', {}, 'yes'],
    ['--source-ports', '1,80', {}, 'no'],
    ['--destination-ports', '1,80', {}, 'yes'],
    ['--destination-ports', '1,40000', {}, 'no'],
    // Either end is enough for --ports.
    ['--ports', '1,40000', {}, 'yes'],
    ['--ports', '1,80', {}, 'yes'],
    ['--ports', '1,2', {}, 'no'],
    ['--ports', '1,80', { sport: null }, 'yes'],
    ['--ports', '1,40000', { dport: null }, 'yes'],
    ['--ports', '1,2', { sport: null }, source],
    ['--ports', '1,2', { dport: null }, destination],
    ['--ports', '1,2', { sport: null, dport: null }, destination],
  ])('%s %s of %j: %s', (name, value, given, answer) => {
    expect(told(name, value, given)).toBe(answer);
  });

  it('that cannot be read is an open question', () => {
    expect(told('--destination-port', 'nobody', {})).toBe('undefined undefined');
  });
});
