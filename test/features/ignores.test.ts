import { describe, expect, it } from 'vitest';
import { type CompletionItem, MarkupContent, TextEdit } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { completion } from '../../server/src/features/completion/completion.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { findingCodes } from '../../server/src/lint/registry.ts';
import { dumpState } from '../support/dump-state.ts';

/** A comment in a table, and the place of the `|` in it. */
function placeIn(comment: string) {
  const state = dumpState(`*filter\n:INPUT ACCEPT [0:0]\n${comment.replace('|', '')}\n:SPARE - [0:0]\nCOMMIT\n`);
  return { state, position: { line: 2, character: comment.indexOf('|') } };
}

function itemsAt(comment: string, isAfterBlank = false): readonly CompletionItem[] {
  const { state, position } = placeIn(comment);
  return runToEnd(completion(state, position, { isAfterBlank, markdown: true })).items;
}

const offered = (comment: string, isAfterBlank = false): readonly string[] =>
  itemsAt(comment, isAfterBlank).map(({ label }) => label);

/** The comment after an item was taken. */
function afterTaking(comment: string, label: string): string {
  const edit = itemsAt(comment).find((item) => item.label === label)?.textEdit;
  if (edit === undefined || !TextEdit.is(edit)) throw new Error(`${label} is not offered`);
  const text = comment.replace('|', '');
  return text.slice(0, edit.range.start.character) + edit.newText + text.slice(edit.range.end.character);
}

const codes = [...findingCodes().keys()];

describe('in a comment that ignores findings', () => {
  it('codes are offered with what they mean, also at once behind the blank', () => {
    expect(offered('# iptables-inspect: ignore |', true)).toEqual(codes);
    expect(itemsAt('#iptables-inspect:ignore-file |').find(({ label }) => label === 'orphaned-chain')?.detail).toBe(
      'A chain is declared, but no way from a built-in chain leads to it.',
    );
  });

  it('a code takes the place of the one at the cursor, and of no other', () => {
    expect(afterTaking('# iptables-inspect: ignore orph|', 'orphaned-chain')).toBe('# iptables-inspect: ignore orphaned-chain');
    expect(afterTaking('# iptables-inspect: ignore dupl|icate, kept so', 'duplicate-chain')).toBe(
      '# iptables-inspect: ignore duplicate-chain, kept so',
    );
    expect(afterTaking('# iptables-inspect: ignore duplicate-chain, orph|an by us', 'orphaned-chain')).toBe(
      '# iptables-inspect: ignore duplicate-chain, orphaned-chain by us',
    );
    expect(offered('# iptables-inspect: ignore duplicate-chain,|')).toEqual(codes.filter((code) => code !== 'duplicate-chain'));
  });

  it('the words before them are offered', () => {
    expect(offered('# ipt|')).toEqual(['iptables-inspect: ignore']);
    expect(offered('# iptables-inspect: |')).toEqual(['ignore', 'ignore-file']);
    expect(afterTaking('# iptables-inspect: ign|', 'ignore-file')).toBe('# iptables-inspect: ignore-file');
  });

  it('nothing is offered in its reason, or in other comments', () => {
    for (const comment of [
      '# iptables-inspect: ignore orphaned-chain |',
      '# iptables-inspect: ignore orphaned-chain as it is o|',
      '# iptables-inspect: ignored |',
      '# |',
      '#|',
      '# Completed on Mon|',
      '# the iptables|',
      '|# iptables-inspect: ignore',
    ]) {
      expect(offered(comment)).toEqual([]);
      expect(offered(comment, true)).toEqual([]);
    }
  });

  it('a code is explained where it is hovered, and no other word is', () => {
    const hoverAt = (comment: string): string | undefined => {
      const { state, position } = placeIn(comment);
      const found = runToEnd(hover(state, position, 0, false));
      return found !== null && MarkupContent.is(found.contents) ? found.contents.value : undefined;
    };
    expect(hoverAt('# iptables-inspect: ignore duplicate-chain, orph|aned-chain by us')).toMatch(
      /^orphaned-chain.*: A chain is declared, but no way from a built-in chain leads to it\.$/,
    );
    expect(hoverAt('# iptables-inspect: ign|ore orphaned-chain')).toBeUndefined();
    expect(hoverAt('# iptables-inspect: ignore orphaned-chain by u|s')).toBeUndefined();
    expect(hoverAt('# iptables-inspect: ignore no-such-c|ode')).toBeUndefined();
    expect(hoverAt('# about orphaned-ch|ain')).toBeUndefined();
  });
});
