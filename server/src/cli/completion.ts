/** Completion scripts for shells, made of the commands and options that the program has. */
import type { Argument, Command, Option } from 'commander';
import type { Shell } from './shells.ts';

/** What may stand behind an option or as an argument. */
type Value =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'files' }
  | { readonly kind: 'any' };

export interface CompletionWords {
  /** Codes of findings. */
  readonly codes: readonly string[];
  readonly levels: readonly string[];
}

/** Options that name one, and options and arguments that are a file or a folder. */
const fileNames = /^(?:file|folder|dump|bundle|before|after|path|dir)/;

function valueFor(name: string, choices: readonly string[] | undefined, { codes, levels }: CompletionWords): Value {
  if (choices !== undefined) return { kind: 'words', words: choices };
  if (name === 'code') return { kind: 'words', words: codes };
  // With the sign that stands before the level; where a shell takes that for a word of its own, the level comes next.
  if (name === 'code=level') return { kind: 'words', words: codes.flatMap((code) => levels.map((level) => `${code}=${level}`)) };
  return fileNames.test(name) ? { kind: 'files' } : { kind: 'any' };
}

interface CompletedOption {
  readonly option: Option;
  readonly long: string;
  /** Undefined for a flag. */
  readonly value: Value | undefined;
}

function optionsOf(command: Command, words: CompletionWords): readonly CompletedOption[] {
  return command.options
    .filter(({ hidden, long }) => !hidden && long !== undefined)
    .map((option) => {
      const name = /[<[]([^<>[\]]+)[>\]]/.exec(option.flags)?.[1]?.replace(/\.{3}$/, '') ?? '';
      const takes = option.required || (option.optional && option.argChoices !== undefined);
      return { option, long: option.long ?? '', value: takes ? valueFor(name, option.argChoices, words) : undefined };
    });
}

function argumentValue(argument: Argument | undefined, words: CompletionWords): Value {
  return argument === undefined ? { kind: 'any' } : valueFor(argument.name(), argument.argChoices, words);
}

/** A word within single quotes of a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The script that a shell reads. */
export function completionScript(shell: Shell, root: Command, words: CompletionWords): string {
  switch (shell) {
    case 'bash':
      return bashScript(root, words);
    case 'zsh':
      return zshScript(root, words);
    case 'fish':
      return fishScript(root, words);
  }
}

function bashValue(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `COMPREPLY=($(compgen -W ${quoted(value.words.join(' '))} -- "$cur"))`;
    case 'files':
      return '_iptables_inspect_files';
    case 'any':
      return ':';
  }
}

function bashScript(root: Command, words: CompletionWords): string {
  const name = root.name();
  const lines = root.commands.flatMap((command) => {
    const options = optionsOf(command, words);
    const cases = options.flatMap(({ long, value }) => {
      if (value === undefined) return [];
      // Words break at "=": what was typed of CODE=LEVEL is three of them.
      if (value.kind === 'words' && value.words[0]?.includes('=') === true)
        return [
          `        ${long}) COMPREPLY=($(compgen -W ${quoted(words.codes.join(' '))} -S = -- "$cur")); compopt -o nospace; return ;;`,
        ];
      return [`        ${long}) ${bashValue(value)}; return ;;`];
    });
    const all = [...options.map(({ long }) => long), '--help'].join(' ');
    const argument = argumentValue(command.registeredArguments[0], words);
    return [
      `    ${command.name()})`,
      '      case "$prev" in',
      ...cases,
      '      esac',
      `      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W ${quoted(all)} -- "$cur")); else ${bashValue(argument)}; fi ;;`,
    ];
  });
  const commands = root.commands.map((command) => command.name()).join(' ');
  const rootOptions = optionsOf(root, words);
  const withValue = rootOptions.filter(({ value }) => value !== undefined);
  return `# Completion of ${name} for bash: made by "${name} completion bash".
_iptables_inspect_files() {
  local file
  compopt -o filenames 2>/dev/null
  # Not as the words of a list: the shell would take a file called "*" for a pattern, and offer all others.
  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")
}

_iptables_inspect() {
  local cur prev command= i
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD-1]}
  # "--option=value" and "CODE=LEVEL" are three words, or two where the value is yet to come.
  i=$((COMP_CWORD-1))
  if [[ $cur == = ]]; then
    cur=
    i=$((COMP_CWORD))
  fi
  if [[ \${COMP_WORDS[i]} == = ]]; then
    prev=\${COMP_WORDS[i-1]}
    if [[ \${COMP_WORDS[i-2]} == --severity ]]; then
      COMPREPLY=($(compgen -W ${quoted(words.levels.join(' '))} -- "$cur"))
      return
    fi
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${withValue.map(({ long }) => long).join('|') || '--'}) [[ \${COMP_WORDS[i+1]} == = ]] && i=$((i+1)); i=$((i+1)) ;;
      -*|=) ;;
      *) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case "$command" in
    '')
      case "$prev" in
${withValue.map(({ long, value }) => `        ${long}) ${value === undefined ? ':' : bashValue(value)}; return ;;`).join('\n')}
      esac
      COMPREPLY=($(compgen -W ${quoted(`${commands} ${[...rootOptions.map(({ long }) => long), '--help'].join(' ')}`)} -- "$cur")) ;;
${lines.join('\n')}
  esac
}

complete -F _iptables_inspect ${name}
`;
}

function zshText(text: string): string {
  return text.replace(/[[\]:\\]/g, '\\$&');
}

function zshValue(name: string, value: Value): string {
  const label = zshText(name);
  switch (value.kind) {
    case 'words':
      return `:${label}:(${value.words.join(' ')})`;
    case 'files':
      return `:${label}:_files`;
    case 'any':
      return `:${label}: `;
  }
}

function zshOptions(command: Command, words: CompletionWords): readonly string[] {
  return optionsOf(command, words).map(({ option, long, value }) => {
    const isRepeated = option.flags.includes('code=level');
    const end = value === undefined ? '' : zshValue(option.name(), value);
    return quoted(`${isRepeated ? '*' : ''}${long}${value === undefined ? '' : '='}[${zshText(option.description)}]${end}`);
  });
}

function zshScript(root: Command, words: CompletionWords): string {
  const name = root.name();
  const help = quoted('(- *)--help[show help]');
  const cases = root.commands.flatMap((command) => {
    const args = command.registeredArguments.map((argument) => {
      const place = argument.variadic ? '*' : '';
      return quoted(`${place}${zshValue(argument.name(), argumentValue(argument, words))}`);
    });
    return [
      `        ${command.name()})`,
      `          _arguments ${[...zshOptions(command, words), help, ...args].join(' \\\n            ')} ;;`,
    ];
  });
  const described = root.commands.map((command) => `        ${quoted(`${command.name()}:${command.description()}`)}`);
  return `#compdef ${name}
# Completion of ${name} for zsh: made by "${name} completion zsh".
_iptables_inspect() {
  local curcontext=$curcontext state line
  _arguments -C ${[...zshOptions(root, words), help].join(' \\\n    ')} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands
      commands=(
${described.join('\n')}
      )
      _describe command commands ;;
    argument)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}

if [ "$funcstack[1]" = "_${name}" ]; then _iptables_inspect "$@"; else compdef _iptables_inspect ${name}; fi
`;
}

function fishText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`;
}

function fishValue(value: Value | undefined): string {
  if (value === undefined) return '';
  switch (value.kind) {
    case 'words':
      return ` -x -a ${fishText(value.words.join(' '))}`;
    case 'files':
      return ' -r -F';
    case 'any':
      return ' -x';
  }
}

function fishScript(root: Command, words: CompletionWords): string {
  const name = root.name();
  const line = (condition: string, rest: string): string => `complete -c ${name} -n ${fishText(condition)} ${rest}`;
  const lines = [
    `# Completion of ${name} for fish: made by "${name} completion fish".`,
    `complete -c ${name} -l help -d 'show help'`,
  ];
  for (const { option, long, value } of optionsOf(root, words))
    lines.push(line('__fish_use_subcommand', `-l ${long.slice(2)}${fishValue(value)} -d ${fishText(option.description)}`));
  for (const command of root.commands) {
    lines.push(line('__fish_use_subcommand', `-f -a ${command.name()} -d ${fishText(command.description())}`));
    const seen = `__fish_seen_subcommand_from ${command.name()}`;
    for (const { option, long, value } of optionsOf(command, words))
      lines.push(line(seen, `-l ${long.slice(2)}${fishValue(value)} -d ${fishText(option.description)}`));
    const argument = argumentValue(command.registeredArguments[0], words);
    if (argument.kind === 'words') lines.push(line(seen, `-f -a ${fishText(argument.words.join(' '))}`));
    else if (argument.kind === 'any') lines.push(line(seen, '-f'));
  }
  return `${lines.join('\n')}\n`;
}
