/** Which packets are sent through a ruleset: those that its rules speak of, and others, from everywhere. */
import fc from 'fast-check';
import type { Family } from '../../../server/src/catalog/types.ts';
import { tcpFlags } from '../../../server/src/netfilter/packet.ts';
import type { Link } from './lab.ts';

/** What opens a connection, or tries to; its answer and what follows come of it. */
export interface Exchange {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  /** The place of the interface by which it comes in; null for a process of the node. */
  readonly link: number | null;
  readonly uid: number;
  readonly from: string;
  readonly to: string;
  readonly dport: number;
  readonly flags: number;
  /** Whether an ICMP packet is an answer that nobody asked for. */
  readonly isStray: boolean;
  readonly ttl: number;
  readonly tos: number;
  readonly padding: number;
}

/** A destination as a rule says it; null for what it leaves open. */
interface Aim {
  readonly protocol: Exchange['protocol'] | null;
  readonly to: string | null;
  readonly from: string | null;
  readonly port: number | null;
}

/** Some address of a network, or the address itself. */
function someAddress(network: string): string {
  const [address = '', length] = network.split('/');
  if (length === undefined || length === '32' || length === '128') return address;
  if (address.includes(':')) return address.endsWith('::') ? `${address}7` : address;
  const parts = address.split('.').map(Number);
  parts[3] = (parts[3] ?? 0) + 7;
  return parts.join('.');
}

/** What a node's routes can lead to: no address of a group, of everybody or of nobody. */
function isPlain(address: string): boolean {
  return !/^(?:0\.|127\.|2[2-5]\d\.|ff|fe80|::)/.test(address);
}

const protocolNames: Readonly<Record<string, Exchange['protocol']>> = {
  tcp: 'tcp',
  udp: 'udp',
  icmp: 'icmp',
  'ipv6-icmp': 'icmp',
};

function aimOf(rule: string): Aim {
  const said = (option: string): string | null => new RegExp(` ${option} (\\S+)`).exec(rule)?.[1] ?? null;
  const to = said('-d');
  const from = said('-s');
  const port = said('--dports?') ?? said('--ctorigdstport');
  return {
    protocol: protocolNames[said('-p') ?? ''] ?? null,
    to: to === null ? null : someAddress(to),
    from: from === null ? null : someAddress(from),
    port: port === null ? null : Number.parseInt(port, 10),
  };
}

/** Where DNAT leads is asked for by itself too. */
function translatedAim(rule: string): Aim | null {
  const found = /--to-destination (?:\[([^\]]+)\]|([\d.]+))(?::(\d+))?/.exec(rule);
  if (found === null) return null;
  const port = found[3] === undefined ? null : Number(found[3]);
  return { protocol: null, to: found[1] ?? found[2] ?? null, from: null, port };
}

const otherPorts = [22, 53, 80, 443, 5353, 8080, 9090, 30080];
const { SYN, ACK, FIN, RST } = tcpFlags;

interface Site {
  readonly family: Family;
  readonly links: readonly Link[];
  readonly rules: string;
}

function fits(family: Family) {
  return (address: string | null): address is string =>
    address !== null && address.includes(':') === (family === 'ipv6') && isPlain(address);
}

/** The addresses of hosts behind each interface: the first is the usual one. */
function hostsBehind({ family, links, rules }: Site): readonly (readonly string[])[] {
  const spoken = [...new Set(rules.split('\n').map((rule) => aimOf(rule).from))].filter(fits(family));
  return links.map(({ routes }) => {
    const own = routes
      .filter((route) => route !== 'default')
      .map(someAddress)
      .filter(fits(family));
    if (!routes.includes('default')) return own;
    const outside = family === 'ipv4' ? ['192.168.50.2', '203.0.113.9'] : ['fd00:50::2', '2001:db8::9'];
    return [...outside, ...own, ...spoken];
  });
}

/** The node's own addresses of a family. */
export function ownAddresses(links: readonly Link[], family: Family): readonly string[] {
  return links.flatMap(({ addresses }) => addresses.map((each) => each.split('/')[0] ?? '')).filter(fits(family));
}

/** Exchanges of packets for a ruleset in a node with these interfaces. */
export function exchangesFor(site: Site): fc.Arbitrary<Exchange> {
  const { family, links, rules } = site;
  const own = ownAddresses(links, family);
  const hosts = hostsBehind(site);
  const lines = rules.split('\n').filter((line) => line.startsWith('-A '));
  const aims = lines.flatMap((line) => [aimOf(line), translatedAim(line)]).filter((aim) => aim !== null);
  const aimed = aims.filter(({ to, port }) => fits(family)(to) || (to === null && port !== null));
  const fallback = [...own, ...hosts.flatMap((each) => each.slice(0, 1)), family === 'ipv4' ? '8.8.8.8' : '2001:db8::8'];
  const anyAim: fc.Arbitrary<Aim> = fc.record({
    protocol: fc.constant(null),
    to: fc.constantFrom(...fallback),
    from: fc.constant(null),
    port: fc.constantFrom(...otherPorts),
  });
  const aim =
    aimed.length === 0 ? anyAim : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...aimed) }, { weight: 1, arbitrary: anyAim });
  return (
    fc
      .record({
        aim,
        link: fc.constantFrom<number | null>(...links.keys(), 0, null),
        host: fc.nat({ max: 5 }),
        protocol: fc.constantFrom<Exchange['protocol']>('tcp', 'tcp', 'udp', 'icmp'),
        isOther: fc.constantFrom(false, false, false, false, true),
        to: fc.constantFrom(...own, ...own, ...fallback),
        port: fc.constantFrom(...otherPorts),
        uid: fc.constantFrom(0, 0, 1337),
        flags: fc.constantFrom(...Array.from({ length: 12 }, () => SYN), ACK, SYN | ACK, RST, FIN | ACK),
        isStray: fc.constantFrom(false, false, false, false, false, true),
        ttl: fc.constantFrom(64, 64, 63, 128, 255, 2),
        tos: fc.constantFrom(0, 0, 0, 0x10, 0x28, 0xb8),
        padding: fc.constantFrom(0, 0, 0, 32, 400),
      })
      .map(({ aim: { protocol, to, from, port }, ...drawn }): Exchange => {
        const { link, host } = drawn;
        const behind = link === null ? own : (hosts[link] ?? []);
        const usual = behind[host % 2 === 0 ? 0 : host % behind.length] ?? fallback[0] ?? '';
        // Behind the way out is everybody; what a rule says of a source is tried from there.
        const source = link === 0 && host === 3 && fits(family)(from) ? from : usual;
        return {
          protocol: protocol === null || drawn.isOther ? drawn.protocol : protocol,
          link,
          uid: link === null ? drawn.uid : 0,
          from: source,
          to: to ?? drawn.to,
          dport: port === null || Number.isNaN(port) || drawn.isOther ? drawn.port : port,
          // What the node itself says so is taken for the kernel's own (lab.ts).
          flags: link === null && drawn.flags === RST ? SYN : drawn.flags,
          isStray: drawn.isStray,
          ttl: drawn.ttl,
          tos: drawn.tos,
          padding: drawn.padding,
        };
      })
      // Whoever sends to itself does so without the node; what has a source of the node's own from outside is no honest packet.
      // What it sends to everybody in a network goes two ways at once, one of them back to itself.
      .filter(({ from, to, link }) => from !== to && (link === null ? !to.endsWith('.255') : !own.includes(from)))
  );
}
