/** The outcomes of answers and later packets: what is known of the first packet goes with them. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { EnumerateOptions } from '../../server/src/netfilter/enumeration/options.ts';
import { type Followed, followConnection, isAboutFirst } from '../../server/src/netfilter/follow-connection.ts';
import { assumedBy, type PacketTexts, packet, ruleset } from './support.ts';

const notLocal: EnumerateOptions = { isLocal: () => false };

function follow(text: string, kind: 'answer' | 'later', given: PacketTexts = {}, options: EnumerateOptions = notLocal): Followed {
  return runToEnd(followConnection(ruleset(text), packet(given), kind, {}, options));
}

/** "drop 0.5 1 [what is assumed]" for each outcome: verdict, probability and how many unlikely assumptions. */
function told({ outcomes }: Followed): readonly string[] {
  return outcomes.map((outcome) => {
    const { verdict, probability, oddity } = outcome;
    return `${verdict} ${probability} ${oddity} [${assumedBy(outcome).join(' ')}]`;
  });
}

function filter(...rules: readonly string[]): string {
  return `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
}

const established = '-m conntrack --ctstate ESTABLISHED';
const half = '-m statistic --mode random --probability 0.5';

describe('a connection that opens in two ways', () => {
  it('by chance is one, where both are alike', () => {
    const text = filter(`-A FORWARD ${half} -m conntrack --ctstate NEW -j ACCEPT`, `-A FORWARD ${established} -j DROP`);
    expect(told(follow(text, 'answer'))).toEqual(['drop 1 0 []']);
  });

  it('by chance is two, where they differ, with the probability of both', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING ${half} -j DNAT --to-destination 10.1.1.1
-A PREROUTING -j DNAT --to-destination 10.1.1.2
COMMIT
${filter(`-A FORWARD -s 10.1.1.1/32 ${half} -j DROP`, '-A FORWARD -s 10.1.1.2/32 -j REJECT')}`;
    expect(told(follow(text, 'answer')).toSorted()).toEqual(['accept 0.25 0 []', 'drop 0.25 0 []', 'reject 0.5 0 []']);
  });

  it('by what is not known is two, and says so', () => {
    const text = filter('-A FORWARD -m mac --mac-source 00:11:22:33:44:55 -m conntrack --ctstate NEW -j ACCEPT');
    expect(told(follow(text, 'answer'))).toEqual([
      'accept 1 0 [First packet: The frame did not come from 00:11:22:33:44:55.]',
      'accept 1 1 [First packet: The frame came from 00:11:22:33:44:55.]',
    ]);
  });

  it('has its unlikely outcomes behind the others', () => {
    const [one, other] = ['-m mac --mac-source 00:11:22:33:44:55', '-m mac --mac-source 00:11:22:33:44:66'];
    const text = filter(`-A FORWARD ${one} -m conntrack --ctstate NEW -j ACCEPT`, `-A FORWARD ${established} ${other} -j DROP`);
    const found = follow(text, 'answer').outcomes.map(({ verdict, oddity }) => `${verdict} ${oddity}`);
    expect(found).toEqual(['accept 0', 'drop 1', 'accept 1', 'drop 2']);
  });

  it('is followed in 256 of them at most', () => {
    const endpoints = Array.from(
      { length: 257 },
      (_, at) =>
        `-A PREROUTING -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.1.${at >> 8}.${at & 255}`,
    );
    const text = `*nat\n:PREROUTING ACCEPT [0:0]\n${endpoints.join('\n')}\nCOMMIT\n`;
    expect(follow(text, 'answer').outcomes).toHaveLength(256);
  });
});

describe('what is taken to be so of the node', () => {
  const nobodyKnows: EnumerateOptions = {};
  it('is so for the first packet and for what comes after it', () => {
    expect(told(follow(filter(), 'later', {}, nobodyKnows))).toEqual([
      'accept 1 0 [10.0.0.1 is no address of this node.]',
      'accept 1 1 [10.0.0.1 is an address of this node.]',
    ]);
  });

  it('is so for a set as well', () => {
    const text = filter('-A FORWARD -m set --match-set a src -j ACCEPT', '-A FORWARD -j ACCEPT');
    expect(told(follow(text, 'later'))).toEqual([
      'accept 1 0 [The set a does not have 203.0.113.9.]',
      'accept 1 1 [The set a has 203.0.113.9.]',
    ]);
  });

  it('is what whoever asks says of what comes after, too', () => {
    const text = filter(`-A FORWARD ${established} -m mac --mac-source 00:11:22:33:44:55 -j DROP`);
    expect(told(follow(text, 'answer', {}, { ...notLocal, decide: () => true }))).toEqual(['drop 1 0 []']);
    expect(told(follow(text, 'later', {}, { ...notLocal, decide: () => false }))).toEqual(['accept 1 0 []']);
  });

  it('says which of it is about the first packet alone', () => {
    const fact = { about: 'other', yes: '', no: '', likely: false } as const;
    expect([isAboutFirst({ ...fact, key: 'first packet mac' }), isAboutFirst({ ...fact, key: 'mac' })]).toEqual([true, false]);
  });
});

describe('a connection that the rules let nobody open', () => {
  const text = `*filter
:FORWARD DROP [0:0]
-A FORWARD ${established} -i eth0 -m connmark --mark 0x0 -j ACCEPT
-A FORWARD ${established} -o eth0 -j REJECT
COMMIT
`;
  it('is taken to be older than they are, with packets in both directions', () => {
    expect(told(follow(text, 'later', { in: 'eth0' }))).toEqual(['accept 1 0 []']);
    expect(told(follow(text, 'answer', { in: 'eth0', out: 'eth1' }))).toEqual(['reject 1 0 []']);
    expect(follow(text, 'answer', { in: 'eth0' }).assumptions).toContain(
      'The rules let no first packet through: the connection is taken to be older than they are, and to have no NAT.',
    );
  });
});

describe('what the text does not show', () => {
  it('is told where the answer alone meets it', () => {
    const text = filter(`-A FORWARD ${established} -j LOST`);
    expect(follow(text, 'answer').missing.map(({ name }) => name)).toEqual(['LOST']);
    expect(follow(filter(), 'answer').missing).toEqual([]);
  });
});
