/** What the exit status of each command means: one source for `--help`, the manual page and the table in README.md. */

/** What status 0 and status 1 of a command mean. */
interface Statuses {
  readonly zero: string;
  readonly one: string;
}

/** A command that is not here gives 0 wherever it could look. */
const statuses: Readonly<Record<string, Statuses>> = {
  check: {
    zero: 'no finding is as grave as --fail-on',
    one: 'a finding is as grave as --fail-on (error without it), or the Services are not in these rules; drift is a warning there: --fail-on warning',
  },
  drift: {
    zero: 'the dump agrees with the cluster',
    one: 'anything is missing, stale or different, however grave, or the Services are not in these rules',
  },
  reach: { zero: 'one dump was asked, or everybody fares alike in both', one: 'of two dumps somebody fares differently' },
  test: { zero: 'every expectation is met', one: 'an expectation is not met, or nobody can tell' },
  diff: { zero: 'the dumps are the same but for counters', one: 'the dumps differ in more than counters' },
  diagnose: { zero: 'no cause was found', one: 'a cause was found' },
};

/** What status 2 means, of every command. */
export const unusable = 'input or arguments cannot be used, or nothing could be compared';

/** The commands with a status 1, and what it means. */
export const commandStatuses: readonly (readonly [command: string, text: string])[] = Object.entries(statuses).map(
  ([command, { one }]) => [command, one],
);

/** What `--help` of a command says of its exit status, one line or two. */
export function statusText(command: string): string {
  const one = statuses[command]?.one;
  return one === undefined ? `\nExit status: 0 done, 2 ${unusable}.` : `\nExit status: 1 if ${one}; 0 if not; 2 if ${unusable}.`;
}

/** The statuses in Markdown: a table with a row a command, and a sentence. */
export function statusTable(): string {
  const cell = (text: string): string => text.replace(/--fail-on(?: warning)?/g, '`$&`');
  const rows = Object.entries(statuses).map(([command, { zero, one }]) => `| \`${command}\` | ${cell(zero)} | ${cell(one)} |`);
  return [
    '| exit status of | **0** | **1** |',
    '|---|---|---|',
    ...rows,
    '| the others | done | |',
    '',
    `**2**, of every command: ${unusable}.`,
  ].join('\n');
}
