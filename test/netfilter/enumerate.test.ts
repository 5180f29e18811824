import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assumedBy, enumerate, pathWords } from './support.ts';

const remote = { isLocal: () => false };
const ways = (text: string, given = {}, options: object = remote) => enumerate(text, given, options).outcomes.map(pathWords);

describe("a packet's way", () => {
  const everywhere = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING
-A OUTPUT
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING
-A INPUT
-A FORWARD
-A OUTPUT
-A POSTROUTING
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING
-A INPUT
-A OUTPUT
-A POSTROUTING
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT
-A FORWARD
-A OUTPUT
COMMIT
`;
  const stages = (given: object, options: object) =>
    ways(everywhere, given, options).map((way) =>
      way
        .split('; ')
        .filter((step) => step.endsWith('continue'))
        .map((step) => step.replace(' continue', ''))
        .join(', '),
    );

  it('through this node: PREROUTING, FORWARD, POSTROUTING', () => {
    expect(stages({}, remote)).toEqual([
      'raw PREROUTING, mangle PREROUTING, nat PREROUTING, mangle FORWARD, filter FORWARD, mangle POSTROUTING, nat POSTROUTING',
    ]);
  });

  it('to this node: PREROUTING, INPUT, with source NAT last', () => {
    expect(stages({}, { isLocal: () => true })).toEqual([
      'raw PREROUTING, mangle PREROUTING, nat PREROUTING, mangle INPUT, filter INPUT, nat INPUT',
    ]);
  });

  it('from this node: OUTPUT, POSTROUTING', () => {
    expect(stages({ isFromHere: true }, remote)).toEqual([
      'raw OUTPUT, mangle OUTPUT, nat OUTPUT, filter OUTPUT, mangle POSTROUTING, nat POSTROUTING',
    ]);
  });

  it('through lo: what this node sent to itself meets no nat again', () => {
    const { outcomes, assumptions } = enumerate(everywhere, { in: 'lo' }, remote);
    expect(outcomes.map((outcome) => pathWords(outcome).includes('nat '))).toEqual([false]);
    expect(pathWords(outcomes[0] ?? expect.fail())).toContain('filter INPUT');
    expect(assumptions).toContain('A packet that comes in by lo has its NAT behind it: table nat is not asked.');
  });

  it('within a connection: nat is not asked', () => {
    expect(stages({ state: 'ESTABLISHED' }, remote)).toEqual([
      'raw PREROUTING, mangle PREROUTING, mangle FORWARD, filter FORWARD, mangle POSTROUTING',
    ]);
  });

  it('is followed both ways where nobody says whether the address is the node’s', () => {
    const { outcomes } = enumerate(everywhere, {}, {});
    expect(outcomes.map((outcome) => [pathWords(outcome).includes('filter INPUT'), assumedBy(outcome)])).toEqual([
      [false, ['10.0.0.1 is no address of this node.']],
      [true, ['10.0.0.1 is an address of this node.']],
    ]);
  });

  it('is forwarded where an outgoing interface is given', () => {
    expect(enumerate(everywhere, { out: 'eth1' }, {}).outcomes).toHaveLength(1);
  });
});

describe('jumps', () => {
  it('go into a chain and come back after its last rule and at RETURN', () => {
    const text = `*filter
:FORWARD ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A FORWARD -j A
-A FORWARD -j B
-A FORWARD -j DROP
-A A -s 10.9.9.9/32 -j DROP
-A B -j RETURN
-A B -j REJECT
COMMIT
`;
    expect(ways(text)).toEqual(['filter FORWARD jump A; filter FORWARD jump B; filter B return; filter FORWARD drop']);
  });

  it('with goto come back to whoever jumped before, and from a built-in chain to its policy', () => {
    const text = `*filter
:FORWARD DROP [0:0]
:A - [0:0]
:B - [0:0]
:C - [0:0]
-A FORWARD -j A
-A FORWARD -g C
-A FORWARD -j ACCEPT
-A A -g B
-A A -j ACCEPT
-A B -j MARK --set-xmark 0x1/0x1
-A C -m mark --mark 0x2 -j ACCEPT
COMMIT
`;
    expect(ways(text)).toEqual([
      'filter FORWARD jump A; filter A goto B; filter B mark 0x1/0x1; filter FORWARD goto C; filter FORWARD policy drop',
    ]);
  });

  it('that lead back are passed over and said', () => {
    const text = '*filter\n:FORWARD ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n-A FORWARD -j A\n-A A -j B\n-A B -j A\nCOMMIT\n';
    const { outcomes, assumptions } = enumerate(text, {}, remote);
    expect(outcomes.map((outcome) => outcome.verdict)).toEqual(['accept']);
    expect(assumptions).toEqual(['B leads back to A, which iptables refuses: the jump is passed over.']);
  });

  it('to a chain that an excerpt does not have are passed over, and the chain named', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j KUBE-SVC-TCOU7JCQXEZGVUNU\nCOMMIT\n';
    const { outcomes, missing } = enumerate(text, {}, remote);
    expect(outcomes.map((outcome) => outcome.verdict)).toEqual(['accept']);
    expect(missing.map((chain) => chain.name)).toEqual(['KUBE-SVC-TCOU7JCQXEZGVUNU']);
  });

  it('to a chain that is called like a target go to the chain', () => {
    const text = '*filter\n:FORWARD ACCEPT [0:0]\n:LOG - [0:0]\n-A FORWARD -j LOG\n-A LOG -j DROP\nCOMMIT\n';
    expect(ways(text)).toEqual(['filter FORWARD jump LOG; filter LOG drop']);
  });
});

describe('targets', () => {
  it('that refuse end the way in any table', () => {
    expect(ways('*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DROP\nCOMMIT\n')).toEqual(['raw PREROUTING drop']);
    const text = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n';
    expect(ways(text)).toEqual(['filter FORWARD reject with tcp-reset']);
  });

  it('ACCEPT ends its table only', () => {
    const text =
      '*mangle\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\n-A FORWARD -j DROP\nCOMMIT\n*filter\n:FORWARD DROP [0:0]\nCOMMIT\n';
    expect(ways(text)).toEqual(['mangle FORWARD accept; filter FORWARD policy drop']);
  });

  it('change marks bit by bit', () => {
    const mark = (rule: string, before = 0) =>
      enumerate(`*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ${rule}\nCOMMIT\n`, { mark: before }, remote).outcomes[0]
        ?.packet.mark;
    expect(mark('MARK --set-xmark 0x4000/0x4000', 0x1)).toBe(0x4001);
    expect(mark('MARK --set-xmark 0x4000/0x0', 0x4001)).toBe(0x1);
    expect(mark('MARK --set-mark 0x2/0xf', 0xff)).toBe(0xf2);
    expect(mark('MARK --or-mark 0x8000', 0x1)).toBe(0x8001);
    expect(mark('MARK --and-mark 0xff', 0x1ff)).toBe(0xff);
    expect(mark('MARK --xor-mark 0xffffffff', 0x1)).toBe(0xfffffffe);
  });

  it('carry marks to the connection and back', () => {
    const text = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j CONNMARK --set-xmark 0x7/0xffffffff
-A PREROUTING -j CONNMARK --restore-mark
-A PREROUTING -m mark --mark 0x7 -m connmark --mark 0x7 -j DROP
COMMIT
`;
    expect(ways(text)[0]).toContain('restore mark; mangle PREROUTING drop');
  });

  it('translate addresses, and later rules see the new ones and the old', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 10.0.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.9:8080
-A POSTROUTING -d 10.244.0.9/32 -j MASQUERADE --random-fully
COMMIT
*filter
:FORWARD DROP [0:0]
-A FORWARD -d 10.244.0.9/32 -p tcp -m tcp --dport 8080 -m conntrack --ctorigdst 10.0.0.1 --ctstate DNAT -j ACCEPT
COMMIT
`;
    const { outcomes } = enumerate(text, {}, remote);
    expect(outcomes.map(pathWords)).toEqual([
      'nat PREROUTING dnat to 10.244.0.9:8080; filter FORWARD accept; nat POSTROUTING masquerade',
    ]);
    expect(outcomes[0]?.packet).toMatchObject({ destination: { text: '10.244.0.9' }, dport: 8080, source: null, snat: true });
  });

  it.each([
    ['--to-destination 10.1.1.1', '10.1.1.1', 80],
    ['--to-destination :8080', '10.0.0.1', 8080],
    // Of a range of ports the one that the packet has stays; else the kernel picks one.
    ['--to-destination 10.1.1.1:70-90', '10.1.1.1', 80],
    ['--to-destination 10.1.1.1:1000-2000', '10.1.1.1', null],
    ['--to-destination 10.1.1.1:70-190 --random', '10.1.1.1', null],
    ['--to-destination 10.1.1.1:9000-9100/70', '10.1.1.1', 9010],
  ])('DNAT %s', (where, ip, port) => {
    const { outcomes } = enumerate(`*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT ${where}\nCOMMIT\n`, {}, remote);
    expect(outcomes[0]?.packet).toMatchObject({ destination: { text: ip }, dport: port });
  });

  it('DNAT to an IPv6 address with a port', () => {
    const text =
      '# Generated by ip6tables-save v1.8.9 on x\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT --to-destination [fd00::5]:8080\nCOMMIT\n';
    const { outcomes } = enumerate(text, { from: 'fd00::9', to: 'fd00::1' }, remote);
    expect(outcomes[0]?.packet).toMatchObject({ destination: { text: 'fd00::5' }, dport: 8080 });
  });

  it('whose address iptables could not print leave it, and say so', () => {
    const text = '*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -j DNAT [unsupported revision]\nCOMMIT\n';
    const { outcomes, assumptions } = enumerate(text, {}, remote);
    expect(outcomes[0]?.packet).toMatchObject({ destination: { text: '10.0.0.1' }, dnat: true });
    expect(assumptions.join()).toContain('Line 3 does not say where DNAT sends packets');
  });

  it('REDIRECT and NETMAP change the destination', () => {
    const to = (rule: string) =>
      enumerate(`*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT\n`, {}, remote).outcomes[0]?.packet;
    expect(to('-p tcp -j REDIRECT --to-ports 15001')).toMatchObject({ destination: { text: '127.0.0.1' }, dport: 15001 });
    expect(to('-j NETMAP --to 192.168.7.0/24')).toMatchObject({ destination: { text: '192.168.7.1' } });
  });

  it('that nobody knows may be chains that are missing', () => {
    const text = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j FROBNICATE --hard\nCOMMIT\n';
    const { outcomes, missing } = enumerate(text, {}, remote);
    expect(outcomes.map((outcome) => outcome.verdict)).toEqual(['accept']);
    expect(missing.map((chain) => chain.name)).toEqual(['FROBNICATE']);
  });
});

describe('the order of rules', () => {
  const build = (lines: string) => `*filter\n:FORWARD ACCEPT [0:0]\n${lines}\nCOMMIT\n`;

  it.each([
    ['-A FORWARD -j DROP\n-I FORWARD -j REJECT', 'reject'],
    ['-A FORWARD -j LOG\n-A FORWARD -j DROP\n-I FORWARD 2 -j REJECT', 'reject'],
    ['-A FORWARD -j DROP\n-R FORWARD 1 -j REJECT', 'reject'],
    ['-A FORWARD -j DROP\n-A FORWARD -j REJECT\n-D FORWARD 1', 'reject'],
    ['-A FORWARD -s 10.0.0.0/8 -j DROP\n-A FORWARD -j REJECT\n-A FORWARD -j DROP\n-D FORWARD -j REJECT', 'drop'],
    ['-A FORWARD -j DROP\n-F FORWARD\n-A FORWARD -j REJECT', 'reject'],
    ['-A FORWARD -j DROP\n-C FORWARD -j REJECT', 'drop'],
    ['-P FORWARD DROP', 'drop'],
  ])('%s', (lines, verdict) => {
    expect(enumerate(build(lines), {}, remote).outcomes.map((outcome) => outcome.verdict)).toEqual([verdict]);
  });

  it('says it where the dump does not give a policy', () => {
    const { assumptions } = enumerate('*filter\n-A FORWARD -j LOG\nCOMMIT\n', {}, remote);
    expect(assumptions).toEqual([
      'The dump does not say the policy of FORWARD in table filter: ACCEPT, as long as nobody changes it.',
    ]);
  });
});

describe('many ways', () => {
  it('end at a limit, and say so', () => {
    const rules = Array.from(
      { length: 14 },
      (_, at) => `-A FORWARD -m set --match-set s${at} src -j MARK --or-mark 0x${(1 << at).toString(16)}`,
    );
    const text = `*filter\n:FORWARD ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
    const all = enumerate(text, {}, remote);
    expect([all.outcomes.length, all.complete]).toEqual([2 ** 14, true]);
    const some = enumerate(text, {}, { ...remote, mostOutcomes: 100 });
    expect([some.outcomes.length, some.complete]).toEqual([100, false]);
    expect(some.assumptions.at(-1)).toContain('more outcomes');
  });

  it('add up to one, whatever the jumps and chances', () => {
    const target = fc.constantFrom('ACCEPT', 'DROP', 'REJECT', 'RETURN', 'A', 'B', 'LOG');
    const rule = fc.record({
      chain: fc.constantFrom('FORWARD', 'A', 'B'),
      chance: fc.option(fc.integer({ min: 1, max: 9 })),
      target,
      goto: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 14 }), (rules) => {
        const lines = rules.map(({ chain, chance, target: name, goto }) => {
          const by = chance === null ? '' : `-m statistic --mode random --probability 0.${chance}0000000000 `;
          return `-A ${chain} ${by}${goto && (name === 'A' || name === 'B') ? '-g' : '-j'} ${name}`;
        });
        const text = `*filter\n:FORWARD ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n${lines.join('\n')}\nCOMMIT\n`;
        const { outcomes, complete } = enumerate(text, {}, remote);
        expect(complete).toBe(true);
        expect(outcomes.reduce((sum, outcome) => sum + outcome.probability, 0)).toBeCloseTo(1, 9);
      }),
      { seed: 20261124, numRuns: 300 },
    );
  });
});
