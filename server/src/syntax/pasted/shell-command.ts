/** Commands as somebody typed them, as a script holds them and as `set -x` shows them: `sudo iptables -t nat -A PREROUTING ...`. */
import { isTableName } from '../../catalog/tables.ts';
import type { Family, TableName } from '../../catalog/types.ts';

/** A command that changes rules. */
export interface RuleCommandLine {
  readonly family: Family;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** filter unless -t names another. */
  readonly table: TableName;
  /** What iptables-restore would take, at the places where the line has it: all else is blank. */
  readonly text: string;
  /** Whether a variable or another command's output stands in it, whose value is not known. */
  readonly hasVariables: boolean;
}

export interface ShellWord {
  readonly start: number;
  readonly end: number;
  /** Without quotes and backslashes. */
  readonly text: string;
}

export const longestCommand = 4096;
const prompt = /^[ \t]*(?:\[?[^\s\]#$%>]{0,200}(?: ?[^\s\]#$%>]{1,80})?\]?)? ?[#$%>]{1,2} {1,4}(?=\S)/;
const traceMark = /^[ \t]*\+{1,8} {1,4}/;
const program = /^(?:[\w./-]{0,200}\/)?(x|ip6?)tables(?:-(nft|legacy))?$/;
/** What scripts call their program: $IPT, "${IPTABLES}", $ip6tables. */
const variable = /^\$\{?(IP6?T)[A-Z0-9_]{0,30}\}?$/i;
const assignment = /^[A-Za-z_]\w{0,60}=/;
const wrapper =
  /^(?:(?:[\w./-]{0,200}\/)?(?:sudo|doas|nsenter|time|nice|exec|ip|netns|docker|kubectl|crictl|chroot|env|if|then|else|do|!)|--?[\w-]{1,40}(?:=\S{0,200})?)$/;
/** So many words may stand in front of the program: "kubectl -n kube-system exec ds/kube-proxy -- iptables". */
const mostWordsBefore = 12;

/** The words of one command, up to what ends it in a shell: an operator, a redirection or a comment. */
export function wordsOf(text: string, from: number): { readonly words: readonly ShellWord[]; readonly end: number } {
  const words: ShellWord[] = [];
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x20 || code === 0x09 || code === 0x0a) {
      at += 1;
      continue;
    }
    // A backslash at the end of a line: the command goes on in the next.
    if (code === 0x5c && text.charCodeAt(at + 1) === 0x0a) {
      at += 2;
      continue;
    }
    // '#' begins a comment; ';', '&', '|', '<', '>', ')' end the command, and so does a number in front of '>'.
    if ('#;&|<>)'.includes(text.charAt(at)) || /^\d[<>]/.test(text.slice(at, at + 2))) return { words, end: at };
    const start = at;
    let word = '';
    while (at < text.length && !' \t\n;&|<>)'.includes(text.charAt(at))) {
      const quote = text.charAt(at);
      if (quote === "'" || quote === '"') {
        const closing = text.indexOf(quote, at + 1);
        const end = closing < 0 ? text.length : closing;
        word += text.slice(at + 1, end);
        at = end + 1;
      } else if (quote === '\\') {
        word += text.charAt(at + 1);
        at += 2;
      } else {
        word += quote;
        at += 1;
      }
    }
    words.push({ start, end: Math.min(at, text.length), text: word });
  }
  return { words, end: text.length };
}

export interface Program {
  readonly family: Family;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** Which of the words it is. */
  readonly index: number;
}

/** The program that words run, behind sudo and its like; undefined where it is not iptables. */
export function programIn(words: readonly ShellWord[]): Program | undefined {
  for (const [index, { text }] of words.slice(0, mostWordsBefore).entries()) {
    const named = program.exec(text);
    if (named !== null) {
      const backend = named[2] === 'nft' || named[2] === 'legacy' ? named[2] : undefined;
      return { family: named[1] === 'ip6' ? 'ipv6' : 'ipv4', backend, index };
    }
    const stem = variable.exec(text)?.[1]?.toLowerCase();
    if (stem !== undefined) return { family: stem === 'ip6t' ? 'ipv6' : 'ipv4', backend: undefined, index };
    // Whatever else begins so is a sentence, or another program's command.
    const isFirst = index === 0;
    if (isFirst && !assignment.test(text) && !wrapper.test(text)) return undefined;
  }
  return undefined;
}

/** Options of the program that a line of iptables-restore does not have, and how many words each takes. */
export function wordsOfOwnOption(words: readonly ShellWord[], index: number): number {
  switch (words[index]?.text) {
    case '-w':
    case '--wait':
    case '-W':
    case '--wait-interval':
      return /^\d+$/.test(words[index + 1]?.text ?? '') ? 2 : 1;
    case '-n':
    case '--numeric':
      return 1;
    case '-t':
    case '--table':
      return 2;
    default:
      return 0;
  }
}

/** "2>/dev/null", "> file 2>&1" */
const redirections = /(?:\d?(?:>>?|<)&?[ \t]{0,4}[^\s;&|<>]{1,200}[ \t]{0,4}){0,4}/y;

/** The table that `-tnat` or `--table=nat` names. */
export function gluedTable(word: string): string | undefined {
  return /^(?:-t|--table=)(\w+)$/.exec(word)?.[1];
}

/** Where the first command of a line begins: behind a shell's prompt, or the `+` of `set -x`. */
export function commandStart(line: string): number {
  return (prompt.exec(line) ?? traceMark.exec(line))?.[0].length ?? 0;
}

/** Where the command behind one that ended at `end` may begin; `end` itself where nothing can be told of what follows. */
export function nextCommand(line: string, end: number): number {
  redirections.lastIndex = end;
  redirections.test(line);
  let from = Math.max(end, redirections.lastIndex);
  while (from < line.length && ';&|'.includes(line.charAt(from))) from += 1;
  return from;
}

const changing =
  /^(?:-[AIDRCNPXFZE]|--(?:append|insert|delete|replace|check|new-chain|policy|delete-chain|flush|zero|rename-chain))$/;

/** A text in which a word's quotes are double ones and its backslashes blanks; as long as it was. */
export function requoted(text: string): string {
  if (!/['\\]/.test(text)) return text;
  if (text.startsWith("'") && text.endsWith("'") && !text.slice(1, -1).includes('"')) return `"${text.slice(1, -1)}"`;
  return text.replace(/\\(?=[!()*])/g, ' ');
}

function commandAt(line: string, from: number): { readonly command: RuleCommandLine | undefined; readonly end: number } {
  const { words, end } = wordsOf(line, from);
  const found = programIn(words);
  if (found === undefined) return { command: undefined, end };
  let table: string = 'filter';
  let text = ' '.repeat(words[found.index]?.end ?? 0);
  let isChanging = false;
  let hasVariables = false;
  for (let index = found.index + 1; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) break;
    const own = wordsOfOwnOption(words, index);
    if (own > 0) {
      if (/^--?t/.test(word.text)) table = words[index + 1]?.text ?? '';
      index += own - 1;
      continue;
    }
    const glued = gluedTable(word.text);
    if (glued !== undefined) {
      table = glued;
      continue;
    }
    isChanging ||= changing.test(word.text);
    const raw = line.slice(word.start, word.end);
    hasVariables ||= /[$`]/.test(raw.startsWith("'") ? '' : raw);
    text = text.padEnd(word.start) + requoted(raw);
  }
  if (!isChanging || !isTableName(table)) return { command: undefined, end };
  return { command: { family: found.family, backend: found.backend, table, text, hasVariables }, end };
}

/**
 * The command of a line that changes rules; undefined for any other line. Of several on one line the first that does more than to look whether a
 * rule is there.
 */
export function readRuleCommand(line: string): RuleCommandLine | undefined {
  if (line.length > longestCommand || !/tables|IPT/i.test(line)) return undefined;
  let from = commandStart(line);
  let checked: RuleCommandLine | undefined;
  while (from < line.length) {
    const { command, end } = commandAt(line, from);
    if (command !== undefined) {
      if (!/^ *(?:-C|--check) /.test(command.text)) return command;
      checked ??= command;
    } else if (checked === undefined && end >= line.length) return undefined;
    from = nextCommand(line, end);
    // A redirection or a comment ends what can be told.
    if (from === end) break;
  }
  return checked;
}

/** "- ", "2) ", "Example: " in front of a command, and the quote that YAML puts there. */
const beforeCommand =
  /^[ \t]{0,60}(?:[-*+\u2022][ \t]{1,8}|\d{1,3}[.)][ \t]{1,8})?(?:[^\s"'`:\uff1a|][^"'`:\uff1a|]{0,60}(?:: {0,4}|\uff1a ?))?(["']?)(?=(?:(?:sudo|doas) (?:-[A-Za-z]{1,8} ){0,3})?(?:[\w./-]{0,60}\/)?ip6?tables(?:-nft|-legacy)? )/;

/** Where a command stands in an item of a list, or behind a few words that say what it is; undefined where the line begins with it, or has none. */
export function namedCommand(line: string): { readonly start: number; readonly end: number } | undefined {
  if (line.length > longestCommand) return undefined;
  const found = beforeCommand.exec(line);
  if (found === null || found[0] === '') return undefined;
  const start = found[0].length;
  const closing = found[1] === '' || found[1] === undefined ? -1 : line.lastIndexOf(found[1]);
  return { start, end: closing > start ? closing : line.length };
}
