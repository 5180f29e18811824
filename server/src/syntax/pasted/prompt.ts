import { isTableName } from '../../catalog/tables.ts';
import type { Family, TableName } from '../../catalog/types.ts';

/** The command line of a shell, pasted above what it printed. */
export interface Prompt {
  /** Undefined where the command is not one of iptables'. */
  readonly family: Family | undefined;
  readonly backend: 'nft' | 'legacy' | undefined;
  /** The table whose rules `-S` or `-L` print: filter unless -t says another; undefined where the output names its tables itself. */
  readonly table: TableName | undefined;
  /** Whether a shell's prompt stands before it. Without one it may be a list of commands, whose output is not what follows. */
  readonly isShown: boolean;
}

/** Where a command begins: behind `$`, `#`, `%` or `>` and a blank. */
const prompt = /^(?:\[?[^\s\]#$%>]{0,200}(?: ?[^\s\]#$%>]{1,80})?\]?)? ?[#$%>]\s+(?=\S)/;
const program = /(?:^|[\s/|;&])(x|ip6?)tables(?:-(nft|legacy))?(-save)?(?=\s|$)/;
const shortOptions = /^-[a-zA-Z0-9]+$/;

const longestCommand = 1000;
const longestTitle = 60;

/** `-L`, `-nvL`, `--list-rules` */
function isPrinting(word: string): boolean {
  return word === '--list' || word === '--list-rules' || (shortOptions.test(word) && /[LS]/.test(word));
}

/** The table that `-t nat`, `-nvLt nat`, `-tnat` or `--table=nat` names. */
function tableNamed(words: readonly string[]): string | undefined {
  for (const [index, word] of words.entries()) {
    if (word === '--table' || (shortOptions.test(word) && word.endsWith('t'))) return words[index + 1];
    if (word.startsWith('--table=')) return word.slice('--table='.length);
    const glued = word.startsWith('-t') ? word.slice(2) : '';
    if (isTableName(glued)) return glued;
  }
  return undefined;
}

function readCommand(text: string, isShown: boolean): Prompt | undefined {
  const found = program.exec(text);
  if (found === null) return undefined;
  const [, stem, variant, save] = found;
  const family: Family = stem === 'ip6' ? 'ipv6' : 'ipv4';
  const backend = variant === 'nft' || variant === 'legacy' ? variant : undefined;
  const options = text.slice(found.index + found[0].length);
  if (save !== undefined) return { family, backend, table: undefined, isShown };
  const words = options.split(/\s+/);
  if (!words.some(isPrinting)) return undefined;
  const named = tableNamed(words) ?? 'filter';
  return { family, backend, table: isTableName(named) ? named : undefined, isShown };
}

const titleLine = /^[^\w*:-]*(?:table[: ]+)?(filter|nat|mangle|raw|security)(?: +table)?[^\w]*$/i;

/** The table that a line alone names, as scripts print it between listings: "Table: nat", "=== nat ===", "NAT Table". */
export function readTitle(text: string): TableName | undefined {
  const name = text.length < longestTitle ? titleLine.exec(text)?.[1]?.toLowerCase() : undefined;
  return name !== undefined && isTableName(name) ? name : undefined;
}

/**
 * What a line that shows a shell's prompt, or only a command that prints rules, says about the lines below it; undefined for any other
 * line. A command behind a prompt that has nothing to do with iptables ends what stood above it.
 */
export function readPrompt(text: string): Prompt | undefined {
  // Why a finding is ignored may name a command.
  if (text.length > longestCommand || text.startsWith('# iptables-inspect:')) return undefined;
  const shown = prompt.exec(text);
  const command = readCommand(shown === null ? text : text.slice(shown[0].length), shown !== null);
  if (command !== undefined) return command;
  const title = readTitle(text);
  if (title !== undefined) return { family: undefined, backend: undefined, table: title, isShown: false };
  // "# Completed on ..." and other comments look like the prompt of root.
  return shown === null || text.startsWith('#')
    ? undefined
    : { family: undefined, backend: undefined, table: undefined, isShown: true };
}
