/** How the ends of a question may be spelt besides the plain way, and what was meant where they are none. */
import { parseHostPort } from '../../base/ip.ts';
import type { PodRecord, ServiceRecord } from '../../cluster/objects.ts';
import { canonicalProtocol } from '../../netfilter/core-match-predicates.ts';
import type { Frontend } from '../flow/frontends.ts';
import type { Resolution } from '../identity/chain-identity.ts';

/** A destination in the plain way, and the protocol that was said with it. */
export interface DestinationText {
  readonly text: string;
  /** As iptables-save names it; undefined where none was said. */
  readonly protocol: string | undefined;
}

const named = /^[^/:\s]+\/[^/:\s]+(?::[^/:\s]+)?$/;
const onNode = /^(?:node|this-node)(?::[^/\s]+)?$/;

/** A word that stands for itself in small letters, whatever letters it was typed in. */
function word(text: string): string {
  const small = text.toLowerCase();
  return /^(?:outside|node|this-node)(?::|$)/.test(small) ? small.replace(/:.*/, (rest) => text.slice(-rest.length)) : text;
}

/** A Service by its DNS name as it is by namespace and name: "web.shop.svc.cluster.local:80" is "shop/web:80". */
function byDNS(text: string): string {
  const [, name, namespace, port] = /^([\w-]+)\.([\w-]+)\.svc(?:\.[\w.-]*)?(:[^/:\s]+)?$/.exec(text) ?? [];
  return name === undefined || namespace === undefined ? text : `${namespace}/${name}${port ?? ''}`;
}

/** A source as typed, in the plain way. */
export function plainSource(typed: string): string {
  return word(typed.trim());
}

/** A destination as typed: "10.96.0.10:53/udp" and "shop/web:http/tcp" say a protocol, "web.shop.svc:80" is a Service by DNS. */
export function plainDestination(typed: string): DestinationText {
  const text = word(typed.trim());
  const [, before = '', said = ''] = /^(.+)\/([A-Za-z][\w-]*)$/.exec(text) ?? [];
  const plain = byDNS(before);
  const isEnd = parseHostPort(before) !== undefined || named.test(plain) || onNode.test(before);
  return isEnd ? { text: plain, protocol: canonicalProtocol(said) } : { text: byDNS(text), protocol: undefined };
}

const ownWords: ReadonlySet<string> = new Set(['localhost', 'self', 'host', 'me', 'here']);
const outsideWords: ReadonlySet<string> = new Set(['internet', 'external', 'world', 'any', 'anywhere', 'client']);
const mostMeant = 3;

/** What an end that lacks its namespace or its `node:` may mean, in a sentence that begins with a space; empty for nothing. */
export function meantEnd({ cluster }: Resolution, typed: string, side: 'from' | 'to', frontends: readonly Frontend[]): string {
  const [, bare = '', port = ''] = /^([^/:\s]+)(:[^/:\s]+)?$/.exec(typed) ?? [];
  const [name = '', namespace] = bare.split('.', 2);
  if (name === '') return '';
  const isMeant = (each: { readonly namespace: string; readonly name: string }): boolean =>
    each.name === name && (namespace === undefined || each.namespace === namespace);
  const ends: string[] = [];
  if (cluster.node(bare) !== undefined) ends.push(`node:${bare}`);
  if (ownWords.has(bare.toLowerCase())) ends.push('this-node');
  if (side === 'from' && outsideWords.has(bare.toLowerCase())) ends.push('outside');
  const services = side === 'to' ? [...cluster.services, ...frontends.flatMap(({ service }) => service ?? [])] : [];
  for (const each of [...services, ...cluster.pods]) if (isMeant(each)) ends.push(`${each.namespace}/${each.name}`);
  const all = [...new Set(ends)].slice(0, mostMeant).map((end) => (side === 'to' ? `${end}${port}` : end));
  return all.length === 0 ? '' : ` Did you mean ${all.join(' or ')}?`;
}

/** What to ask for in place of a Service that has no address of its own, in a sentence that begins with a space; empty where it has one. */
export function insteadOf({ cluster }: Resolution, service: ServiceRecord | undefined): string {
  if (service?.type === 'ExternalName') return ' Ask for an address that the name stands for, as --to IP:PORT.';
  if (service?.headless !== true) return '';
  for (const { namespace, endpoints, ports } of cluster.slicesOf(service.namespace, service.name)) {
    const pod = endpoints.find(({ targetRef }) => targetRef?.kind === 'Pod')?.targetRef?.name;
    const port = ports[0]?.port ?? null;
    if (pod !== undefined && port !== null) return ` Ask for one of its Pods: --to ${namespace}/${pod}:${port}.`;
  }
  return ' Ask for one of its Pods, as --to namespace/pod:port.';
}

/** What is to be known of a Pod that sends nothing and gets nothing any more. */
export function endedNotes({ namespace, name, phase }: PodRecord): readonly string[] {
  if (phase !== 'Succeeded' && phase !== 'Failed') return [];
  return [`Pod ${namespace}/${name} has ended (${phase}): its address may be another Pod's by now.`];
}
