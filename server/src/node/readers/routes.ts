/** Routes: `ip -j route show table all` of both families, or the same without -j. */
import { canonicalCIDR, canonicalIP } from '../../base/ip.ts';
import { type Fields, fieldsAt, numberAt, objectsAt, textAt, textsAt, valueAt } from '../../cluster/fields.ts';
import { fitsShape } from '../../cluster/shape.ts';
import type { NextHop, Part, RouteRecord, RouteType } from '../records.ts';
import type { JsonRecords } from './json-records.ts';
import { routeShape } from './json-shapes.ts';
import { numberedLines } from './lines.ts';

const types: readonly RouteType[] = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
];

const mostMetric = 0xffff_ffff;

function typeOf(text: string): RouteType | undefined {
  return text === '' ? 'unicast' : types.find((type) => type === text);
}

/** The network of a route's destination; a default route has that of the family which its other addresses, or `isV6`, say. */
function networkOf(destination: string, isV6: boolean): string | undefined {
  if (destination === 'default') return isV6 ? '::/0' : '0.0.0.0/0';
  return canonicalCIDR(destination);
}

/** A gateway, which may be of the other family (`via inet6`). */
function gatewayOf(fields: Fields): string {
  const via = textAt(fields, 'gateway');
  return canonicalIP(via === '' ? textAt(fieldsAt(fields, 'via'), 'host') : via) ?? '';
}

function hopOf(fields: Fields): NextHop {
  return { interface: textAt(fields, 'dev'), gateway: gatewayOf(fields) };
}

/** Whether a default route is of IPv6: by its gateway or preferred source, or as only IPv6's routes say how much they are preferred. */
function isSixth(fields: Fields): boolean {
  const told = `${textAt(fields, 'gateway')} ${textAt(fields, 'prefsrc')} ${objectsAt(fields, 'nexthops').map(gatewayOf).join(' ')}`;
  return told.includes(':') || textAt(fields, 'pref') !== '';
}

/** Routes of JSON. Never throws. */
export function readRoutesJson(file: string, { records, skipped }: JsonRecords): Part<RouteRecord> {
  const routes: RouteRecord[] = [];
  let wrong = skipped;
  for (const { fields, line } of records) {
    const type = typeOf(textAt(fields, 'type'));
    const network = networkOf(textAt(fields, 'dst'), isSixth(fields));
    if (type === undefined || network === undefined || !fitsShape(routeShape, fields)) {
      wrong += 1;
      continue;
    }
    const several = objectsAt(fields, 'nexthops').map(hopOf);
    const flags = textsAt(fields, 'flags');
    routes.push({
      line,
      network,
      type,
      table: String(valueAt(fields, 'table') ?? '') || 'main',
      hops: several.length > 0 ? several : [hopOf(fields)],
      source: canonicalIP(textAt(fields, 'prefsrc')) ?? '',
      metric: numberAt(fields, 'metric', mostMetric),
      isDown: flags.includes('dead'),
    });
  }
  return { file, records: routes, skipped: wrong };
}

const destination = /^(?:([a-z]+) )?(default|[0-9a-fA-F:.]+(?:\/\d{1,3})?)(?: |$)/;

function wordAfter(source: string, word: string): string {
  const at = source.indexOf(` ${word} `);
  return at < 0 ? '' : (source.slice(at + word.length + 2).split(' ', 1)[0] ?? '');
}

/** Routes of what `ip route` printed, a route a line; the ways on of one with several stand below it. Never throws. */
export function readRoutesText(file: string, text: string): Part<RouteRecord> {
  const routes: RouteRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    if (source.trim() === '') continue;
    const hop: NextHop = { interface: wordAfter(source, 'dev'), gateway: canonicalIP(wordAfter(source, 'via')) ?? '' };
    const last = routes.at(-1);
    if (/^\s+nexthop /.test(source) && last !== undefined) {
      const earlier = last.hops.filter((each) => each.interface !== '');
      routes[routes.length - 1] = { ...last, hops: [...earlier, hop] };
      continue;
    }
    const found = destination.exec(source);
    const type = typeOf(found?.[1] ?? '');
    const network = networkOf(found?.[2] ?? '', source.includes(' pref ') || hop.gateway.includes(':'));
    if (found === null || type === undefined || network === undefined) {
      skipped += 1;
      continue;
    }
    routes.push({
      line,
      network,
      type,
      table: wordAfter(source, 'table') || 'main',
      hops: [hop],
      source: canonicalIP(wordAfter(source, 'src')) ?? '',
      metric: Number(wordAfter(source, 'metric')) || 0,
      isDown: / dead\b/.test(source),
    });
  }
  return { file, records: routes, skipped };
}
