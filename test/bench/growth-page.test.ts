import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Growth } from './growth.ts';
import { growthPage, ratioOf, thisMachine } from './growth-page.ts';

function growth(lines: number, check: number, nft: number | undefined): Growth {
  return {
    lines,
    bytes: lines * 80,
    figures: [
      { what: 'iptables-nft-restore --test', kind: 'iptables', unit: 'ms', value: nft },
      { what: 'check', kind: 'command', unit: 'ms', value: check },
      { what: 'check, once more', kind: 'command', unit: 'ms', value: 60 },
      { what: 'hover, 95th percentile', kind: 'request', unit: 'ms', value: 1.23 },
    ],
  };
}

describe('the page that says how quick the program is', () => {
  const machine = { ...thisMachine('iptables v1.8.9 (nf_tables)'), cpu: 'Z80', cores: 2, load: 1.2 };

  it('has a column for each dump and a row for each thing measured', () => {
    const page = growthPage([growth(1_000, 90, 30), growth(215_000, 468, 936)], machine);
    expect(page).toContain('| lines | 1,000 | 215,000 |');
    expect(page).toContain('| `iptables-nft-restore --test` | 30 ms | 936 ms |');
    expect(page).toContain('| `check` | 90 ms | 468 ms |');
    expect(page).toContain('| `check`, once more | 60 ms | 60 ms |');
    expect(page).toContain('| hover, 95th percentile | 1.2 ms | 1.2 ms |');
    expect(page).toContain('3.00, 0.50 of it');
    expect(page).toContain('- Machine: Z80, 2 cores');
    expect(page).toContain('About 1 processes wanted the 2 cores');
  });

  it('claims nothing of iptables where it could not be run', () => {
    const dump = growth(1_000, 90, undefined);
    expect(ratioOf(dump, 'check')).toBeUndefined();
    expect(growthPage([dump], { ...machine, iptables: '' })).toContain('not measured of it');
  });

  it('is in the documentation as it was written last', () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/speed.md'), 'utf8');
    expect(page).toMatch(/^# How quick it is\n\nWritten by `npm run bench -- --docs`/);
    for (const what of [
      '`check`',
      '`check`, once more',
      '`drift`',
      '`canonical`',
      'open to first diagnostics',
      'hover, 95th percentile',
    ])
      expect(page).toContain(`\n| ${what} |`);
  });
});
