/** The manual page, made of the commands, options and examples that the program has. */
import type { Command, Option } from 'commander';
import { projectVersion, repositoryUrl } from '../base/project.ts';
import { examples } from './examples.ts';
import { commandStatuses, unusable } from './exit-statuses.ts';

/** ASCII that troff would set as something else. */
const signs: Readonly<Record<string, string>> = { '~': '\\(ti', '^': '\\(ha', '`': '\\(ga', "'": '\\(aq' };

/** Text as troff takes it: no escape of its own, no request at the start of a line, plain hyphens, letters beyond ASCII by number. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replace(/[~^`']/g, (sign) => signs[sign] ?? sign)
    .replaceAll('-', '\\-')
    .replace(/[^ -~]/gu, (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/^(?=[.'])/, '\\&');
}

/** A sentence of an option or command as it begins a paragraph. */
function sentence(text: string): string {
  const whole = /[.)]$/.test(text) ? text : `${text}.`;
  return roff(whole.charAt(0).toUpperCase() + whole.slice(1));
}

function described({ description, argChoices, defaultValue }: Option): string {
  const choices = argChoices === undefined ? '' : ` One of ${argChoices.join(', ')}.`;
  const standard = defaultValue === undefined || typeof defaultValue === 'boolean' ? '' : ` Default: ${String(defaultValue)}.`;
  return `${sentence(description)}${roff(choices)}${roff(standard)}`;
}

/** "--format <format>" with the option in bold and its value in italics. */
function flagsText(flags: string): string {
  return flags
    .split(/(<[^<>]+>|\[[^[\]]+\])/)
    .filter((part) => part !== '')
    .map((part) => (/^[<[]/.test(part) ? `\\fI${roff(part.slice(1, -1))}\\fR` : `\\fB${roff(part)}\\fR`))
    .join('');
}

function argumentsText({ registeredArguments }: Command): string {
  return registeredArguments
    .map((argument) => {
      const name = `\\fI${roff(argument.name())}\\fR${argument.variadic ? '\\&...' : ''}`;
      return argument.required ? name : `[${name}]`;
    })
    .join(' ');
}

/** The options of the program or of a command; `--color`, which all have, is among the program's. */
function optionLines(command: Command): readonly string[] {
  const isOwn = ({ hidden, long }: Option): boolean => !hidden && (long !== '--color' || command.parent === null);
  return command.options.filter(isOwn).flatMap((option) => ['.TP', flagsText(option.flags), described(option)]);
}

function commandLines(command: Command): readonly string[] {
  const args = argumentsText(command);
  return [
    `.SS "${roff(command.name())}"`,
    `\\fB${roff(command.name())}\\fR [\\fIoptions\\fR]${args === '' ? '' : ` ${args}`}`,
    '.PP',
    sentence(command.description()),
    ...command.registeredArguments.flatMap((argument) =>
      argument.description === '' ? [] : ['.TP', `\\fI${roff(argument.name())}\\fR`, sentence(argument.description)],
    ),
    ...optionLines(command),
  ];
}

const statuses: readonly (readonly [status: string, text: string])[] = [
  ['0', 'Nothing was found.'],
  ['1', `${commandStatuses.map(([command, text]) => `${command}: ${text}`).join('. ')}.`],
  ['2', `What was asked could not be looked at: ${unusable}; standard error says which file, which line, and what was expected.`],
];

const variables: readonly (readonly [name: string, text: string])[] = [
  ['NO_COLOR', 'Text has no colour, unless --color says otherwise.'],
  ['FORCE_COLOR', 'Text has colour, unless it is 0 or --color says otherwise.'],
  ['KUBECONFIG', 'Files in which --context is looked for, as kubectl does.'],
  ['XDG_CACHE_HOME', 'The folder in whose iptables-inspect check keeps what it said; ~/.cache without.'],
  [
    'IPTABLES_INSPECT_PIPE_SECONDS',
    'How long a pipe is waited for that nobody writes to, in seconds; 30 without, 5 for a kubeconfig.',
  ],
];

function table(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.flatMap(([name, text]) => ['.TP', `\\fB${roff(name)}\\fR`, roff(text)]);
}

/** The page as troff with the man macros: `man` shows it, `groff -man -ww` has nothing to warn of. */
export function manPage(root: Command): string {
  const name = root.name();
  return `${[
    `.\\" Made by "npm run docs" from what ${name} says of itself.`,
    `.TH ${name.toUpperCase().replaceAll('-', '\\-')} 1 "" "${roff(`${name} ${projectVersion}`)}" "User Commands"`,
    // No word is broken, so that commands can be copied.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${roff(name)} \\- reads iptables dumps of Kubernetes nodes`,
    '.SH SYNOPSIS',
    `\\fB${roff(name)}\\fR \\fIcommand\\fR [\\fIoptions\\fR] [\\fIdump\\fR]`,
    '.SH DESCRIPTION',
    sentence(root.description()),
    '.PP',
    sentence(
      'A dump is what iptables-save, ip6tables-save, iptables -S or iptables -L -n -v printed; "-" stands for standard input',
    ),
    '.SH OPTIONS',
    ...optionLines(root),
    '.SH COMMANDS',
    ...root.commands.flatMap(commandLines),
    '.SH EXAMPLES',
    ...root.commands.flatMap((command) =>
      (examples[command.name()] ?? []).flatMap(({ args, does }) => ['.TP', sentence(does), `\\fB${roff(`${name} ${args}`)}\\fR`]),
    ),
    '.SH EXIT STATUS',
    ...table(statuses),
    '.SH ENVIRONMENT',
    ...table(variables),
    '.SH SEE ALSO',
    '.BR iptables\\-save (8),',
    '.BR iptables\\-restore (8),',
    '.BR iptables\\-extensions (8)',
    '.PP',
    roff(repositoryUrl),
  ].join('\n')}\n`;
}
