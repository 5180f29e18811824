/** Which lines of traces tell of one packet, whoever printed them, and however they came into the text. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { readSeen } from '../../server/src/netfilter/seen/read-seen.ts';

/** The packets of a text, each by its name and where it was seen. */
function packets(lines: readonly string[]): readonly string[] {
  return runToEnd(readSeen(lines.join('\n'))).packets.map(
    ({ id, steps }) => `${id}: ${steps.map(({ table, chain }) => `${table} ${chain}`).join(', ')}`,
  );
}

interface Told {
  readonly iif?: string;
  readonly more?: string;
  readonly family?: string;
}

/** What nft prints of a packet at a base chain. */
function nft(id: string, place: string, { iif = 'iif "br0" ', more = '', family = 'ip' }: Told = {}): readonly string[] {
  const [from, to, ident] = family === 'ip' ? ['10.0.0.1', '10.0.0.2', 'ip id 7'] : ['fd00::1', 'fd00::2', ''];
  const told = `${iif}${family} saddr ${from} ${family} daddr ${to} ${ident} ${family} length 60 tcp sport 4000 tcp dport 80`;
  return [`trace id ${id} ${family} ${place} packet: ${told}${more}`, `trace id ${id} ${family} ${place} policy accept`];
}

const [first, behind, last] = ['raw PREROUTING', 'filter FORWARD', 'nat POSTROUTING'];
const steps = (...places: readonly string[]): string => places.join(', ');

describe('a packet of a bridge, which the kernel copies when it is routed', () => {
  it('is one under both names', () => {
    expect(packets([...nft('a1', first), ...nft('b2', behind), ...nft('b2', last)])).toEqual([
      `a1: ${steps(first, behind, last)}`,
    ]);
  });

  it.each<readonly [what: string, copy: readonly string[]]>([
    ['another source port', nft('b2', behind).map((line) => line.replace('sport 4000', 'sport 4001'))],
    ['another identification', nft('b2', behind).map((line) => line.replace('id 7', 'id 8'))],
    ['another length', nft('b2', behind).map((line) => line.replace('length 60', 'length 61'))],
    ['another source', nft('b2', behind).map((line) => line.replace('10.0.0.1', '10.0.0.3'))],
    ['another interface', nft('b2', behind, { iif: 'iif "br1" ' })],
    ['no interface', nft('b2', behind, { iif: '' })],
  ])('is another one with %s', (_, copy) => {
    expect(packets([...nft('a1', first), ...copy])).toEqual([`a1: ${first}`, `b2: ${behind}`]);
  });

  it('is not known again by nothing: without an interface or an identification there may be many such', () => {
    const noInterface = { iif: '' };
    expect(packets([...nft('a1', first, noInterface), ...nft('b2', behind, noInterface)])).toHaveLength(2);
    const six = { family: 'ip6' };
    expect(packets([...nft('a1', first, six), ...nft('b2', behind, six)])).toHaveLength(2);
  });

  it('is another one where it is at the first hook, too', () => {
    expect(packets([...nft('a1', first), ...nft('b2', 'mangle PREROUTING')])).toHaveLength(2);
    expect(packets([...nft('a1', behind), ...nft('b2', behind)])).toHaveLength(2);
  });
});

describe('lines of a trace', () => {
  const [, line = ''] = nft('a1', behind);

  it.each([
    line,
    `${line}\r`,
    `\u001b[32m${line}\u001b[0m`,
    `2026-11-26T12:00:00 ${line}`,
    `root@node-a:~# ${line}`,
    `\t${line}`,
  ])('are known whatever a program or a terminal put around them: %j', (text) => {
    expect(packets([text])).toEqual([`a1: ${behind}`]);
  });

  it.each(['', 'trace', `x${line}`, 'trace id', line.replace('trace id a1', 'trace id !')])(
    'are none where they say nothing: %j',
    (text) => {
      expect(packets([text])).toEqual([]);
    },
  );

  it('are of a new packet where a name comes back to an earlier hook', () => {
    expect(packets([...nft('a1', behind), ...nft('a1', first)])).toEqual([`a1: ${behind}`, `a1: ${first}`]);
    expect(packets([...nft('a1', 'filter OUTPUT'), ...nft('a1', last), ...nft('a1', first)])).toHaveLength(2);
  });
});
