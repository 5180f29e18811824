/** Which neighbour answers at which address: `ip -j neigh`, or `ip neigh`. */
import { canonicalIP } from '../../base/ip.ts';
import { textAt, textsAt, valueAt } from '../../cluster/fields.ts';
import { fitsShape } from '../../cluster/shape.ts';
import type { NeighbourRecord, Part } from '../records.ts';
import type { JsonRecords } from './json-records.ts';
import { neighbourShape } from './json-shapes.ts';
import { numberedLines, wordAfter } from './lines.ts';

/** Neighbours of JSON. Never throws. */
export function readNeighboursJson(file: string, { records, skipped }: JsonRecords): Part<NeighbourRecord> {
  const neighbours = records.flatMap(({ fields, line }): readonly NeighbourRecord[] => {
    const ip = canonicalIP(textAt(fields, 'dst'));
    if (ip === undefined || !fitsShape(neighbourShape, fields)) return [];
    const mac = textAt(fields, 'lladdr').toLowerCase();
    const probes = valueAt(fields, 'probes');
    return [
      {
        line,
        ip,
        interface: textAt(fields, 'dev'),
        mac,
        states: textsAt(fields, 'state'),
        probes: typeof probes === 'number' ? probes : null,
      },
    ];
  });
  return { file, records: neighbours, skipped: skipped + records.length - neighbours.length };
}

const states: ReadonlySet<string> = new Set('PERMANENT NOARP REACHABLE STALE NONE INCOMPLETE DELAY PROBE FAILED'.split(' '));

/** Neighbours of what `ip neigh` printed, with statistics (-s) or without. Never throws. */
export function readNeighboursText(file: string, text: string): Part<NeighbourRecord> {
  const records: NeighbourRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const words = source.trim().split(/\s+/);
    const ip = canonicalIP(words[0] ?? '');
    const name = wordAfter(words, 'dev');
    const said = words.filter((word) => states.has(word));
    if (ip === undefined || name === '' || said.length === 0) {
      if (source.trim() !== '') skipped += 1;
      continue;
    }
    const probes = wordAfter(words, 'probes');
    records.push({
      line,
      ip,
      interface: name,
      mac: wordAfter(words, 'lladdr').toLowerCase(),
      states: said,
      probes: /^\d{1,6}$/.test(probes) ? Number(probes) : null,
    });
  }
  return { file, records, skipped };
}
