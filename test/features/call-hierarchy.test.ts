import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { incomingCalls, outgoingCalls, prepareCallHierarchy } from '../../server/src/features/call-hierarchy.ts';
import { dumpState } from '../support/dump-state.ts';
import { markersIn } from '../support/markers.ts';

/** "in" and "out" are the jumps to and from KUBE-SVC-WEB; their text is the chain at the other end. */
const dump = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-ONE - [0:0]
-A PREROUTING -j KUBE-SVC-WEB
#                ^^^^^^^^^^^^ in: PREROUTING
-A PREROUTING -d 10.96.0.9/32 -g KUBE-SVC-WEB
#                                ^^^^^^^^^^^^ in: PREROUTING
-A OUTPUT -j KUBE-SVC-WEB
#            ^^^^^^^^^^^^ in: OUTPUT
-A KUBE-SVC-WEB -m statistic --mode random --probability 0.5 -j KUBE-SEP-ONE
#                                                               ^^^^^^^^^^^^ out: KUBE-SEP-ONE
-A KUBE-SVC-WEB -j KUBE-SEP-ONE
#                  ^^^^^^^^^^^^ out: KUBE-SEP-ONE
-A KUBE-SVC-WEB -p udp -j KUBE-SEP-LOST
#                         ^^^^^^^^^^^^^ out: KUBE-SEP-LOST
-A KUBE-SVC-WEB -j ACCEPT
COMMIT
*filter
:OUTPUT ACCEPT [0:0]
:KUBE-SVC-WEB - [0:0]
-A OUTPUT -j KUBE-SVC-WEB
COMMIT
`;
const state = dumpState(dump);
const markers = markersIn(dump);
const [item, ...others] = prepareCallHierarchy(state, { line: 3, character: 4 });

/** The jumps of a verb, as "chain line start end". */
function wanted(verb: string): readonly string[] {
  return markers.filter((marker) => marker.verb === verb).map(({ text, line, start, end }) => `${text} ${line} ${start} ${end}`);
}

describe('the call hierarchy of a chain', () => {
  it('begins at the chain under the cursor, or the one that the line belongs to', () => {
    expect(others).toEqual([]);
    expect(item).toMatchObject({ name: 'KUBE-SVC-WEB', detail: expect.stringContaining('nat'), uri: state.uri });
    expect(item?.selectionRange).toEqual({ start: { line: 3, character: 1 }, end: { line: 3, character: 13 } });
    const jump = dump.split('\n').findIndex((line) => line.startsWith('-A OUTPUT'));
    expect(prepareCallHierarchy(state, { line: jump, character: 15 })).toEqual([item]);
    expect(prepareCallHierarchy(state, { line: 0, character: 2 })).toEqual([]);
  });

  it('has who jumps there, with each jump', () => {
    const calls = item === undefined ? [] : runToEnd(incomingCalls(state, item));
    expect(calls.map(({ from }) => from.name)).toEqual(['PREROUTING', 'OUTPUT']);
    const found = calls.flatMap(({ from, fromRanges }) =>
      fromRanges.map(({ start, end }) => `${from.name} ${start.line} ${start.character} ${end.character}`),
    );
    expect(found).toEqual(wanted('in'));
  });

  it('has where it jumps, with each jump, also to a chain that is missing', () => {
    const calls = item === undefined ? [] : runToEnd(outgoingCalls(state, item));
    const found = calls.flatMap(({ to, fromRanges }) =>
      fromRanges.map(({ start, end }) => `${to.name} ${start.line} ${start.character} ${end.character}`),
    );
    expect(found).toEqual(wanted('out'));
  });

  it('is found again after an edit, and empty for a chain that is gone', () => {
    if (item === undefined) throw new Error('no item');
    const later = dumpState(`# a line more\n${dump}`);
    expect(runToEnd(incomingCalls(later, item))[0]?.fromRanges[0]?.start.line).toBe(6);
    expect(runToEnd(incomingCalls(dumpState('*nat\nCOMMIT\n'), item))).toEqual([]);
    expect(runToEnd(outgoingCalls(state, { ...item, data: 'something else' }))).toEqual([]);
  });

  it('pauses often in a chain of many rules', () => {
    const rules = Array.from({ length: 20_000 }, (_, at) => `-A KUBE-SVC-WEB -s 10.0.${at >> 8}.${at & 255} -j KUBE-SEP-ONE`);
    const large = dumpState(`*nat\n:KUBE-SVC-WEB - [0:0]\n:KUBE-SEP-ONE - [0:0]\n${rules.join('\n')}\nCOMMIT\n`);
    const [web] = prepareCallHierarchy(large, { line: 1, character: 4 });
    const [one] = prepareCallHierarchy(large, { line: 2, character: 4 });
    if (web === undefined || one === undefined) throw new Error('no items');
    for (const steps of [outgoingCalls(large, web), incomingCalls(large, one)]) {
      let pauses = 0;
      while (steps.next().done !== true) pauses += 1;
      expect(pauses).toBeGreaterThan(100);
    }
  });

  it('answers with the first thousand of more chains, and says how many rules are left', () => {
    const names = Array.from({ length: 2_500 }, (_, number) => `KUBE-SEP-${number}`);
    const many = [
      '*nat',
      ...['KUBE-MARK-MASQ', 'KUBE-SERVICES', ...names].map((name) => `:${name} - [0:0]`),
      ...names.map((name) => `-A ${name} -s 10.0.0.1/32 -j KUBE-MARK-MASQ`),
      ...names.map((name) => `-A KUBE-SERVICES -j ${name}`),
      'COMMIT',
    ].join('\n');
    const state = dumpState(`${many}\n`);
    const itemOn = (line: number) => prepareCallHierarchy(state, { line, character: 2 })[0];
    const [marks, services] = [itemOn(1), itemOn(2)];
    if (marks === undefined || services === undefined) throw new Error('no chain');
    const callers = runToEnd(incomingCalls(state, marks)).map(({ from }) => from);
    const called = runToEnd(outgoingCalls(state, services)).map(({ to }) => to);
    for (const items of [callers, called]) {
      expect(items).toHaveLength(1_001);
      const last = items.at(-1);
      expect(last?.name).toBe('and 1,500 more rules');
      // It stands at the first of those, and has nothing below it.
      expect(last?.range.start.line).toBe(3 + 1_000);
      expect(last === undefined ? undefined : runToEnd(incomingCalls(state, last))).toEqual([]);
    }
  });
});
