import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import type { Span, Word } from '../syntax/statement.ts';
import type { Chain, Ruleset } from './ruleset.ts';

/** How a line names a chain. */
export type MentionKind = 'declaration' | 'rule' | 'jump' | 'goto' | 'command';

/** A chain's name on a line (0-based); offsets are 0-based UTF-16 within it. */
export interface Mention extends Span {
  readonly line: number;
  readonly kind: MentionKind;
}

type NamedMention = Mention & { readonly name: string };

/**
 * The mentions of a line as iptables-save writes it, told by its ends; undefined where it is written otherwise. To read a statement again takes
 * ten times as long, and thousands of rules jump to one chain.
 */
function mentionsInSavedForm(
  { text, kind, name, target, isGoto, isPlain }: Line,
  line: number,
): readonly NamedMention[] | undefined {
  if (!isPlain) return undefined;
  if (kind === 'chain' && text.startsWith(`:${name} `))
    return [{ line, kind: 'declaration', start: 1, end: 1 + name.length, name }];
  if (kind !== 'rule' || target === '' || !text.startsWith(`-A ${name} `)) return undefined;
  const jump = isGoto ? ' -g ' : ' -j ';
  const at = text.indexOf(jump) + jump.length;
  // A value may look like a jump: only one that ends the line, and is the only one in it, is one for sure.
  if (at < jump.length || at + target.length !== text.length || !text.endsWith(target)) return undefined;
  return [
    { line, kind: 'rule', start: 3, end: 3 + name.length, name },
    { line, kind: isGoto ? 'goto' : 'jump', start: at, end: text.length, name: target },
  ];
}

/** The chain names on one line, in text order. */
export function mentionsOn(ruleset: Ruleset, line: number): readonly NamedMention[] {
  const source = ruleset.lines.at(line);
  if (source === undefined) return [];
  return mentionsInSavedForm(source, line) ?? mentionsInStatement(source, line);
}

function mentionsInStatement(source: Line, line: number): readonly NamedMention[] {
  const at = (word: Word, kind: MentionKind): NamedMention => ({
    line,
    kind,
    start: word.start,
    end: word.end,
    name: word.text,
  });
  const statement = statementOf(source);
  switch (statement.kind) {
    case 'chain':
      return [at(statement.name, 'declaration')];
    case 'rule': {
      const target = statement.target === undefined ? undefined : at(statement.target, statement.isGoto ? 'goto' : 'jump');
      // In a listing the chain stands further above.
      if (statement.chain.end === 0) return target === undefined ? [] : [target];
      const chain = at(statement.chain, 'rule');
      if (target === undefined) return [chain];
      return target.start < chain.start ? [target, chain] : [chain, target];
    }
    case 'chain-command': {
      const mentions = [];
      if (statement.chain !== undefined)
        mentions.push(at(statement.chain, statement.command === 'new' ? 'declaration' : 'command'));
      if (statement.command === 'rename' && statement.argument !== undefined)
        mentions.push(at(statement.argument, 'declaration'));
      return mentions;
    }
    default:
      return [];
  }
}

/** Every place that names a chain, in file order within each kind: declarations, its own rules, references, other commands. */
export function* mentionsOf(ruleset: Ruleset, chain: Chain): Generator<Mention> {
  for (const list of ['declarations', 'rules', 'references', 'mentions'] as const) {
    for (const line of chain[list]) {
      for (const mention of mentionsOn(ruleset, line)) {
        if (mention.name !== chain.name) continue;
        // A rule that jumps to its own chain stands in both lists.
        if (list === 'rules' && mention.kind !== 'rule') continue;
        if (list === 'references' && mention.kind === 'rule') continue;
        yield mention;
      }
    }
  }
}

/** Where a chain is declared; without a declaration, where it is first mentioned. */
export function declarationOf(ruleset: Ruleset, chain: Chain): Mention | undefined {
  for (const mention of mentionsOf(ruleset, chain)) return mention;
  return undefined;
}
