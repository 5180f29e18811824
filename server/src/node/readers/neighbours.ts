/** Which neighbour answers at which address: `ip -j neigh`, or `ip neigh`. */
import { canonicalIP } from '../../base/ip.ts';
import { textAt, textsAt } from '../../cluster/fields.ts';
import type { NeighbourRecord, Part } from '../records.ts';
import { jsonRecords } from './json-records.ts';
import { numberedLines } from './lines.ts';

/** Neighbours of JSON text. Never throws. */
export function readNeighboursJson(file: string, text: string): Part<NeighbourRecord> {
  const { records, skipped } = jsonRecords(text);
  const neighbours = records.flatMap(({ fields, line }): readonly NeighbourRecord[] => {
    const ip = canonicalIP(textAt(fields, 'dst'));
    if (ip === undefined) return [];
    const mac = textAt(fields, 'lladdr').toLowerCase();
    return [{ line, ip, interface: textAt(fields, 'dev'), mac, states: textsAt(fields, 'state') }];
  });
  return { file, records: neighbours, skipped: skipped + records.length - neighbours.length };
}

const neighbour = /^([0-9a-fA-F:.]+) dev (\S+)(?: lladdr (\S+))?(?: router)? {1,2}([A-Z]+)$/;

/** Neighbours of what `ip neigh` printed. Never throws. */
export function readNeighboursText(file: string, text: string): Part<NeighbourRecord> {
  const records: NeighbourRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const found = neighbour.exec(source.trimEnd());
    const ip = canonicalIP(found?.[1] ?? '');
    if (found === null || ip === undefined) {
      if (source.trim() !== '') skipped += 1;
      continue;
    }
    const state = found[4] ?? '';
    records.push({
      line,
      ip,
      interface: found[2] ?? '',
      mac: (found[3] ?? '').toLowerCase(),
      states: state === '' ? [] : [state],
    });
  }
  return { file, records, skipped };
}
