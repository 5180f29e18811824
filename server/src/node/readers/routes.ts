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

/** Of a type that has no way on: nobody is sent anything. */
const withoutWay: ReadonlySet<RouteType> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw', 'unclear']);

function typeOf(text: string): RouteType {
  return text === '' ? 'unicast' : (types.find((type) => type === text) ?? 'unclear');
}

/** The network of a route's destination; a default route has that of the family which its other addresses, or `isV6`, say: none where these were not understood. */
function networkOf(destination: string, isV6: boolean, hops: readonly (NextHop | undefined)[]): string | undefined {
  if (destination === 'default') return hops.includes(undefined) ? undefined : isV6 ? '::/0' : '0.0.0.0/0';
  const network = canonicalCIDR(destination);
  // `ip` prints no network with bits of a host: that is a prefix that was cut.
  const own = canonicalIP(destination.split('/', 1)[0] ?? '');
  return network?.startsWith(`${own}/`) === true ? network : undefined;
}

/** A way on; undefined where its gateway was not understood. A gateway may be of the other family (`via inet6`). */
function hopTo(name: string, via: string): NextHop | undefined {
  const gateway = via === '' ? '' : canonicalIP(via);
  return gateway === undefined ? undefined : { interface: name, gateway };
}

function viaOf(fields: Fields): string {
  return textAt(fields, 'gateway') || textAt(fieldsAt(fields, 'via'), 'host');
}

/** What a route is as far as it was understood: unclear where its ways on, or the packets that it is for, were not. */
function withHops(route: Omit<RouteRecord, 'hops'>, hops: readonly (NextHop | undefined)[]): RouteRecord {
  const known = hops.filter((hop) => hop !== undefined);
  const leads = withoutWay.has(route.type) || (known.length > 0 && known.every((hop) => hop.interface !== ''));
  return leads && known.length === hops.length ? { ...route, hops: known } : { ...route, type: 'unclear', hops: [] };
}

function partOf(file: string, records: readonly RouteRecord[], skipped: number): Part<RouteRecord> {
  return { file, records, skipped: skipped + unclearRoutes(records).length };
}

/** Routes of which the destination alone is known. */
export function unclearRoutes(routes: readonly RouteRecord[]): readonly RouteRecord[] {
  return routes.filter(({ type }) => type === 'unclear');
}

/** Whether a default route is of IPv6: by its gateway or preferred source, or as only IPv6's routes say how much they are preferred. */
function isSixth(fields: Fields): boolean {
  const told = `${textAt(fields, 'gateway')} ${textAt(fields, 'prefsrc')} ${objectsAt(fields, 'nexthops')
    .map((hop) => textAt(hop, 'gateway'))
    .join(' ')}`;
  return told.includes(':') || textAt(fields, 'pref') !== '';
}

/** Routes of JSON. Never throws. */
export function readRoutesJson(file: string, { records, skipped }: JsonRecords): Part<RouteRecord> {
  const routes: RouteRecord[] = [];
  let wrong = skipped;
  for (const { fields, line } of records) {
    const several = objectsAt(fields, 'nexthops');
    const hops = (several.length > 0 ? several : [fields]).map((hop) => hopTo(textAt(hop, 'dev'), viaOf(hop)));
    const network = networkOf(textAt(fields, 'dst'), isSixth(fields), hops);
    const table = valueAt(fields, 'table') ?? '';
    if (network === undefined || !['string', 'number'].includes(typeof table)) {
      wrong += 1;
      continue;
    }
    const isForAll = fitsShape(routeShape, fields) && !Object.hasOwn(fields, 'tos') && !Object.hasOwn(fields, 'from');
    const route: Omit<RouteRecord, 'hops'> = {
      line,
      network,
      type: isForAll ? typeOf(textAt(fields, 'type')) : 'unclear',
      table: String(table) || 'main',
      source: canonicalIP(textAt(fields, 'prefsrc')) ?? '',
      metric: numberAt(fields, 'metric', mostMetric),
      isDown: textsAt(fields, 'flags').includes('dead'),
    };
    routes.push(withHops(route, hops));
  }
  return partOf(file, routes, wrong);
}

const destination = /^(?:([a-z]+) )?(default|[0-9a-fA-F:.]+(?:\/\d{1,3})?)(?: |$)/;

function wordAfter(source: string, word: string): string {
  const at = source.indexOf(` ${word} `);
  return at < 0 ? '' : (source.slice(at + word.length + 2).split(' ', 1)[0] ?? '');
}

function viaOfText(source: string): string {
  return wordAfter(source, 'via inet6') || wordAfter(source, 'via inet') || wordAfter(source, 'via');
}

/** A route as its line says it; undefined where its destination was not understood. */
function routeOfText(line: number, source: string, via: string, hop: NextHop | undefined): Omit<RouteRecord, 'hops'> | undefined {
  const [found, type = '', to = ''] = destination.exec(source) ?? [];
  const network = networkOf(to, source.includes(' pref ') || (via.includes(':') && !source.includes(' via inet6 ')), [hop]);
  if (found === undefined || network === undefined) return undefined;
  const isForAll = !/ (?:tos|from) /.test(source);
  return {
    line,
    network,
    type: isForAll ? typeOf(type) : 'unclear',
    table: wordAfter(source, 'table') || 'main',
    source: canonicalIP(wordAfter(source, 'src')) ?? '',
    metric: Number(wordAfter(source, 'metric')) || 0,
    isDown: / dead\b/.test(source),
  };
}

/** Routes of what `ip route` printed, a route a line; the ways on of one with several stand below it. Never throws. */
export function readRoutesText(file: string, text: string): Part<RouteRecord> {
  const routes: RouteRecord[] = [];
  let skipped = 0;
  let route: Omit<RouteRecord, 'hops'> | undefined;
  let hops: (NextHop | undefined)[] = [];
  let isBehindOne = false;
  const end = (): void => {
    if (route !== undefined) routes.push(withHops(route, hops));
  };
  for (const { line, text: source } of numberedLines(text)) {
    if (source.trim() === '') continue;
    const via = viaOfText(source);
    const hop = hopTo(wordAfter(source, 'dev'), via);
    // Behind a route that was not understood it is a way on of that one.
    if (/^\s+nexthop /.test(source) && isBehindOne) {
      if (hops[0]?.interface === '') hops = [];
      hops.push(hop);
      continue;
    }
    end();
    isBehindOne = true;
    route = routeOfText(line, source, via, hop);
    hops = [hop];
    if (route === undefined) skipped += 1;
  }
  end();
  return partOf(file, routes, skipped);
}
