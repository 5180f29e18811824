import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { fixAll } from '../../server/src/features/fix-all.ts';
import { readSettings } from '../../server/src/lsp/settings.ts';
import { dumpState } from '../support/dump-state.ts';

const { severities } = readSettings(undefined);
const undeclared = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j WEB\n-A WEB -j ACCEPT\nCOMMIT\n';

function titles(text: string): readonly string[] {
  return runToEnd(fixAll(dumpState(text), severities)).map(({ title }) => title);
}

describe('all safe fixes at once', () => {
  it('are offered where there is one', () => {
    expect(titles(undeclared)).toEqual(['Make all safe fixes']);
    expect(titles(undeclared.replace(':INPUT', ':WEB - [0:0]\n:INPUT'))).toEqual([]);
  });

  it('are not offered in a text that nobody mends by a click', () => {
    expect(titles(`${undeclared}${'\n'.repeat(300_000)}`)).toEqual([]);
    expect(titles(`${undeclared}${'*filter\nCOMMIT\n'.repeat(1_000)}`)).toEqual([]);
  });
});
