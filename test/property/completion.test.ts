/**
 * Completion against 19,939 rules whose loading by real iptables was recorded: at the places of those that load, the word that stands there is
 * offered, and each word that is offered can be completed to a rule that loads.
 */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import {
  fileName,
  fileWith,
  finished,
  isOffered,
  mostPlaces,
  offeredBehind,
  type Row,
  somePlaces,
} from '../support/completion-places.ts';

function errorsIn(row: Row, rule: string): readonly string[] {
  const document = readWholeDocument(fileWith(row, rule), fileName(row));
  return runToEnd(lint({ document, ruleset: buildWholeRuleset(document) }))
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

describe('completion at the places of rules that load', () => {
  it('offers the word that stands there, and only words that can be part of a rule that loads', { timeout: 600_000 }, () => {
    const places = somePlaces(mostPlaces);
    expect(places).toHaveLength(mostPlaces);
    const missing: string[] = [];
    const refused: string[] = [];
    let tried = 0;
    let hopeless = 0;
    for (const place of places) {
      const { row, before } = place;
      const offered = offeredBehind(row, before);
      // A value in front may ask for another one that is not tried here.
      const isHopeless = finished(row, before.trimEnd()) === undefined;
      if (isHopeless) hopeless += 1;
      if (!isOffered(place, offered)) missing.push(`${row.family} ${row.table} ${before}| ${place.word}`);
      // Each list has dozens of words; over all places each word comes up many times.
      for (const [index, [label, text]] of [...offered].entries()) {
        if (isHopeless || (tried + index) % 7 !== 0) continue;
        const rule = finished(row, text);
        const errors = rule === undefined ? ['nothing completes it'] : errorsIn(row, rule);
        if (errors.length > 0) refused.push(`${row.family} ${row.table} ${before}| ${label} -> ${rule}: ${errors.join('; ')}`);
      }
      tried += 1;
    }
    expect(missing).toEqual([]);
    expect(refused).toEqual([]);
    expect(hopeless / places.length).toBeLessThan(0.01);
  });
});
