/** Lines of a paste that are no line of iptables', and commands that stand behind something else. */
import { describe, expect, it } from 'vitest';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { findingsIn } from '../lint/check-findings.ts';

/** [kind, table, chain, target] of each line. */
function outline(text: string): readonly unknown[] {
  return readWholeDocument(text)
    .lines.slice()
    .map(({ kind, name, target, context }) => [kind, context.table ?? '', name, target]);
}

function errorsIn(text: string): readonly string[] {
  return findingsIn(text)
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

describe('a command in a text', () => {
  it.each([
    ['  - iptables -I FORWARD 1 -i cni0 -j ACCEPT', ['rule', 'filter', 'FORWARD', 'ACCEPT']],
    ['  - "iptables -I FORWARD 1 -i cni0 -j ACCEPT"', ['rule', 'filter', 'FORWARD', 'ACCEPT']],
    ['  - \'iptables -A FORWARD -m comment --comment "to pods" -j ACCEPT\'', ['rule', 'filter', 'FORWARD', 'ACCEPT']],
    [
      '- sudo -n iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-port 8080',
      ['rule', 'nat', 'PREROUTING', 'REDIRECT'],
    ],
    ['2) ip6tables -A INPUT -p tcp --dport 22 -j DROP', ['rule', 'filter', 'INPUT', 'DROP']],
    ['Example: iptables -t filter -A INPUT -s 192.0.2.7 -j DROP', ['rule', 'filter', 'INPUT', 'DROP']],
    ['示例：iptables -t filter -A INPUT -s 192.0.2.7 -j DROP', ['rule', 'filter', 'INPUT', 'DROP']],
    ['iptables -A OUTPUT -m comment –comment “to the portal” -j PORTAL', ['rule', 'filter', 'OUTPUT', 'PORTAL']],
  ])('is read: %j', (text, line) => {
    expect(outline(text)).toEqual([line]);
    expect(errorsIn(text)).toEqual([]);
  });

  it.each(['Note: iptables -A is what appends', 'what it says: iptables -A INPUT and so on'])(
    'is none in a sentence: %j',
    (text) => {
      expect(outline(text).flat()).not.toContain('rule');
    },
  );
});

describe('a rule that somebody quotes in a chat', () => {
  it('is read between its marks', () => {
    expect(
      outline('[10:42 AM] bo: `-A KUBE-SERVICES -d 10.43.200.3/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-ABCDABCDABCDABCD`'),
    ).toEqual([['rule', '', 'KUBE-SERVICES', 'KUBE-SVC-ABCDABCDABCDABCD']]);
  });
});

describe('a line that is no rule', () => {
  it.each([
    // A chat with a time in brackets.
    '[10:42 AM] bo: and -A KUBE-SVC-ABCDABCDABCDABCD -m comment --comment "web/front:http" -j KUBE-SEP-EFGHEFGHEFGHEFGH',
    // The source of a program that makes rules.
    '\t\t"-A", string(kubeServicesChain),',
    // Rules of ebtables.
    '  -A DEDUP -p IPv4 -s a:58:a:f4:2:1 -o veth+ --ip-src 10.244.2.1 -j ACCEPT',
    '-A FORWARD -p ARP --arp-ip-src 10.0.0.1 -j DROP',
  ])('is no mistake in one: %j', (line) => {
    expect(errorsIn(`${line}\n-A INPUT -i lo -j ACCEPT\n`)).toEqual([]);
  });

  it('is a mistake within a table, where iptables-restore decides', () => {
    expect(errorsIn('*filter\n:INPUT ACCEPT [0:0]\n"-A", string(chain),\nCOMMIT\n')).not.toEqual([]);
  });

  it('may end in a wide blank', () => {
    const rule = '-A KUBE-SEP-ABCDABCDABCDABCD -p tcp -m tcp -j DNAT --to-destination 10.0.0.7:80';
    expect(errorsIn(`text\n${rule}\u3000\n`)).toEqual([]);
  });
});

describe('a dump whose lines became blanks', () => {
  const joined =
    '*nat :PREROUTING ACCEPT [0:0] :OUTPUT ACCEPT [2:120] :KUBE-MARK-MASQ - [0:0] -A PREROUTING -j KUBE-MARK-MASQ -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000 COMMIT';

  it('is said to be several lines, and nothing is missing in it', () => {
    expect(findingsIn(joined).map(({ code, severity }) => [code, severity])).toEqual([['joined-lines', 'info']]);
  });
});
