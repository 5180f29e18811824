/** Interfaces: `ip -j -d link` (or the same part of `ip -j -d addr`), and the ports of bridges: `bridge -j link`, `bridge -j fdb`. */
import { canonicalIP } from '../../base/ip.ts';
import { booleanAt, type Fields, fieldsAt, numberAt, textAt, textsAt, valueAt } from '../../cluster/fields.ts';
import { fitsShape } from '../../cluster/shape.ts';
import type { BridgePortRecord, ForwardingRecord, LinkRecord, Part } from '../records.ts';
import type { JsonRecords } from './json-records.ts';
import { bridgePortShape, forwardingShape, linkShape } from './json-shapes.ts';

const most = 0xffff_ffff;

/** The master's own switch for iptables, as a number or a word. */
function switchAt(fields: Fields, key: string): boolean | null {
  const value = valueAt(fields, key);
  return typeof value === 'number' ? value !== 0 : typeof value === 'boolean' ? value : null;
}

/** What a name says of a tunnel's kind, where nobody asked for more (`ip` without -d): names that network plugins give. */
const kindsByName: readonly (readonly [RegExp, string])[] = [
  [/^(?:flannel\.\d+|vxlan\.calico|vxlan-v6\.calico|cilium_vxlan|vxlan\d+)$/, 'vxlan'],
  [/^(?:genev_sys_\d+|cilium_geneve)$/, 'geneve'],
  [/^tunl0$/, 'ipip'],
  [/^(?:wg\d+|flannel-wg|cilium_wg0|wireguard\.cali)$/, 'wireguard'],
];

/** Links with the kinds that `ip` without -d leaves out, as far as they show: what others are ports of is a bridge, unless it is a bond. */
export function withInferredKinds(links: readonly LinkRecord[]): readonly LinkRecord[] {
  if (links.some(({ kind }) => kind === 'bridge' || kind === 'veth')) return links;
  const masters = new Set(links.map(({ master }) => master).filter((name) => name !== ''));
  return links.map((link) => {
    if (link.kind !== '') return link;
    const named = kindsByName.find(([shape]) => shape.test(link.name))?.[1] ?? '';
    const isBond = /^(?:bond|team|vrf)/.test(link.name);
    return { ...link, kind: named === '' && masters.has(link.name) && !isBond ? 'bridge' : named };
  });
}

/** Links of JSON. Never throws. */
export function readLinks(file: string, { records, skipped }: JsonRecords): Part<LinkRecord> {
  const links = records.flatMap(({ fields, line }): readonly LinkRecord[] => {
    const name = textAt(fields, 'ifname');
    if (name === '' || !fitsShape(linkShape, fields)) return [];
    const info = fieldsAt(fields, 'linkinfo');
    const data = fieldsAt(info, 'info_data');
    const port = fieldsAt(info, 'info_slave_data');
    return [
      {
        line,
        name,
        index: numberAt(fields, 'ifindex', most),
        mtu: numberAt(fields, 'mtu', most),
        isUp: textsAt(fields, 'flags').includes('UP'),
        hasCarrier: !textsAt(fields, 'flags').includes('NO-CARRIER'),
        isWithoutArp: textsAt(fields, 'flags').includes('NOARP'),
        kind: textAt(info, 'info_kind'),
        master: textAt(fields, 'master'),
        mac: textAt(fields, 'address').toLowerCase(),
        lower: textAt(data, 'link') || textAt(fields, 'link'),
        callsIptables: switchAt(data, 'nf_call_iptables'),
        hairpin: textAt(info, 'info_slave_kind') === 'bridge' ? (booleanAt(port, 'hairpin') ?? null) : null,
        isIsolated: textAt(info, 'info_slave_kind') === 'bridge' ? (booleanAt(port, 'isolated') ?? null) : null,
        table: textAt(info, 'info_kind') === 'vrf' ? String(valueAt(data, 'table') ?? '') : '',
        tunnelPort: numberAt(data, 'port', 65_535) || null,
        isPromiscuous: numberAt(fields, 'promiscuity', most) > 0,
      },
    ];
  });
  return { file, records: withInferredKinds(links), skipped: skipped + records.length - links.length };
}

/** A bridge's ports of JSON. Never throws. */
export function readBridgePorts(file: string, { records, skipped }: JsonRecords): Part<BridgePortRecord> {
  const ports = records
    .filter(({ fields }) => fitsShape(bridgePortShape, fields))
    .map(({ fields, line }) => ({
      line,
      name: textAt(fields, 'ifname'),
      bridge: textAt(fields, 'master'),
      hairpin: booleanAt(fields, 'hairpin') ?? null,
      isIsolated: booleanAt(fields, 'isolated') ?? null,
      state: textAt(fields, 'state'),
      isLocked: booleanAt(fields, 'locked') ?? null,
    }))
    .filter(({ name }) => name !== '');
  return { file, records: ports, skipped: skipped + records.length - ports.length };
}

/** What a bridge has seen at its ports, of JSON. Never throws. */
export function readForwarding(file: string, { records, skipped }: JsonRecords): Part<ForwardingRecord> {
  const entries = records
    .filter(({ fields }) => fitsShape(forwardingShape, fields))
    .map(({ fields, line }) => ({
      line,
      mac: textAt(fields, 'mac').toLowerCase(),
      port: textAt(fields, 'ifname'),
      remote: canonicalIP(textAt(fields, 'dst')) ?? '',
    }))
    .filter(({ mac, port }) => mac !== '' && port !== '');
  return { file, records: entries, skipped: skipped + records.length - entries.length };
}
