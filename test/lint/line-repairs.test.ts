/** What is offered for a line that iptables refuses: the words that may be meant, each in a line that nothing is wrong with. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { allFindings, ownSeverities } from '../../server/src/lint/all-findings.ts';
import { changedLines, textOf, unmendedLines } from '../../server/src/lint/mending/mended-text.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

/** The fixes of the first error or warning of a dump, by title, each with what becomes of the line that it is in. */
function repairsOf(text: string, fileName: string): Readonly<Record<string, string>> {
  const document = readWholeDocument(text, fileName);
  const { findings } = runToEnd(allFindings({ document, ruleset: buildWholeRuleset(document) }, ownSeverities, undefined));
  const found = findings.find(({ severity }) => severity === 'error' || severity === 'warning');
  if (found === undefined) throw new Error(`no error in ${text}`);
  return Object.fromEntries(
    found.fixes().map((fix) => {
      const mended = runToEnd(textOf(runToEnd(changedLines(runToEnd(unmendedLines(text)), fix.changes()))));
      return [fix.title, mended.split('\n')[found.line] ?? ''];
    }),
  );
}

const inFilter = (rule: string, fileName = 'rules.v4'): Readonly<Record<string, string>> =>
  repairsOf(`*filter\n:INPUT ACCEPT [0:0]\n:WEB - [0:0]\n-A INPUT -j WEB\n${rule}\nCOMMIT\n`, fileName);
const inFilter6 = (rule: string): Readonly<Record<string, string>> => inFilter(rule, 'rules.v6');

describe('a word that is none', () => {
  it('may be one that is written alike', () => {
    expect(inFilter('-A INPUT -p tcp -m tcp --dprot 80 -j ACCEPT')).toEqual({
      'Write --dport': '-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT',
    });
    expect(inFilter('-A INPUT -m conntrak --ctstate NEW -j ACCEPT')).toEqual({
      'Write conntrack': '-A INPUT -m conntrack --ctstate NEW -j ACCEPT',
    });
    expect(Object.keys(inFilter('-A INPUT -p tpc -j ACCEPT'))[0]).toBe('Write tcp');
    expect(inFilter('-A INPUT -m conntrack --ctstate RELATED,ESTABLISHD -j ACCEPT')).toEqual({
      'Write ESTABLISHED': '-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    });
    expect(Object.keys(inFilter('-A INPUT -j REJECT --reject-with icmp-port-unreachabel'))[0]).toBe(
      'Write icmp-port-unreachable',
    );
  });

  it('has one end as what is meant, whichever, and the other may be the slip', () => {
    expect(Object.keys(inFilter('-A INPUT -m xonntrack --ctstate NEW -j ACCEPT'))).toEqual(['Write conntrack']);
    expect(Object.keys(inFilter('-A INPUT -m conntracx --ctstate NEW -j ACCEPT'))).toEqual(['Write conntrack']);
    expect(Object.keys(inFilter('-A INPUT -m xonntracx --ctstate NEW -j ACCEPT'))).toEqual([]);
  });

  it('is offered three others at most', () => {
    const many = Object.keys(inFilter('-A INPUT -j REJECT --reject-with icmp-nett-prohibited'));
    expect(many).toHaveLength(3);
  });

  it('is left alone where nothing is like it', () => {
    expect(inFilter('-A INPUT -m conntrack --ctstate NEVER -j ACCEPT')).toEqual({});
    expect(inFilter('-A INPUT -p tcp -m tcp --frobnicate 80 -j ACCEPT')).toEqual({});
  });

  it('may be a table’s', () => {
    expect(repairsOf('*filters\n:INPUT ACCEPT [0:0]\nCOMMIT\n', 'rules.v4')).toEqual({ 'Write filter': '*filter' });
  });

  it('may be a policy of which there are two', () => {
    const policy = (word: string): readonly string[] =>
      Object.keys(repairsOf(`*filter\n:INPUT ${word} [0:0]\nCOMMIT\n`, 'rules.v4'));
    expect(policy('REJECT')).toEqual(['Write DROP', 'Write ACCEPT']);
    expect(policy('ALLOW')).toEqual(['Write ACCEPT', 'Write DROP']);
  });
});

describe('an option of what is not loaded', () => {
  it('gets it in front', () => {
    expect(inFilter('-A INPUT --ctstate NEW -j ACCEPT')).toEqual({
      'Load the match conntrack': '-A INPUT -m conntrack --ctstate NEW -j ACCEPT',
    });
  });

  it('gets the protocol too, of those that have it', () => {
    expect(inFilter('-A INPUT ! --dport 80 -j ACCEPT')).toMatchObject({
      'Put -p tcp -m tcp before it': '-A INPUT -p tcp -m tcp ! --dport 80 -j ACCEPT',
      'Put -p udp -m udp before it': '-A INPUT -p udp -m udp ! --dport 80 -j ACCEPT',
    });
  });
});

describe('a word of the other family', () => {
  it('is written in the words of this one, where it has all of them', () => {
    expect(inFilter6('-A INPUT -m ttl --ttl-eq 3 -j ACCEPT')).toMatchObject({
      'Write it in the words of IPv6': '-A INPUT -m hl --hl-eq 3 -j ACCEPT',
    });
    expect(inFilter6('-A INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT')).toMatchObject({
      'Write it in the words of IPv6': '-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT',
    });
    expect(inFilter('-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 129 -j ACCEPT')).toMatchObject({
      'Write it in the words of IPv4': '-A INPUT -p icmp -m icmp --icmp-type 0 -j ACCEPT',
    });
  });

  it('is kept for the program that takes it', () => {
    expect(inFilter6('-A INPUT -s 10.0.0.1/32 -j ACCEPT')).toEqual({
      'Say that the rule is for IPv4 alone (-4): ip6tables-restore skips it then': '-A INPUT -4 -s 10.0.0.1/32 -j ACCEPT',
    });
    // A number of the one family that has no fellow in the other.
    expect(Object.keys(inFilter6('-A INPUT -p icmp -m icmp --icmp-type 13 -j ACCEPT'))).toEqual([
      'Say that the rule is for IPv4 alone (-4): ip6tables-restore skips it then',
    ]);
  });
});

describe('a word too many', () => {
  it.each([
    ['-A INPUT -p tcp tcp -j ACCEPT', { 'Remove tcp': '-A INPUT -p tcp -j ACCEPT' }],
    ['-A INPUT -p tcp -m tcp --syn=1 -j ACCEPT', { 'Remove =1': '-A INPUT -p tcp -m tcp --syn -j ACCEPT' }],
    ['-t filter -A INPUT -j ACCEPT', { 'Remove -t filter': '-A INPUT -j ACCEPT' }],
    ['-A INPUT -s 10.0.0.1 -j ACCEPT !', { 'Remove the !': '-A INPUT -s 10.0.0.1 -j ACCEPT' }],
    [
      '-A INPUT ! ! -s 10.0.0.1 -j ACCEPT',
      { 'Leave one !': '-A INPUT ! -s 10.0.0.1 -j ACCEPT', 'Remove every !': '-A INPUT -s 10.0.0.1 -j ACCEPT' },
    ],
  ])('goes from %s', (rule, repairs) => {
    expect(inFilter(rule)).toEqual(repairs);
  });
});

describe('other slips', () => {
  it('a quote is closed before what looks like an option', () => {
    expect(inFilter('-A INPUT -m comment --comment "web servers -s 10.0.0.1 -j ACCEPT')).toMatchObject({
      'Close the quote behind web servers': '-A INPUT -m comment --comment "web servers" -s 10.0.0.1 -j ACCEPT',
    });
  });

  it('a quote is opened in front of what ends with one', () => {
    expect(inFilter('-A INPUT -m comment --comment web" -s 10.0.0.1 -m comment --comment more -j ACCEPT')).toMatchObject({
      'Open the quote in front of web': '-A INPUT -m comment --comment "web" -s 10.0.0.1 -m comment --comment more -j ACCEPT',
    });
    expect(Object.keys(inFilter('-A INPUT -m comment --comment web servers" -s 10.0.0.1 -j ACCEPT'))[0]).toBe(
      'Open the quote in front of web servers',
    );
  });

  it('a match is loaded in front of the ! of its option', () => {
    expect(inFilter('-A INPUT ! --ctstate NEW -j ACCEPT')).toEqual({
      'Load the match conntrack': '-A INPUT -m conntrack ! --ctstate NEW -j ACCEPT',
    });
    expect(inFilter('-A INPUT --ctstate NEW -j ACCEPT')).toEqual({
      'Load the match conntrack': '-A INPUT -m conntrack --ctstate NEW -j ACCEPT',
    });
  });
});

describe('what has one answer', () => {
  it('is a text that iptables cuts off: what is left of it', () => {
    const prefix = 'a prefix of more than twenty-nine letters';
    expect(inFilter(`-A INPUT -j LOG --log-prefix "${prefix}"`)).toEqual({
      'Write what is left of it': `-A INPUT -j LOG --log-prefix "${prefix.slice(0, 29)}"`,
    });
    // The 29th byte is in the middle of a letter.
    expect(inFilter(`-A INPUT -j LOG --log-prefix "${'ä'.repeat(20)}"`)).toEqual({});
  });

  it('is the number of a rule that is counted from 0', () => {
    expect(inFilter('-I INPUT 0 -j ACCEPT')).toEqual({ 'Write 1': '-I INPUT 1 -j ACCEPT' });
    expect(inFilter('-I INPUT one -j ACCEPT')).toEqual({});
  });

  it('is a second command', () => {
    expect(inFilter('-A INPUT -A FORWARD -j ACCEPT')).toEqual({ 'Remove -A FORWARD': '-A INPUT -j ACCEPT' });
  });

  it('is a rule that no packet matches', () => {
    expect(inFilter('-A INPUT ! -p all -j DROP')).toEqual({ 'Remove the rule that no packet matches': 'COMMIT' });
  });
});
