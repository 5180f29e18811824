/**
 * Rules in the exact layouts that iptables-save writes, told from their text: a tenth of what the parser takes, for what a large cluster's dump
 * has by the ten thousand. Whatever is laid out in any other way is undefined here, and has to be read in full.
 */
import { type Line, textBelow } from './line.ts';

/** kube-proxy's three rules for an endpoint. */
export type EndpointLayout =
  /** A Service's chain picks an endpoint: with a probability as it is written, or whatever comes by. */
  | { readonly kind: 'choice'; readonly probability: string | undefined; readonly target: string }
  /** An endpoint's own packets are marked. */
  | { readonly kind: 'hairpin'; readonly source: string; readonly target: string }
  | { readonly kind: 'redirect'; readonly protocol: string; readonly destination: string };

const counters = String.raw`^(?:\[\d+:\d+\] )?`;
const comment = String.raw`(?:-m comment --comment "[^"\\]*" )?`;

const ofService = `${counters}-A KUBE-S(?:VC|VL|EP)-[A-Z2-7]{16} `;
const choice = new RegExp(
  String.raw`${ofService}${comment}(?:-m statistic --mode random --probability ([01]\.\d+) )?-j (KUBE-SEP-[A-Z2-7]{16})$`,
);
const hairpin = new RegExp(String.raw`${ofService}-s ([\da-f.:]+/\d+) ${comment}-j (KUBE-MARK-MASQ)$`);
const redirect = new RegExp(String.raw`${ofService}-p (tcp|udp|sctp) ${comment}-m \1 -j DNAT --to-destination ([\da-f.:[\]]+)$`);

/** What the line of a rule says where it is one of kube-proxy's for an endpoint, in a chain for a Service or endpoint. */
export function endpointLayout({ text, target, command, isGoto, name, context }: Line): EndpointLayout | undefined {
  if (command !== 'append' || isGoto || name.length !== 'KUBE-SEP-'.length + 16) return undefined;
  // Of a port that a terminal broke, half stands on the next line.
  if (textBelow(context) !== '') return undefined;
  if (target === 'DNAT') {
    const [, protocol, destination] = redirect.exec(text) ?? [];
    return protocol === undefined || destination === undefined ? undefined : { kind: 'redirect', protocol, destination };
  }
  if (target === 'KUBE-MARK-MASQ') {
    const source = hairpin.exec(text)?.[1];
    return source === undefined ? undefined : { kind: 'hairpin', source, target };
  }
  const found = target.startsWith('KUBE-SEP-') ? choice.exec(text) : null;
  return found === null ? undefined : { kind: 'choice', probability: found[1], target };
}

const inAnyChain = String.raw`${counters}-A \S+ `;
const source = String.raw`(?:(?:! )?-s [\d./a-f:]+ )?`;
const forAddress = new RegExp(String.raw`${inAnyChain}${source}-d ([\d.]+/32|[\da-f:.]+/128) `);
const forPort = new RegExp(
  String.raw`${inAnyChain}${source}(?:-d [\d./a-f:]+ )?-p (tcp|udp|sctp) (?:-m comment --comment "[^"\\]*" )?-m \1 --dport (0|[1-9]\d{0,4}) `,
);

/** The one address that a rule is for, as it is written, without its length: it may be spelt in a way that iptables-save does not use. */
export function destinationIn({ text }: Pick<Line, 'text'>): string | undefined {
  const network = forAddress.exec(text)?.[1];
  return network?.slice(0, network.lastIndexOf('/'));
}

/** The protocol and destination port that a rule is for, whatever else it asks. */
export function portIn({ text }: Pick<Line, 'text'>): { readonly protocol: string; readonly port: string } | undefined {
  const [, protocol, port] = forPort.exec(text) ?? [];
  return protocol === undefined || port === undefined ? undefined : { protocol, port };
}

const leadingCounters = /^\s*\[\d+:\d+\]\s+/;

/** A rule's text without its counters, as `iptables-save` prints it and the kernel's traces name it. */
export function ruleText({ text }: Pick<Line, 'text'>): string {
  return text.replace(leadingCounters, '').trim();
}

const hashedName = / -j [A-Z]{1,9}-[A-Z]{2,3}-[A-Z2-7]{16}$/;

/** Whether a line ends in a jump to a chain of kube-proxy's whose name has all sixteen characters of its hash: no half of a name. */
export function endsInHashedName({ text }: Pick<Line, 'text'>): boolean {
  return hashedName.test(text);
}
