/** Whether the kernel takes a packet that comes in: rp_filter and what it takes for martian (fib_validate_source). */
import type { NodeFacts } from '../facts.ts';
import type { RouteRecord } from '../records.ts';
import { interfacesOf, routeOf } from './route.ts';
import { largerSetting, type Setting, setting } from './sysctl.ts';

export type ReversePath =
  | { readonly kind: 'passes' }
  | { readonly kind: 'unknown' }
  /** Answers would leave by another interface, and rp_filter is strict there; or there is no route back at all. */
  | { readonly kind: 'fails'; readonly setting: Setting; readonly route: RouteRecord | null };

/**
 * Whether a packet of IPv4 passes the reverse path filter of the interface that it comes in by. `destination` is what it has behind PREROUTING,
 * as routing asks after DNAT.
 */
export function reversePath(
  facts: NodeFacts,
  packet: { readonly source: string; readonly destination: string; readonly mark: number; readonly in: string },
): ReversePath {
  if (packet.in === '' || packet.in === 'lo' || packet.source.includes(':')) return { kind: 'passes' };
  const strictness = largerSetting(facts, packet.in, 'rp_filter');
  if (strictness === undefined) return { kind: 'unknown' };
  if (strictness.value === 0) return { kind: 'passes' };
  const isMarkKept = (largerSetting(facts, packet.in, 'src_valid_mark') ?? setting(facts, 'net.ipv4.conf.all.src_valid_mark'))
    ?.value;
  const answer = routeOf(facts, {
    destination: packet.source,
    source: packet.destination,
    mark: isMarkKept === 1 ? packet.mark : 0,
    in: '',
  });
  if (answer.kind === 'unknown') return { kind: 'unknown' };
  if (answer.kind === 'none') return { kind: 'fails', setting: strictness, route: null };
  const isBack = interfacesOf(answer.route).includes(packet.in);
  return isBack || strictness.value === 2 ? { kind: 'passes' } : { kind: 'fails', setting: strictness, route: answer.route };
}
