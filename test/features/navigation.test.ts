import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { definition } from '../../server/src/features/definition.ts';
import { highlights, references } from '../../server/src/features/references.ts';
import { dumpState } from '../support/dump-state.ts';
import { markersIn } from '../support/markers.ts';

/**
 * Markers "chain" name a place; "to" marks where a definition leads from, and its text is the place it leads to. References and
 * highlights of any place named "web" are all places named "web".
 */
const dump = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-WEB - [0:0]
#^^^^^^^^^^^^ web: declaration
:KUBE-SEP-ONE - [0:0]
-A PREROUTING -j KUBE-SVC-WEB
#                ^^^^^^^^^^^^ web: jump
-A PREROUTING -g KUBE-SVC-WEB
#                ^^^^^^^^^^^^ web: goto
-A KUBE-SVC-WEB -j KUBE-SEP-ONE
#  ^^^^^^^^^^^^ web: rule
-I KUBE-SVC-WEB 1 -j KUBE-SEP-ONE
#  ^^^^^^^^^^^^ web: rule
-F KUBE-SVC-WEB
#  ^^^^^^^^^^^^ web: command
COMMIT
*filter
:INPUT ACCEPT [0:0]
:KUBE-SVC-WEB - [0:0]
-A INPUT -j KUBE-SVC-WEB
COMMIT
`;
const web = markersIn(dump);
const placeOf = ({ line, start, end }: { line: number; start: number; end: number }) => ({
  start: { line, character: start },
  end: { line, character: end },
});
const state = dumpState(dump);
const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

describe('definition', () => {
  it.each(web.filter((marker) => marker.text !== 'declaration'))('of a $text on line $line is the declaration', (marker) => {
    const [link, ...more] = definition(state, { line: marker.line, character: marker.start + 3 });
    expect(more).toEqual([]);
    expect(link?.targetSelectionRange).toEqual({ start: { line: 2, character: 1 }, end: { line: 2, character: 13 } });
    expect(link?.originSelectionRange).toEqual(placeOf(marker));
  });

  it('of the declaration is the first rule of the chain', () => {
    const [link] = definition(state, { line: 2, character: 5 });
    expect(link?.targetRange.start.line).toBe(9);
  });

  it('of what is no chain is nothing', () => {
    expect(definition(state, { line: 0, character: 2 })).toEqual([]);
    expect(definition(state, { line: 5, character: 1 })).toEqual([]);
    expect(definition(state, { line: 999, character: 1 })).toEqual([]);
  });
});

describe('references', () => {
  it.each(web)('from a $text are all places of the chain in its table', (marker) => {
    const found = runToEnd(references(state, { line: marker.line, character: marker.end }, true));
    expect(found.map((location) => location.range).sort(byText)).toEqual(web.map(placeOf).sort(byText));
  });

  it('leave the declaration out when asked to', () => {
    const found = runToEnd(references(state, { line: 2, character: 5 }, false));
    expect(found).toHaveLength(web.length - 1);
  });

  it('stay in the table', () => {
    expect(runToEnd(references(state, { line: 18, character: 5 }, true))).toHaveLength(2);
  });
});

describe('highlights', () => {
  it('are the same places', () => {
    const found = runToEnd(highlights(state, { line: 5, character: 20 }));
    expect(found.map((highlight) => highlight.range).sort(byText)).toEqual(web.map(placeOf).sort(byText));
  });

  it('are those of the nearest lines where thousands name a chain', () => {
    const declared = ['*nat', ':MARK - [0:0]', ':web - [0:0]'];
    const large = dumpState([...declared, ...Array.from({ length: 3000 }, () => '-A web -j MARK'), 'COMMIT', ''].join('\n'));
    const linesAround = (line: number): readonly number[] =>
      runToEnd(highlights(large, { line, character: 12 })).map(({ range }) => range.start.line);
    const around = linesAround(1500);
    expect(around).toHaveLength(1000);
    expect([around[0], around.at(-1)]).toEqual([1000, 1999]);
    expect(linesAround(3).slice(0, 3)).toEqual([1, 3, 4]);
    expect(linesAround(3002).at(-1)).toBe(3002);
  });
});
