/** How kube-proxy and the CNI plugins make the names of their chains. */
import { sha256, sha512 } from '@noble/hashes/sha2.js';

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const digits = Uint8Array.from(base32, (digit) => digit.charCodeAt(0));
/** The letters of a hash while it is made. */
const letters = new Array<number>(16).fill(0);
const encoder = new TextEncoder();
let buffer = new Uint8Array(512);
// A large cluster takes tens of thousands of hashes: one hasher for all of them halves what they take.
const freshHasher = sha256.create();
const hasher = sha256.create();
const digest = new Uint8Array(hasher.outputLen);

function utf8(text: string): Uint8Array {
  // A UTF-16 unit takes at most three bytes.
  if (text.length * 3 > buffer.length) buffer = new Uint8Array(text.length * 3);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Names and addresses are ASCII; what is not may still stand in a dump.
    if (code > 127) return buffer.subarray(0, encoder.encodeInto(text, buffer).written);
    buffer[at] = code;
  }
  return buffer.subarray(0, text.length);
}

/** `base32(sha256(text))[:16]`: RFC 4648 alphabet, upper case (kube-proxy, portProtoHash). */
export function hash16(text: string): string {
  freshHasher._cloneInto(hasher);
  hasher.update(utf8(text)).digestInto(digest);
  // Five bytes are eight base32 digits; two such groups make the sixteen.
  for (let at = 0, to = 0; at < 10; at += 5, to += 8) {
    const high = ((digest[at] ?? 0) << 12) | ((digest[at + 1] ?? 0) << 4) | ((digest[at + 2] ?? 0) >> 4);
    const low = (((digest[at + 2] ?? 0) & 15) << 16) | ((digest[at + 3] ?? 0) << 8) | (digest[at + 4] ?? 0);
    for (let digit = 0; digit < 4; digit += 1) {
      const shift = 15 - digit * 5;
      letters[to + digit] = digits[(high >> shift) & 31] as number;
      letters[to + 4 + digit] = digits[(low >> shift) & 31] as number;
    }
  }
  // All letters at once: V8 would keep a text that is put together as its pieces, which take three times as much.
  return String.fromCharCode.apply(null, letters);
}

/** "namespace/name:port", or "namespace/name" for an unnamed port (kube-proxy, ServicePortName.String). */
export function portName(namespace: string, service: string, port: string): string {
  return port === '' ? `${namespace}/${service}` : `${namespace}/${service}:${port}`;
}

/** The hash that all chains of a Service's port share. `protocol` in lower case. */
export function portHash(portName: string, protocol: string): string {
  return hash16(portName + protocol);
}

/** The hash of an endpoint's chain; `endpoint` is "10.0.0.1:80" or "[fd00::1]:80". */
export function endpointHash(portName: string, protocol: string, endpoint: string): string {
  return hash16(portName + protocol + endpoint);
}

const endpointLetters = Array.from('KUBE-SEP-0123456789abcdef', (letter) => letter.charCodeAt(0));

/** "KUBE-SEP-" and a hash: the name of an endpoint's chain. */
export function endpointChain(hash: string): string {
  for (let at = 0; at < hash.length; at += 1) endpointLetters[at + 9] = hash.charCodeAt(at);
  return String.fromCharCode.apply(null, endpointLetters);
}

export type HashedPrefix = 'KUBE-SVC-' | 'KUBE-SVL-' | 'KUBE-EXT-' | 'KUBE-FW-' | 'KUBE-XLB-' | 'KUBE-SEP-';

const hashed = /^(KUBE-(?:SVC|SVL|EXT|FW|XLB|SEP)-)([A-Z2-7]{16})$/;
const prefixed = /^(KUBE-(?:SVC|SVL|EXT|FW|XLB|SEP)-)./;

/** Takes "KUBE-SVC-TCOU7JCQXEZGVUNU" apart; undefined for a name that no hash of kube-proxy's can have. */
export function splitHashedName(chain: string): { readonly prefix: HashedPrefix; readonly hash: string } | undefined {
  const match = hashed.exec(chain);
  return match?.[2] === undefined ? undefined : { prefix: match[1] as HashedPrefix, hash: match[2] };
}

/** The prefix of a Service's or an endpoint's chain, even where the rest is no hash: people shorten and redact names. */
export function hashedPrefix(chain: string): HashedPrefix | undefined {
  return prefixed.exec(chain)?.[1] as HashedPrefix | undefined;
}

/**
 * The chain that CNI's portmap makes for one container: "CNI-DN-" and the first 21 hexadecimal digits of
 * sha512(network name + container id) (containernetworking/plugins, MustFormatChainNameWithPrefix).
 */
export function portmapChain(network: string, containerId: string): string {
  return cniName('CNI-DN-', network, containerId);
}

/** The chain that CNI's bridge and ptp plugins make with `ipMasq`: "CNI-" and 24 digits of the same hash. */
export function cniMasqueradeChain(network: string, containerId: string): string {
  return cniName('CNI-', network, containerId);
}

/** CNI cuts the whole name at 28 characters (maxChainLength), one less than iptables allows. */
function cniName(prefix: string, network: string, containerId: string): string {
  let out = prefix;
  for (const byte of sha512(utf8(network + containerId))) {
    if (out.length >= 28) break;
    out += byte.toString(16).padStart(2, '0');
  }
  return out.slice(0, 28);
}
