import { describe, expect, it } from 'vitest';
import { plainCheckOptions, plainlyChecked } from '../../server/src/cli/plain-check.ts';
import { describedProgram } from '../../server/src/cli/program.ts';

describe('check without options', () => {
  it('is asked for by files alone', () => {
    expect(plainlyChecked(['check', 'a', '-', 'b/--fix'])).toEqual({ files: ['a', '-', 'b/--fix'], options: plainCheckOptions });
  });

  it.each([
    [['--no-cache', 'a'], { cache: false }],
    [['a', '--no-cache', 'b', '--no-cache'], { cache: false }],
    [['--format', 'json', 'a'], { format: 'json' }],
    [['a', '--format=sarif', '-'], { format: 'sarif' }],
    [['a', '--format', 'json', '--no-cache', '--format=github'], { format: 'github', cache: false }],
  ])('is as Commander reads it: %j', async (args, options) => {
    const plain = plainlyChecked(['check', ...args]);
    expect(plain?.options).toEqual({ ...plainCheckOptions, ...options });
    const check = describedProgram().commands.find((command) => command.name() === 'check');
    const read: unknown[] = [];
    check?.action((...given) => void read.push(...given.slice(0, 2)));
    await check?.parseAsync(args, { from: 'user' });
    expect(read).toEqual([plain?.files, { ...plain?.options, color: undefined }]);
  });

  it.each([
    [[]],
    [['check']],
    [['check', '']],
    [['check', '--']],
    [['check', '--no-cache']],
    [['check', 'a', '--format']],
    [['check', 'a', '--format', '--no-cache']],
    [['check', 'a', '--format=xml']],
    [['check', 'a', '--format=']],
    [['check', 'a', '--formats=json']],
    [['check', 'a', '--no-cache=1']],
    [['check', 'a', '--no-cach']],
    [['check', '--', '--no-cache']],
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
