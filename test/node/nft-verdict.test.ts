import { describe, expect, it } from 'vitest';
import { noFacts } from '../../server/src/node/facts.ts';
import { type NftPacket, nftVerdict } from '../../server/src/node/look-ups/nft-verdict.ts';
import { readNft } from '../../server/src/node/readers/nft.ts';

const packet: NftPacket = {
  hook: 'forward',
  source: '10.42.0.30',
  destination: '10.42.1.9',
  protocol: 'tcp',
  sport: 41000,
  dport: 8080,
  in: 'cni0',
  out: 'eth0',
  state: 'new',
  isTranslated: true,
  mark: 0,
};

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
