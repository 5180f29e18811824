import { describe, expect, it } from 'vitest';
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
      expect(facts.notes).toEqual([`${v6.path}: 2 records or lines were not understood and left out.`]);
      expect(routeOf(facts, packet)).toEqual({ kind: 'unknown', rule: null });
    }
  });

  it('says what it has where an empty file is beside it', () => {
    const facts = readBundle([{ path: 'node/ip-route6.txt', text: '\n' }, v4]);
    expect(facts.routes?.skipped).toBe(0);
    expect(routeOf(facts, packet).kind).toBe('route');
  });
});
