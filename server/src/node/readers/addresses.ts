/** The node's addresses: `ip -j addr`, or `ip addr` and `ip -o addr` as people print it. */
import { canonicalIP } from '../../base/ip.ts';
import { booleanAt, numberAt, objectsAt, textAt } from '../../cluster/fields.ts';
import { fitsShape } from '../../cluster/shape.ts';
import type { AddressRecord, Part } from '../records.ts';
import type { JsonRecords } from './json-records.ts';
import { addressShape } from './json-shapes.ts';
import { numberedLines } from './lines.ts';

/** Addresses of JSON. Never throws. */
export function readAddressesJson(file: string, { records, skipped }: JsonRecords): Part<AddressRecord> {
  const addresses: AddressRecord[] = [];
  let wrong = skipped;
  for (const { fields, line } of records) {
    if (textAt(fields, 'ifname') === '' || !fitsShape(addressShape, fields)) {
      wrong += 1;
      continue;
    }
    for (const info of objectsAt(fields, 'addr_info')) {
      const ip = canonicalIP(textAt(info, 'local'));
      if (ip === undefined) {
        wrong += 1;
        continue;
      }
      addresses.push({
        line,
        ip,
        prefix: numberAt(info, 'prefixlen', 128),
        interface: textAt(fields, 'ifname'),
        scope: textAt(info, 'scope'),
        isSecondary: booleanAt(info, 'secondary') === true,
      });
    }
  }
  return { file, records: addresses, skipped: wrong };
}

const head = /^\d+: ([^:@\s]+)/;
const address = /\binet6? ([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?\b/;

/** Addresses of what `ip addr` or `ip -o addr` printed. Never throws. */
export function readAddressesText(file: string, text: string): Part<AddressRecord> {
  const records: AddressRecord[] = [];
  let current = '';
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    current = head.exec(source)?.[1] ?? current;
    const found = address.exec(source);
    if (found === null) continue;
    const ip = canonicalIP(found[1] ?? '');
    if (ip === undefined || current === '') {
      skipped += 1;
      continue;
    }
    const scope = /\bscope (\S+)/.exec(source)?.[1] ?? '';
    const prefix = found[2] === undefined ? (ip.includes(':') ? 128 : 32) : Number(found[2]);
    records.push({ line, ip, prefix, interface: current, scope, isSecondary: /\bsecondary\b/.test(source) });
  }
  return { file, records, skipped };
}
