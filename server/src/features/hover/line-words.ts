import type { Position } from 'vscode-languageserver-types';
import { counted } from '../../base/counted.ts';
import { documentationUrl, findingCodes } from '../../lint/registry.ts';
import type { Place } from '../../lint/support/finding.ts';
import { ignoresIn } from '../../lint/support/ignores.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Counters, Span, Statement } from '../../syntax/statement.ts';
import { commandHelp } from '../support/command-text.ts';
import type { Block, Text } from '../support/markup.ts';
import { type DumpState, touches } from '../support/state.ts';

/** A word of a line that is no chain, option or value, and what it says. */
export interface LineWord {
  readonly kind: 'line-word';
  readonly place: Place;
  readonly blocks: readonly Block[];
}

/** The command, the policy, the counters, a `!`, the COMMIT or the code of an ignored finding under a position; undefined for anything else. */
export function lineWordAt({ ruleset }: DumpState, position: Position): LineWord | undefined {
  const source = ruleset.lines.at(position.line);
  if (source === undefined || source.listing) return undefined;
  if (source.kind === 'comment') return ignoredCodeAt(ruleset, position);
  for (const [{ start, end }, texts] of wordsOf(statementOf(source))) {
    const place = { line: position.line, start, end };
    if (end > start && touches(place, position))
      return { kind: 'line-word', place, blocks: texts.map((text) => ({ kind: 'paragraph', text })) };
  }
  return undefined;
}

/** The code of a finding in a comment that ignores it, with what it means. */
function ignoredCodeAt(ruleset: Ruleset, position: Position): LineWord | undefined {
  const ignore = ignoresIn(ruleset).find(({ line }) => line === position.line);
  const place = ignore?.codes.find((code) => touches(code, position));
  const says = place === undefined ? undefined : findingCodes().get(place.code);
  if (place === undefined || says === undefined) return undefined;
  const name: Text = { label: place.code, link: documentationUrl(place.code) ?? '' };
  return { kind: 'line-word', place, blocks: [{ kind: 'paragraph', text: [name, ': ', says] }] };
}

function* wordsOf(statement: Statement): Generator<readonly [Span, readonly Text[]]> {
  switch (statement.kind) {
    case 'rule': {
      const { commandWord, counters, options } = statement;
      if (counters !== undefined) yield [counters, [countersText(counters, 'The rule has matched')]];
      yield [commandWord, commandTexts(commandWord.text, shortOf[statement.command])];
      for (const { negation, word } of options)
        if (negation !== undefined) yield [negation, [['Not: ', { code: word.text }, ' must not hold.']]];
      break;
    }
    case 'chain-command': {
      const { commandWord, command, argument } = statement;
      if (command === 'policy' && argument !== undefined) yield [argument, [policyText(argument.text)]];
      yield [commandWord, commandTexts(commandWord.text, shortOf[command])];
      break;
    }
    case 'chain': {
      const { policy, counters } = statement;
      if (policy !== undefined) yield [policy, [policyText(policy.text)]];
      if (counters !== undefined) yield [counters, [countersText(counters, 'The policy has decided')]];
      break;
    }
    case 'commit':
      yield [
        { start: 0, end: 6 },
        [[{ strong: 'COMMIT' }, ' ends the table: iptables-restore loads it now, all of it or none.']],
      ];
      break;
    default:
  }
}

const shortOf = {
  append: '-A',
  insert: '-I',
  delete: '-D',
  replace: '-R',
  check: '-C',
  new: '-N',
  flush: '-F',
  'delete-chain': '-X',
  policy: '-P',
  zero: '-Z',
  rename: '-E',
  list: '-L',
} as const;

function commandTexts(typed: string, short: string): readonly Text[] {
  return [[{ code: typed }, ' command'], commandHelp.get(short) ?? 'Print the rules of a chain, or of all chains.'];
}

function policyText(policy: string): Text {
  switch (policy) {
    case 'ACCEPT':
      return [{ strong: 'ACCEPT' }, ' policy: what no rule decides is let through.'];
    case 'DROP':
      return [{ strong: 'DROP' }, ' policy: what no rule decides is discarded.'];
    case '-':
      return 'No policy: a packet that no rule decides goes back to the calling chain.';
    default:
      return [{ strong: policy }, ' is no policy: ACCEPT and DROP are.'];
  }
}

function countersText({ packets, bytes }: Counters, what: string): string {
  return `${what} ${counted(packets, 'packet')}, ${counted(bytes, 'byte')}, since the counters were set to zero.`;
}
