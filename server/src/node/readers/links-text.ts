/** Interfaces as `ip link`, `ip -d link` or `ip addr` print them for people, and the ports of bridges by `bridge link` and `bridge fdb`. */
import { canonicalIP } from '../../base/ip.ts';
import type { BridgePortRecord, ForwardingRecord, LinkRecord, Part } from '../records.ts';
import { numberedLines, wordAfter } from './lines.ts';
import { withInferredKinds } from './links.ts';

/** Kinds that `ip -d` puts at the beginning of a line of their own. */
const kinds: ReadonlySet<string> = new Set(
  'bridge veth vxlan geneve ipip gre gretap ip6gre ip6tnl sit wireguard bond vlan macvlan ipvlan dummy tun vrf ifb vti'.split(
    ' ',
  ),
);
/** What the hardware's type says of tunnels, without -d as well. */
const kindOfHardware: Readonly<Record<string, string>> = {
  ipip: 'ipip',
  tunnel: 'ipip',
  gre: 'gre',
  sit: 'sit',
  tunnel6: 'ip6tnl',
};

const head = /^\d+: ([^:@\s]+)(?:@([^:\s]+))?: <([^>\s]*)> (.*)$/;

type Link = { -readonly [Key in keyof LinkRecord]: LinkRecord[Key] };

function switchIn(words: readonly string[], word: string): boolean | null {
  const value = wordAfter(words, word);
  return value === '' ? null : value === '1' || value === 'on';
}

function begun(line: number, found: RegExpExecArray): Link {
  const [, name = '', , flags = '', more = ''] = found;
  const words = more.split(/\s+/);
  return {
    line,
    name,
    index: Number.parseInt(found[0], 10),
    mtu: Number(wordAfter(words, 'mtu')) || 0,
    isUp: flags.split(',').includes('UP'),
    hasCarrier: !flags.split(',').includes('NO-CARRIER'),
    isWithoutArp: flags.split(',').includes('NOARP'),
    kind: '',
    master: wordAfter(words, 'master'),
    mac: '',
    lower: '',
    callsIptables: null,
    hairpin: null,
    isIsolated: null,
    isPromiscuous: false,
    table: '',
    tunnelPort: null,
  };
}

/** What a line below a link's head says of it; false where it says nothing of a link. */
function take(link: Link, source: string): boolean {
  const words = source.trim().split(/\s+/);
  const [first = ''] = words;
  if (first.startsWith('link/')) {
    link.mac = /^[0-9a-fA-F:]{17}$/.test(words[1] ?? '') ? (words[1] ?? '').toLowerCase() : '';
    link.kind ||= kindOfHardware[first.slice('link/'.length)] ?? '';
    link.isPromiscuous = Number(wordAfter(words, 'promiscuity')) > 0;
  } else if (first === 'bridge_slave') {
    link.hairpin = switchIn(words, 'hairpin');
    link.isIsolated = switchIn(words, 'isolated');
  } else if (kinds.has(first)) {
    link.kind = first;
    if (first === 'bridge') link.callsIptables = switchIn(words, 'nf_call_iptables');
    if (first === 'vrf') link.table = wordAfter(words, 'table');
    if (first === 'vxlan' || first === 'geneve' || first === 'ipip' || first === 'gre') {
      link.lower = wordAfter(words, 'dev');
      link.tunnelPort = Number(wordAfter(words, 'dstport')) || null;
    }
  } else return false;
  return true;
}

/** Links of text. What is no link, as addresses and counters, is passed over. Never throws. */
export function readLinksText(file: string, text: string): Part<LinkRecord> {
  const links: Link[] = [];
  for (const { line, text: source } of numberedLines(text)) {
    // `ip -o` has a link's lines on one, with backslashes between.
    for (const part of source.split('\\')) {
      const found = head.exec(part);
      const last = links.at(-1);
      if (found !== null && wordAfter((found[4] ?? '').split(/\s+/), 'mtu') !== '') links.push(begun(line, found));
      else if (last !== undefined) take(last, part);
    }
  }
  return { file, records: withInferredKinds(links), skipped: 0 };
}

const port = /^\d+: ([^:@\s]+)(?:@[^:\s]+)?: <[^>\s]*> (.*)$/;

/** A bridge's ports of what `bridge link`, or `bridge -d link`, printed; only the latter says which are in hairpin mode. Never throws. */
export function readBridgePortsText(file: string, text: string): Part<BridgePortRecord> {
  const records: BridgePortRecord[] = [];
  for (const { line, text: source } of numberedLines(text)) {
    const found = port.exec(source);
    const last = records.at(-1);
    if (found !== null) {
      const words = (found[2] ?? '').split(/\s+/);
      records.push({
        line,
        name: found[1] ?? '',
        bridge: wordAfter(words, 'master'),
        hairpin: switchIn(words, 'hairpin'),
        isIsolated: switchIn(words, 'isolated'),
        state: wordAfter(words, 'state'),
        isLocked: switchIn(words, 'locked'),
      });
    } else if (last !== undefined && last.hairpin === null) {
      const words = source.trim().split(/\s+/);
      records[records.length - 1] = {
        ...last,
        hairpin: switchIn(words, 'hairpin'),
        isIsolated: switchIn(words, 'isolated'),
        isLocked: switchIn(words, 'locked'),
      };
    }
  }
  return { file, records: records.filter(({ bridge }) => bridge !== ''), skipped: 0 };
}

/** What a bridge has seen at its ports, of what `bridge fdb` printed. Never throws. */
export function readForwardingText(file: string, text: string): Part<ForwardingRecord> {
  const records: ForwardingRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const words = source.trim().split(/\s+/);
    const [mac = ''] = words;
    const name = wordAfter(words, 'dev');
    if (/^[0-9a-fA-F:]{17}$/.test(mac) && name !== '')
      records.push({ line, mac: mac.toLowerCase(), port: name, remote: canonicalIP(wordAfter(words, 'dst')) ?? '' });
    else if (source.trim() !== '') skipped += 1;
  }
  return { file, records, skipped };
}
