/** Addresses as text in one canonical form, so that they can be compared and looked up as strings. */
import ipaddr from 'ipaddr.js';

const plainIPv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** The library takes long to refuse a text, and names have colons too. */
const ipv6Characters = /^[\da-f:.]+$/i;
const paddedIPv4 = /^\d{1,5}(?:\.\d{1,5}){3}$/;

/**
 * The address in the form that Kubernetes and iptables print: dotted decimal without leading zeros, RFC 5952 for IPv6, IPv4 for
 * an IPv4-mapped IPv6 address (as Go's `net.IP.String`). Takes no prefix length, port, brackets or zone; undefined for all else.
 */
export function canonicalIP(text: string): string | undefined {
  if (plainIPv4.test(text)) return text;
  if (paddedIPv4.test(text)) {
    // Kubernetes reads leading zeros as decimal (netutils.ParseIPSloppy), not as octal.
    const stripped = text.replace(/\b0+(?=\d)/g, '');
    return plainIPv4.test(stripped) ? stripped : undefined;
  }
  if (!text.includes(':') || text.length > 45 || !ipv6Characters.test(text)) return undefined;
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

const dot = 0x2e;
const zero = 0x30;

/** The number that a dotted address is, 0 to 2^32 - 1. */
function ipv4Number(text: string): number {
  let number = 0;
  let part = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === dot) {
      number = number * 256 + part;
      part = 0;
    } else part = part * 10 + unit - zero;
  }
  return number * 256 + part;
}

/** The first address of the network of so many bits that an address is in, as a number. */
function ipv4Network(number: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return Math.floor(number / size) * size;
}

/** Whether an address or network as text is IPv6. */
export function isIPv6(text: string): boolean {
  return text.includes(':');
}

/** Whether a canonical address or network as text is one that every node has for itself: 127.0.0.0/8, ::1. */
export function isLoopbackIP(text: string): boolean {
  return text.startsWith('127.') || text === '::1' || text === '::1/128';
}

/**
 * A network as iptables and Kubernetes print it, host bits cleared: "10.244.0.0/16". A lone address is its own network
 * ("10.0.0.1" gives "10.0.0.1/32"). Undefined where it is none.
 */
export function canonicalCIDR(text: string): string | undefined {
  const slash = text.indexOf('/');
  const ip = canonicalIP(slash < 0 ? text : text.slice(0, slash));
  if (ip === undefined) return undefined;
  const width = isIPv6(ip) ? 128 : 32;
  if (slash < 0) return `${ip}/${width}`;
  const prefix = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > width) return undefined;
  if (width === 32) {
    const network = ipv4Network(ipv4Number(ip), Number(prefix));
    const parts = [network >>> 24, (network >>> 16) & 255, (network >>> 8) & 255, network & 255];
    return `${parts.join('.')}/${Number(prefix)}`;
  }
  const cidr = `${ip}/${Number(prefix)}`;
  const network = ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${canonicalIP(network.toString()) ?? network.toString()}/${Number(prefix)}`;
}

/** Whether `ip` lies in `cidr`; false where either is malformed or they are of different families. */
export function inCIDR(ip: string, cidr: string): boolean {
  const [base = '', prefix = ''] = cidr.split('/', 2);
  // The library takes some 20 microseconds for it, and a Service may have thousands of source ranges.
  if (plainIPv4.test(ip) && plainIPv4.test(base) && /^(?:[12]?\d|3[0-2])$/.test(prefix))
    return ipv4Network(ipv4Number(ip), Number(prefix)) === ipv4Network(ipv4Number(base), Number(prefix));
  try {
    const address = ipaddr.parse(ip);
    const [network, bits] = ipaddr.parseCIDR(cidr);
    return address.kind() === network.kind() && address.match([network, bits]);
  } catch {
    return false;
  }
}

/** "10.0.0.1" for "10.0.0.1/32", "fd00::1" for "fd00::1/128"; a network is left as it is, fd00::/32 too. */
export function withoutHostMask(network: string): string {
  return network.replace(isIPv6(network) ? /\/128$/ : /\/32$/, '');
}

/** "10.0.0.1:80", "[fd00::1]:80": as kube-proxy, DNAT and comments write an endpoint. `ip` is canonical. */
export function hostPort(ip: string, port: number): string {
  return isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/**
 * Takes "10.0.0.1:80", "[fd00::1]:80", "10.0.0.1" or "fd00::1" apart. The address is canonical; the port is null where there
 * is none. Undefined where the address is none or the port is not 0 to 65535.
 */
export function parseHostPort(text: string): { readonly ip: string; readonly port: number | null } | undefined {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const split =
    bracketed ??
    (isIPv6(text) && text.indexOf(':') !== text.lastIndexOf(':') ? [text, text] : /^([^:]+)(?::(\d{1,5}))?$/.exec(text));
  const ip = split?.[1] === undefined ? undefined : canonicalIP(split[1]);
  if (ip === undefined || split === null) return undefined;
  const digits = split[2];
  if (digits === undefined) return { ip, port: null };
  const port = Number(digits);
  return port <= 65535 ? { ip, port } : undefined;
}
