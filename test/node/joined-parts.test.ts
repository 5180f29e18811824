import { describe, expect, it } from 'vitest';
import { decidedBy } from '../../server/src/diagnose/route-words.ts';
import { readBundle } from '../../server/src/node/bundle.ts';
import { routeOf } from '../../server/src/node/look-ups/route.ts';

const v6 = { path: 'node/ip-route6.txt', text: 'fe80::/64 dev eth0 proto kernel metric 256\n' };
const v4 = { path: 'node/ip-route.txt', text: '10.0.0.0/24 dev eth0\n' };
const notUnderstood = { path: 'node/ip-route.txt', text: 'what nobody knows\nnor this\n' };
const packet = { destination: '10.0.0.9', source: '', mark: 0, in: '' };

describe('a part of which a bundle has a file for each family', () => {
  it('is known to lack what one of them says, in whatever order they come', () => {
    for (const files of [
      [notUnderstood, v6],
      [v6, notUnderstood],
    ]) {
      const facts = readBundle(files);
      expect(facts.routes).toMatchObject({ file: v6.path, records: [{ network: 'fe80::/64' }], skipped: 2 });
      expect(facts.notes).toEqual([`${notUnderstood.path}: 2 records or lines were not understood and left out.`]);
      expect(routeOf(facts, packet)).toEqual({ kind: 'unknown', rule: null });
    }
  });

  it('is said to lack something by the file that it stands in', () => {
    const both = [
      { path: 'node/ip-route.txt', text: `${v4.text}what nobody knows\n` },
      { path: 'node/ip-route6.txt', text: `${v6.text}this neither\nnor this\n` },
    ];
    const text = 'not understood and left out.';
    expect(readBundle(both).notes).toEqual([
      `node/ip-route.txt: 1 record or line was ${text}`,
      `node/ip-route6.txt: 2 records or lines were ${text}`,
    ]);
  });

  it('has records that say which of the files they stand in', () => {
    const facts = readBundle([{ path: v4.path, text: `\n${v4.text}` }, v6]);
    const placeOf = (destination: string): unknown => {
      const answer = routeOf(facts, { ...packet, destination });
      return decidedBy({ facts }, answer).map(({ file, line }) => [file, line]);
    };
    expect(placeOf('10.0.0.9')).toEqual([[v4.path, 2]]);
    expect(placeOf('fe80::9')).toEqual([[v6.path, 1]]);
  });

  it('says what it has where an empty file is beside it', () => {
    const facts = readBundle([{ path: 'node/ip-route6.txt', text: '\n' }, v4]);
    expect(facts.routes?.skipped).toBe(0);
    expect(routeOf(facts, packet).kind).toBe('route');
  });
});
