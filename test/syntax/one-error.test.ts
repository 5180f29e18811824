import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

/** The errors of one line of an IPv4 filter table. */
function errorsOf(line: string): readonly string[] {
  const read = readWholeDocument(`*filter\n${line}\nCOMMIT\n`, 'rules.v4').lines.at(1);
  return (read?.problems ?? []).filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

// iptables stops at the first fault that it finds. Recorded from iptables 1.8.9.
describe('a line has one error, the one that iptables reports', () => {
  it.each([
    ['-A INPUT -j DROP <--- this one', "Bad argument `<---'"],
    ['-A INPUT -d ! 10.0.0.0/8 -j DROP', "Bad argument `10.0.0.0/8'"],
    // Addresses are read when all words have been seen.
    ['-A INPUT -s 1.2.3.4.5 foo -j DROP', "Bad argument `foo'"],
    ['-A INPUT -p tcp --dport 99999 --foo', "invalid port/service `99999' specified"],
    ['-A INPUT -m conntrack --foo --ctstate X -s 999', 'unknown option "--foo"'],
    ['-A INPUT -m conntrack foo', "Bad argument `foo'"],
    ['-A INPUT -i eth0 -i eth1 -j DROP -j ACCEPT', 'multiple -i flags not allowed'],
    ['-I INPUT x -p nosuch -j DROP', "Invalid rule number `x'"],
    ['-A INPUT --in eth0 -j DROP', 'unknown option "--in"'],
  ])('%s', (line, message) => {
    expect(errorsOf(line)).toEqual([message]);
  });
});
