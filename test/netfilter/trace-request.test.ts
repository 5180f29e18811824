import { describe, expect, it } from 'vitest';
import { tcpFlags } from '../../server/src/netfilter/packet.ts';
import { readMarks, readRequest, type TraceRequest } from '../../server/src/netfilter/trace-request.ts';

const request = (more: Partial<TraceRequest> = {}): TraceRequest => ({ from: '10.0.0.1', to: '10.0.0.2:80', ...more });

/** Whether a request is a packet; the message of its refusal where it is none. */
function said(more: Partial<TraceRequest>): string {
  try {
    readRequest(request(more));
    return 'a packet';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('numbers of a request', () => {
  it.each<readonly [name: 'mark' | 'ttl' | 'length' | 'sport', least: number, most: number]>([
    ['mark', 0, 4294967295],
    ['ttl', 0, 255],
    ['length', 20, 65535],
    ['sport', 0, 65535],
  ])('--%s goes from %i to %i', (name, least, most) => {
    const option = (value: number): Partial<TraceRequest> => ({ [name]: `${value}` });
    expect(readRequest(request(option(least)))[name]).toBe(least);
    expect(readRequest(request(option(most)))[name]).toBe(most);
    expect(said(option(most + 1))).toBe(`--${name} "${most + 1}" is no number from ${least} to ${most}.`);
    if (least > 0) expect(said(option(least - 1))).toContain('is no number');
    expect(said({ [name]: 'x' })).toContain('is no number');
  });

  it('are not known where nobody gives them, but for the mark, which is 0', () => {
    expect(readRequest(request())).toMatchObject({
      mark: 0,
      ttl: null,
      length: null,
      sport: null,
      tos: null,
      uid: null,
      gid: null,
    });
  });
});

describe('ends of a request', () => {
  it('are addresses, with ports where the protocol has them', () => {
    const packet = readRequest(request({ from: '10.0.0.1:4000' }));
    expect([packet.source?.text, packet.sport, packet.destination?.text, packet.dport]).toEqual([
      '10.0.0.1',
      4000,
      '10.0.0.2',
      80,
    ]);
    const six = readRequest({ from: '[fd00::1]:4000', to: '[fd00::2]:80', protocol: 'udp' });
    expect([six.source?.text, six.sport, six.destination?.text, six.dport, six.protocol]).toEqual([
      'fd00::1',
      4000,
      'fd00::2',
      80,
      'udp',
    ]);
    const ping = readRequest({ from: '10.0.0.1', to: '10.0.0.2', protocol: 'icmp', icmpType: 'echo-request' });
    expect([ping.sport, ping.dport, ping.icmp]).toEqual([null, null, { type: 8, code: 0 }]);
    expect(readRequest({ from: '10.0.0.1:4000', to: '10.0.0.2:80', protocol: 'gre' })).toMatchObject({
      sport: null,
      dport: null,
    });
  });

  it.each([':80', '10.0.0.1-10.0.0.5', '10.0.0.1:80-90', '', ' ', '10.0.0', '0x0a000001'])('are none in %j', (from) => {
    expect(said({ from })).toContain('is no address');
  });

  it('say the source port once, or alike', () => {
    expect(readRequest(request({ sport: '4000' })).sport).toBe(4000);
    expect(readRequest(request({ from: '10.0.0.1:4000', sport: '4000' })).sport).toBe(4000);
    expect(said({ from: '10.0.0.1:4000', sport: '4001' })).toBe('--sport 4001 is not the port that --from says.');
  });
});

describe('where a packet is first met', () => {
  it('is OUTPUT for a loopback source, unless it came in by an interface', () => {
    expect(readRequest(request()).isFromHere).toBe(false);
    expect(readRequest(request({ from: '127.0.0.1' })).isFromHere).toBe(true);
    expect(readRequest(request({ from: '127.0.0.1', in: 'lo' })).isFromHere).toBe(false);
    expect(readRequest(request({ hook: 'OUTPUT' })).isFromHere).toBe(true);
    expect(readRequest(request({ from: '127.0.0.1', hook: 'prerouting' })).isFromHere).toBe(false);
  });

  it('is this node where a process is said, by number or by a name that every system has', () => {
    expect(readRequest(request({ hook: 'output', uid: '1000', gid: 'root' }))).toMatchObject({ uid: 1000, gid: 0 });
    expect(said({ uid: '1000' })).toContain('--uid and --gid are those of a process of this node');
    expect(said({ gid: '0' })).toContain('--uid and --gid are those of a process of this node');
    expect(said({ hook: 'output', uid: '1000-2000' })).toContain('--uid "1000-2000" is no user');
    expect(said({ hook: 'output', gid: 'nobody-knows' })).toContain('is no group');
  });

  it('has interfaces with names that the kernel takes', () => {
    expect(readRequest(request({ in: 'abcdefghijklmno', out: 'eth0.100' }))).toMatchObject({
      in: 'abcdefghijklmno',
      out: 'eth0.100',
    });
    for (const name of ['abcdefghijklmnop', '', 'eth 0', 'eth/0', 'eth:0'])
      expect(said({ in: name })).toBe(`--in ${JSON.stringify(name)} is no name of an interface.`);
    expect(said({ out: 'eth/0' })).toContain('--out');
  });
});

describe('the state of a packet', () => {
  const stateOf = (more: Partial<TraceRequest>): readonly unknown[] => {
    const { state, direction } = readRequest(request(more));
    return [state, direction];
  };

  it('is what conntrack says of one that it knows nothing of', () => {
    expect(stateOf({})).toEqual(['NEW', 'original']);
    expect(stateOf({ flags: 'SYN' })).toEqual(['NEW', 'original']);
    expect(stateOf({ flags: 'ACK' })).toEqual(['NEW', 'original']);
    expect(stateOf({ flags: 'ACK,PSH,URG' })).toEqual(['NEW', 'original']);
    expect(stateOf({ flags: 'SYN,ACK' })[0]).toBe('INVALID');
    expect(stateOf({ flags: 'RST' })[0]).toBe('INVALID');
    expect(stateOf({ flags: 'NONE' })[0]).toBe('INVALID');
    const ofIcmp = (icmpType: string): unknown => stateOf({ to: '10.0.0.2', protocol: 'icmp', icmpType })[0];
    expect(['echo-request', 'echo-reply', 'port-unreachable', 'time-exceeded'].map(ofIcmp)).toEqual([
      'NEW',
      'INVALID',
      'RELATED',
      'RELATED',
    ]);
    const ofSix = (icmpType: string): unknown =>
      readRequest({ from: 'fd00::1', to: 'fd00::2', protocol: 'ipv6-icmp', icmpType }).state;
    expect(['echo-request', 'neighbour-solicitation', 'packet-too-big'].map(ofSix)).toEqual(['NEW', 'UNTRACKED', 'RELATED']);
  });

  it('is what the request says, in capitals or not', () => {
    expect(stateOf({ state: 'established' })).toEqual(['ESTABLISHED', null]);
    expect(stateOf({ state: 'RELATED' })).toEqual(['RELATED', 'original']);
  });

  it('has a direction where flags or an ICMP type tell it', () => {
    expect(stateOf({ state: 'ESTABLISHED', flags: 'SYN' })).toEqual(['ESTABLISHED', 'original']);
    expect(stateOf({ state: 'ESTABLISHED', flags: 'SYN,ACK' })).toEqual(['ESTABLISHED', 'reply']);
    expect(stateOf({ state: 'ESTABLISHED', flags: 'ACK' })).toEqual(['ESTABLISHED', null]);
    const ofPing = (icmpType: string): unknown =>
      stateOf({ to: '10.0.0.2', protocol: 'icmp', icmpType, state: 'ESTABLISHED' })[1];
    expect(['echo-request', 'echo-reply'].map(ofPing)).toEqual(['original', 'reply']);
  });

  it('of a later packet is that of a connection that was established', () => {
    expect(said({ kind: 'answer', state: 'ESTABLISHED' })).toBe('a packet');
    expect(said({ kind: 'later', state: 'NEW' })).toContain('--state NEW does not go with --reply or --established');
    expect(readRequest(request({ kind: 'answer', state: 'ESTABLISHED' })).state).toBe('NEW');
  });
});

describe('what a request says of the packet itself', () => {
  it('goes with the protocol that has it', () => {
    expect(said({ flags: 'SYN', protocol: 'udp' })).toBe('--flags goes with --proto tcp, not udp.');
    expect(said({ icmpType: 'echo-request' })).toBe('--icmp-type goes with --proto icmp or ipv6-icmp, not tcp.');
    expect(said({ protocol: '47', to: '10.0.0.2' })).toBe('a packet');
  });

  it.each<readonly [Partial<TraceRequest>, string]>([
    [{ flags: 'SYN,FOO' }, '--flags "SYN,FOO": expected names'],
    [{ to: '10.0.0.2', protocol: 'icmp', icmpType: 'any' }, '--icmp-type "any" is no type'],
    [{ to: '10.0.0.2', protocol: 'icmp', icmpType: 'nothing' }, '--icmp-type "nothing" is no type'],
    [{ tos: 'x' }, '--tos "x" is none'],
    [{ protocol: '' }, '--proto "" is no protocol'],
  ])('is refused in %j', (more, message) => {
    expect(said(more)).toContain(message);
  });

  it('is said of the answer where that is asked for, and of the first packet only what opens the connection', () => {
    const asked = request({ flags: 'SYN,ACK', mark: '7', ttl: '9', kind: 'answer' });
    expect(readRequest(asked)).toMatchObject({ flags: tcpFlags.SYN, mark: 0, ttl: null });
    expect(readMarks(asked, 'ipv4')).toMatchObject({ mark: 7, ttl: 9 });
    const ping = { from: '10.0.0.1', to: '10.0.0.2', protocol: 'icmp', kind: 'answer' } as const;
    expect(readRequest({ ...ping, icmpType: 'echo-request' }).icmp).toEqual({ type: 8, code: 0 });
    expect(readRequest({ ...ping, icmpType: 'echo-reply' }).icmp).toEqual({ type: 8, code: 0 });
    expect(readMarks({ ...ping, icmpType: 'echo-request' }, 'ipv4')).not.toHaveProperty('icmp');
    expect(readMarks({ ...ping, icmpType: 'echo-reply' }, 'ipv4')).toMatchObject({ icmp: { type: 0, code: 0 } });
    expect(readMarks(request(), 'ipv4')).not.toHaveProperty('flags');
  });
});
