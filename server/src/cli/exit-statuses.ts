/** What the exit status of each command means: one source for `--help` and the manual page; README.md has a table of them. */

/** What status 1 of a command means; a command that is not here gives 0 wherever it could look. */
const something: Readonly<Record<string, string>> = {
  check:
    'a finding is as grave as --fail-on (error without it), or the Services are not in these rules; drift is a warning there: --fail-on warning',
  drift: 'anything is missing, stale or different, however grave, or the Services are not in these rules',
  reach: 'of two dumps somebody fares differently',
  test: 'an expectation is not met, or nobody can tell',
  diff: 'the dumps differ in more than counters',
  diagnose: 'a cause was found',
};

/** What status 2 means, of every command. */
export const unusable = 'input or arguments cannot be used, or nothing could be compared';

/** The commands with a status 1, and what it means. */
export const commandStatuses: readonly (readonly [command: string, text: string])[] = Object.entries(something);

/** What `--help` of a command says of its exit status, one line or two. */
export function statusText(command: string): string {
  const one = something[command];
  return one === undefined ? `\nExit status: 0 done, 2 ${unusable}.` : `\nExit status: 1 if ${one}; 0 if not; 2 if ${unusable}.`;
}
