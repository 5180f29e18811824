import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { routeOf } from '../../server/src/node/look-ups/route.ts';

const v6 = { path: 'node/ip-route6.txt', text: 'fe80::/64 dev eth0 proto kernel metric 256\n' };
const v4 = { path: 'node/ip-route.txt', text: '10.0.0.0/24 dev eth0\n' };
const rules = {
  path: 'node/ip-rule.txt',
  text: '0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default\n',
};

function kindOf(files: Parameters<typeof readBundle>[0], destination: string): string {
  return routeOf(readBundle(files), { destination, source: '', mark: 0, in: '' }).kind;
}

describe('routing where a bundle has the routes of one family', () => {
  it.each([
    ['without policy rules', []],
    ['with them', [rules]],
  ])('is not known for the other, %s', (_, more) => {
    expect(kindOf([v6, ...more], '10.0.0.9')).toBe('unknown');
    expect(kindOf([v4, ...more], '2001:db8::9')).toBe('unknown');
  });

  it('is not known where a rule refuses what no route before it takes', () => {
    const refusing = { path: rules.path, text: `${rules.text}40000: from all prohibit\n` };
    expect(kindOf([v6, refusing], '10.0.0.9')).toBe('unknown');
    expect(kindOf([v4, refusing], '192.0.2.1')).toBe('none');
  });

  it('is known to have none for an address of that family', () => {
    expect(kindOf([v4], '192.0.2.1')).toBe('none');
    expect(kindOf([v4, rules], '192.0.2.1')).toBe('none');
    expect(kindOf([v6], '2001:db8::9')).toBe('none');
  });
});
