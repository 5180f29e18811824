import type { TestServer } from '../support/language-server.ts';
import { median, percentile } from './statistics.ts';

/** What an edit of one kind takes to its diagnostics, in milliseconds. */
export interface EditFigures {
  /** "a value". */
  readonly kind: string;
  readonly median: number;
  /** The 95th percentile. */
  readonly slow: number;
}

/** Lines (0-based) that become others. */
interface Edit {
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** So many places of a text are edited in each way, and each edit is undone. */
const places = 8;
/** A table's own lines have those below them read anew. */
const placesOfTable = 2;

/** Numbers of lines, as far from each other as can be, that fit. */
function spread(lines: readonly string[], fits: (line: string, number: number) => boolean): readonly number[] {
  const all = lines.flatMap((line, number) => (fits(line, number) ? [number] : []));
  return Array.from({ length: places }, (_, place) => all[Math.floor(((place + 0.5) * all.length) / places)] ?? -1).filter(
    (number) => number >= 0,
  );
}

const jump = /^-A KUBE-SVC-.* -j KUBE-SEP-/;

/** One-line edits by what they change, and one of several lines, in a dump of kube-proxy's. */
function editsOf(lines: readonly string[]): ReadonlyMap<string, readonly Edit[]> {
  const lineAt = (number: number): string => lines[number] ?? '';
  const added = (at: readonly number[], text: string): readonly Edit[] =>
    at.map((line) => ({ line, removed: [], added: [text] }));
  const changed = (at: readonly number[], change: (line: string, number: number) => string): readonly Edit[] =>
    at.map((line) => ({ line, removed: [lineAt(line)], added: [change(lineAt(line), line)] }));
  const anywhere = spread(lines, () => true);
  const inServices = spread(lines, (line) => line.startsWith('-A KUBE-SERVICES '));
  const jumps = spread(lines, (line, number) => jump.test(line) && jump.test(lineAt(number + 1)));
  const declarations = spread(lines, (line) => line.startsWith(':KUBE-S'));
  const withValue = spread(lines, (line) => / --to-destination [\d.]+:\d+$/.test(line));
  const table = new Array<number>(placesOfTable).fill(lines.indexOf('*nat'));
  const commit = new Array<number>(placesOfTable).fill(lines.lastIndexOf('COMMIT'));
  const first = new Array<number>(placesOfTable).fill(0);
  const marking = new Array<number>(placesOfTable).fill(lines.lastIndexOf(':KUBE-MARK-MASQ - [0:0]'));
  const masquerading = new Array<number>(placesOfTable).fill(lines.findIndex((line) => line.startsWith('-A KUBE-MARK-MASQ ')));
  const reversed = (number: number): Edit => {
    const removed = [lineAt(number), lineAt(number + 1)];
    return { line: number, removed, added: removed.toReversed() };
  };
  return new Map<string, readonly Edit[]>([
    ['a comment', added(anywhere, '# note')],
    ['a value', changed(withValue, (line) => `${line.slice(0, -1)}${line.endsWith('1') ? '2' : '1'}`)],
    ['a rule that jumps', added(inServices, '-A KUBE-SERVICES -j KUBE-MARK-MASQ')],
    [
      'another jump',
      changed(jumps, (line, number) =>
        line.replace(
          /\S+$/,
          lineAt(number + 1)
            .split(' ')
            .at(-1) ?? '',
        ),
      ),
    ],
    ['a half typed jump', changed(jumps, (line) => line.slice(0, -1))],
    ['a jump to no chain', added(inServices, '-A KUBE-SERVICES -j NEW-THING')],
    ['a new chain', added(declarations, ':NEW-CHAIN - [0:0]')],
    ['a chain that goes', declarations.map((line) => ({ line, removed: [lineAt(line)], added: [] }))],
    ['several rules', jumps.map(reversed)],
    ['another table', changed(table, () => '*filter')],
    ['a half typed table', changed(table, (line) => line.slice(0, -1))],
    ['a comment in the first line', added(first, '# note')],
    ['a half typed rule', added(inServices, '-A ')],
    ['a half typed chain', added(declarations, ':NEW')],
    ['a rule put in front', added(inServices, '-I KUBE-SERVICES 3 -j KUBE-MARK-MASQ')],
    ['a rule for every packet', added(inServices, '-A KUBE-SERVICES -j ACCEPT')],
    ['a rule for many packets', added(inServices, '-A KUBE-SERVICES -p tcp -j ACCEPT')],
    ['a jump in a circle', added(masquerading, '-A KUBE-MARK-MASQ -j KUBE-SERVICES')],
    ['a chain that thousands jump to', changed(marking, (line) => line.replace('MASQ', 'MAS'))],
    ['a chain made by a command', added(anywhere, '-N NEW-CHAIN')],
    ['a chain emptied by a command', added(anywhere, '-F KUBE-SERVICES')],
    ['a policy by a command', added(anywhere, '-P INPUT DROP')],
    ['unused chains that go', added(anywhere, '-X')],
    ['a chain taken away by a command', added(anywhere, '-X KUBE-SERVICES')],
    ['a header of another time', changed([lines.indexOf('*nat') - 1], (line) => `${line}0`)],
    ['a table above that goes', [{ line: 0, removed: lines.slice(0, lines.indexOf('COMMIT') + 1), added: [] }]],
    ['COMMIT that goes', commit.map((line) => ({ line, removed: [lineAt(line)], added: [] }))],
  ]);
}

/** Milliseconds from an edit to its diagnostics, for each kind of edit that the text has a place for. The text is as before then. */
export async function measureEdits(
  server: TestServer,
  uri: string,
  lines: readonly string[],
  firstVersion: number,
): Promise<readonly EditFigures[]> {
  let version = firstVersion;
  const make = async (line: number, removed: readonly string[], text: readonly string[]): Promise<number> => {
    const range = { start: { line, character: 0 }, end: { line: line + removed.length, character: 0 } };
    const asked = performance.now();
    await server.change(uri, version, [{ range, text: text.map((each) => `${each}\n`).join('') }]);
    await server.diagnostics(uri, version);
    version += 1;
    return performance.now() - asked;
  };
  const figures: EditFigures[] = [];
  for (const [kind, edits] of editsOf(lines)) {
    const times: number[] = [];
    for (const { line, removed, added } of edits) {
      if (line < 0) continue;
      times.push(await make(line, removed, added));
      times.push(await make(line, added, removed));
    }
    if (times.length > 0) figures.push({ kind, median: median(times), slow: percentile(times, 0.95) });
  }
  return figures;
}
