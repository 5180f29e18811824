import { describe, expect, it } from 'vitest';
import { plainCheckOptions, plainlyChecked } from '../../server/src/cli/plain-check.ts';
import { describedProgram } from '../../server/src/cli/program.ts';

describe('check without options', () => {
  it('is asked for by files alone', () => {
    expect(plainlyChecked(['check', 'a', '-', 'b/--fix'])).toEqual(['a', '-', 'b/--fix']);
  });

  it.each([
    [[]],
    [['check']],
    [['check', '']],
    [['check', '--']],
    [['check', 'a', '--fix']],
    [['check', '--help']],
    [['check', 'a', '-h']],
    [['resolve', 'a']],
    [['help', 'check']],
    [['--version']],
  ])('is not asked for by %j', (args) => {
    expect(plainlyChecked(args)).toBeUndefined();
  });

  it('does what it does where Commander reads its options', () => {
    const check = describedProgram().commands.find((command) => command.name() === 'check');
    expect(check?.opts()).toEqual({ ...plainCheckOptions, color: 'auto' });
  });
});
