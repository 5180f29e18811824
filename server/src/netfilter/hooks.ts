/**
 * Which tables a packet meets at which hook, in order. Source: the priorities of include/uapi/linux/netfilter_ipv4.h (raw -300, mangle -150,
 * destination NAT -100, filter 0, security 50, source NAT 100); the same for IPv6.
 */
import type { Hook, TableName } from '../catalog/types.ts';

export interface Stage {
  readonly hook: Hook;
  readonly table: TableName;
}

function stages(hook: Hook, ...tables: readonly TableName[]): readonly Stage[] {
  return tables.map((table) => ({ hook, table }));
}

/** What a packet that comes in from the network meets before it is routed. */
export const prerouting: readonly Stage[] = stages('PREROUTING', 'raw', 'mangle', 'nat');

/** A packet for this node itself. nat INPUT holds source NAT, so it stands behind filter. */
export const input: readonly Stage[] = stages('INPUT', 'mangle', 'filter', 'security', 'nat');

export const postrouting: readonly Stage[] = stages('POSTROUTING', 'mangle', 'nat');

/** A packet that passes through. */
export const forward: readonly Stage[] = [...stages('FORWARD', 'mangle', 'filter', 'security'), ...postrouting];

/** A packet that a process of this node sends, up to where its destination may still change; then it is routed once more. */
export const output: readonly Stage[] = stages('OUTPUT', 'raw', 'mangle', 'nat');

export const outputRouted: readonly Stage[] = [...stages('OUTPUT', 'filter', 'security'), ...postrouting];
