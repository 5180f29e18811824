import { describe, expect, it } from 'vitest';
import { noFacts } from '../../server/src/node/facts.ts';
import type { NftPacket } from '../../server/src/node/look-ups/nft-conditions.ts';
import { nftNotrack, nftTranslation, nftVerdict } from '../../server/src/node/look-ups/nft-verdict.ts';
import { readNft } from '../../server/src/node/readers/nft.ts';
import { forwardedPacket as packet } from './forwarded-packet.ts';

const where = { family: 'inet', table: 'guard' };
const base = { chain: { ...where, name: 'ways', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' } };
const chain = (name: string): object => ({ chain: { ...where, name } });
const rule = (name: string, ...expr: readonly object[]): object => ({ rule: { ...where, chain: name, expr } });

/** "drop", "perhaps drop", "passes". */
function fate(...objects: readonly object[]): string {
  const end = nftVerdict(noFacts, readNft('nft.json', JSON.stringify({ nftables: [base, ...objects] })), packet);
  return end === undefined ? 'passes' : `${end.isSure ? '' : 'perhaps '}${end.verdict}`;
}

describe('chains of nftables', () => {
  it('drop where a rule does', () => {
    expect(fate(rule('ways', { drop: null }))).toBe('drop');
    expect(fate(chain('more'), rule('more', { drop: null }), rule('ways', { jump: { target: 'more' } }))).toBe('drop');
  });

  it('let pass what no rule is for', () => {
    expect(fate()).toBe('passes');
    expect(fate(chain('more'), rule('ways', { jump: { target: 'more' } }))).toBe('passes');
  });

  it('may do anything in a chain that is not shown, or lies too deep to be followed', () => {
    expect(fate(rule('ways', { jump: { target: 'elsewhere' } }))).toBe('perhaps drop');
    const names = Array.from({ length: 30 }, (_, at) => `c${at}`);
    const jumps = names.map((name, at) => rule(name, at === 29 ? { accept: null } : { jump: { target: `c${at + 1}` } }));
    expect(fate(...names.map(chain), ...jumps, rule('ways', { jump: { target: 'c0' } }))).toBe('perhaps drop');
  });
});

describe('flags of TCP in a rule of nftables', () => {
  const flags = { payload: { protocol: 'tcp', field: 'flags' } };
  const drops = (op: string, left: object, right: unknown): string =>
    fate(rule('ways', { match: { op, left, right } }, { drop: null }));

  it.each([
    ['==', { '&': [flags, ['syn', 'ack']] }, ['syn', 'ack'], 'passes'],
    ['==', { '&': [flags, { '|': ['syn', 'ack'] }] }, 'syn', 'drop'],
    ['!=', { '&': [flags, 'syn'] }, 0, 'drop'],
    ['in', flags, 'syn', 'drop'],
    ['in', flags, ['syn', 'ack'], 'drop'],
    ['in', flags, ['rst', 'ack'], 'passes'],
    ['!', flags, 'syn', 'passes'],
    ['!', flags, 'ack', 'drop'],
    ['==', flags, 2, 'drop'],
    ['!=', flags, 'syn', 'passes'],
    ['==', flags, { set: ['ack', 'syn'] }, 'drop'],
    ['in', flags, 'none', 'perhaps drop'],
    ['==', flags, { range: [1, 2] }, 'perhaps drop'],
  ])('%s %j %j', (op, left, right, expected) => {
    expect(drops(op, left, right)).toBe(expected);
  });

  it('are none of another protocol, and not known where nobody says them', () => {
    const tables = readNft(
      'nft.json',
      JSON.stringify({ nftables: [base, rule('ways', { match: { op: 'in', left: flags, right: 'syn' } }, { drop: null })] }),
    );
    expect(nftVerdict(noFacts, tables, { ...packet, protocol: 'udp' })).toBeUndefined();
    const { flags: _flags, ...unknown } = packet;
    expect(nftVerdict(noFacts, tables, unknown)?.isSure).toBe(false);
  });
});

describe('chains of nftables at other places', () => {
  const drops = (family: string, hook: string, more: object = {}): ReturnType<typeof readNft> =>
    readNft(
      'nft.json',
      JSON.stringify({
        nftables: [{ chain: { family, table: 'guard', name: 'c', type: 'filter', hook, prio: 0, policy: 'drop', ...more } }],
      }),
    );

  it('are for the device that a packet comes in by', () => {
    const comesIn: NftPacket = { ...packet, hook: 'ingress', layer: 'device', in: 'eth0' };
    expect(nftVerdict(noFacts, drops('netdev', 'ingress', { dev: 'eth0' }), comesIn)?.verdict).toBe('drop');
    expect(nftVerdict(noFacts, drops('netdev', 'ingress', { dev: ['eth1', 'eth0'] }), comesIn)?.verdict).toBe('drop');
    expect(nftVerdict(noFacts, drops('netdev', 'ingress', { dev: 'eth1' }), comesIn)).toBeUndefined();
    expect(nftVerdict(noFacts, drops('netdev', 'ingress', { dev: 'eth0' }), packet)).toBeUndefined();
    expect(nftVerdict(noFacts, drops('netdev', 'ingress', { dev: 'eth0' }), comesIn)?.isSure).toBe(true);
    // nft 1.0.6 does not say which device.
    expect(nftVerdict(noFacts, drops('netdev', 'ingress'), comesIn)?.isSure).toBe(false);
  });

  it('are for what a bridge passes', () => {
    expect(nftVerdict(noFacts, drops('bridge', 'forward'), { ...packet, layer: 'bridge' })?.verdict).toBe('drop');
    expect(nftVerdict(noFacts, drops('bridge', 'forward'), packet)).toBeUndefined();
  });
});

describe('rules of nftables before those of iptables', () => {
  const sent: NftPacket = { ...packet, hook: 'prerouting', destination: '10.96.10.80', dport: 80 };
  const toPort = (port: number): object => ({
    match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: port },
  });
  const tables = (type: string, prio: number, port: number, does: object): ReturnType<typeof readNft> =>
    readNft(
      'nft.json',
      JSON.stringify({
        nftables: [
          { chain: { ...where, name: 'early', type, hook: 'prerouting', prio, policy: 'accept' } },
          rule('early', toPort(port), does),
        ],
      }),
    );

  it.each([
    ['a translation', 'nat', -110, 80, true],
    ['one of another port', 'nat', -110, 81, false],
    ['one that comes too late', 'nat', -90, 80, false],
  ] as const)('%s', (_what, type, prio, port, isOne) => {
    const found = nftTranslation(noFacts, tables(type, prio, port, { redirect: { port: 9999 } }), sent);
    expect(found?.chain.name).toBe(isOne ? 'early' : undefined);
  });

  it.each([
    ['notrack', -300, 80, true],
    ['notrack of another port', -300, 81, false],
    ['notrack behind conntrack', -150, 80, false],
  ] as const)('%s', (_what, prio, port, isOne) => {
    const found = nftNotrack(noFacts, tables('filter', prio, port, { notrack: null }), sent);
    expect(found?.chain.name).toBe(isOne ? 'early' : undefined);
  });
});
