import { describe, expect, it } from 'vitest';
import { check, fixed, problemsOf } from './checked-line.ts';

describe('a mark', () => {
  it('is a number, in hexadecimal too', () => {
    check('-A INPUT -m mark --mark 0x4f00/0x4f00 -j DROP');
    check(`
-A INPUT -m mark --mark 0x4g -j DROP
                        ^^^^ bad-number: mark: trailing garbage after value for option "--mark".`);
  });
});

describe('an address', () => {
  it('has a prefix length as a network, and a port as what a packet is sent to', () => {
    check('-A INPUT -s 10.0.0.0/8 -d 10.1.2.3 -j ACCEPT');
    check('-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1:80', { table: 'nat' });
    check(`
-A INPUT -s 10.0.0.1:80 -j ACCEPT
            ^^^^^^^^^^^ bad-address: host/network \`10.0.0.1:80' not found`);
    check(
      `
-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1/8
                                              ^^^^^^^^^^ bad-address: Bad IP address "10.0.0.1/8"`,
      { table: 'nat' },
    );
  });
});

describe('values', () => {
  it.each([
    ['-s 10.0.0.256', 'bad-address', "host/network `10.0.0.256' not found"],
    ['-s 10.0.0.0/33', 'bad-mask', "invalid mask `33' specified"],
    ['-s fd00::1', 'wrong-family', "host/network `fd00::1' not found"],
    ['-i averyveryverylongname', 'bad-interface', "interface name `averyveryverylongname' must be shorter than IFNAMSIZ (15)"],
    ['-p foo', 'bad-protocol', 'unknown protocol "foo" specified'],
    ['-p tcp --dport 65536', 'bad-port', "invalid port/service `65536' specified"],
    ['-p tcp --dport 080', 'bad-port', "invalid port/service `080' specified"],
    ['-p tcp --dport 90:80', 'reversed-range', 'invalid portrange (min > max)'],
    ['-p tcp -m multiport --dports 80:80', 'bad-range', 'invalid portrange specified'],
    ['-m mark --mark 0x1/', 'bad-number', 'mark: bad integer value for option "--mark", or out of range.'],
    ['-m conntrack --ctstate NEWER', 'bad-name', 'Bad ctstate "NEWER"'],
    ['-m limit --limit 10001/sec', 'bad-rate', 'Rate too fast "10001/sec"'],
    [
      '-m length --length 1:70000',
      'bad-number',
      'length: bad value for option "--length" near "70000", or out of range (0-65535).',
    ],
    ['-m mac --mac-source 00:11:22', 'bad-mac', 'Invalid MAC address specified.'],
    [
      '-m statistic --mode random --probability 1.5',
      'bad-number',
      'statistic: bad value for option "--probability", or out of range (0-1).',
    ],
    ['-p icmp --icmp-type echo', 'bad-name', "Ambiguous ICMP type `echo': `echo-reply' or `echo-request'?"],
    [
      '-m time --timestart 24:00',
      'bad-time',
      'invalid time "24:00" specified, should be hh:mm[:ss] format and within the boundaries',
    ],
    ['-j REJECT --reject-with nothing', 'bad-name', 'unknown reject type "nothing"'],
    ['-j LOG --log-level loud', 'bad-name', 'log level "loud" unknown'],
    ['-s 10.0.0.08', 'bad-address', "host/network `10.0.0.08' not found"],
    ['-s 08.0.0.1', 'bad-address', "host/network `08.0.0.1' not found"],
  ])('%s is refused at its last word', (words, code, message) => {
    const line = `-A FORWARD ${words}`;
    expect(problemsOf(line).map((problem) => [line.slice(problem.start, problem.end), problem.code, problem.message])).toEqual([
      [words.split(' ').at(-1), code, message],
    ]);
  });

  it.each([
    '-s 10/8',
    '-s 192.168',
    '-s 16909060',
    '-s 010.0.0.1',
    '-s 10.0.0.1/255.0.255.0',
    '-p TCP --dport 0x50',
    '-p tcp --dport http',
    '-p udp --dport :53',
    '-m mark --mark 010/0xff',
    '-m conntrack --ctstate new,RELATED',
    '-m statistic --mode random --probability .5',
    '-m limit --limit 3',
    '-m time --weekdays Mon,2,Su',
    '-j REJECT --reject-with port-unreach',
  ])('%s is right', (words) => {
    expect(problemsOf(`-A FORWARD ${words}`)).toEqual([]);
  });

  it('that will never match are told', () => {
    check(`
-A INPUT -m iprange --src-range 10.0.0.9-10.0.0.1
                                ~~~~~~~~~~~~~~~~~ reversed-range: the range 10.0.0.9-10.0.0.1 is reversed and will never match`);
  });

  it('that are cut off are told', () => {
    check(`
-A INPUT -j LOG --log-prefix "dropped by the second firewall: "
                             ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ text-cut: iptables cuts this off after 29 bytes`);
  });

  it('have a fix where there is one right answer', () => {
    expect(fixed('-A INPUT -p tcp --dport 90:80')).toBe('-A INPUT -p tcp --dport 80:90');
    expect(fixed('-A INPUT -m TCP -p tcp --dport 80')).toBe('-A INPUT -m tcp -p tcp --dport 80');
    expect(fixed('*FILTER')).toBe('*filter');
    expect(fixed(':INPUT accept [0:0]')).toBe(':INPUT ACCEPT [0:0]');
  });
});

describe('rateest', () => {
  it('needs a comparison and what is compared; whether there is an estimator of the name only the machine can tell', () => {
    check(`
-A INPUT -m rateest --rateest est --rateest-bps 1000 -j ACCEPT
            ^^^^^^^ missing-option: the kernel refuses rateest without --rateest-lt, -gt or -eq`);
    check(`
-A INPUT -m rateest --rateest1 est --rateest2 other --rateest-lt -j ACCEPT
            ^^^^^^^ missing-option: the kernel refuses rateest without --rateest-bps or --rateest-pps`);
    check('-A INPUT -m rateest --rateest-lt --rateest-bps -j ACCEPT');
    check('-A INPUT -m rateest --rateest1 est --rateest-delta ! --rateest-gt --rateest-pps1 5 -j ACCEPT');
  });
});

describe('long lines', () => {
  it('have words of at most 1,023 bytes', () => {
    const problems = problemsOf(`-A INPUT -m comment --comment ${'x'.repeat(1024)} -j ACCEPT`);
    expect(problems.map(({ code, start, end }) => [code, end - start])).toContainEqual(['word-too-long', 1024]);
  });

  it('have at most 251 words', () => {
    const line = `-A INPUT${' -m recent --set'.repeat(90)}`;
    expect(problemsOf(line).map(({ code }) => code)).toEqual(['too-many-words']);
    expect(problemsOf(`-A INPUT${' -m recent --set'.repeat(80)}`)).toEqual([]);
  });
});
