/** What rules of nft beside those of iptables change of a packet: its mark, and the zone of conntrack that it is in. */
import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from '../../cluster/fields.ts';
import type { NodeFacts } from '../facts.ts';
import type { NftTables } from '../readers/nft.ts';
import type { NftPacket } from './nft-conditions.ts';
import { type NftPlace, nftStatement } from './nft-verdict.ts';

/** What a rule of nft makes of the mark: a number, or bits that it adds; undefined for anything else. */
function markOf(statement: Fields, before: number): number | undefined {
  const change = fieldsAt(statement, 'mangle');
  if (textAt(fieldsAt(fieldsAt(change, 'key'), 'meta'), 'key') !== 'mark') return undefined;
  const value = valueAt(change, 'value');
  if (typeof value === 'number') return value;
  const [, bits] = isFields(value) ? listAt(value, '|') : [];
  return typeof bits === 'number' ? (before | bits) >>> 0 : undefined;
}

/** The first rule that surely gives a packet a mark, with the mark that it has then; undefined where none does. */
export function nftMark(
  facts: NodeFacts,
  tables: NftTables,
  packet: NftPacket,
  before: number,
): { readonly place: NftPlace; readonly mark: number } | undefined {
  const place = nftStatement(facts, tables, packet, (statement) => markOf(statement, before) !== undefined);
  const marks = place?.rule.statements.map((statement) => markOf(statement, before)) ?? [];
  const mark = marks.find((each) => each !== undefined);
  return place === undefined || mark === undefined ? undefined : { place, mark };
}

const beforeConntrack = -201;

function isZone(statement: Fields): boolean {
  return textAt(fieldsAt(fieldsAt(fieldsAt(statement, 'mangle'), 'key'), 'ct'), 'key').endsWith('zone');
}

/** The first rule that surely gives a packet a zone of conntrack, with the zone; undefined where none does. */
export function nftZone(
  facts: NodeFacts,
  tables: NftTables,
  packet: NftPacket,
): { readonly place: NftPlace; readonly zone: string } | undefined {
  const place = nftStatement(facts, tables, { ...packet, upTo: beforeConntrack }, isZone);
  const statement = place?.rule.statements.find(isZone);
  if (place === undefined || statement === undefined) return undefined;
  return { place, zone: JSON.stringify(valueAt(fieldsAt(statement, 'mangle'), 'value')) };
}
