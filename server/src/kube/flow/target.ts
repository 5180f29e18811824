/** What a flow can be asked for, in words. */
import { canonicalIP, hostPort, isIPv6, parseHostPort } from '../../base/ip.ts';

export type FlowTargetSpec =
  | { readonly kind: 'address'; readonly ip: string; readonly port: number | null; readonly protocol: string | null }
  /** `port` is a name or a number as typed; null for all ports. */
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: string | null };

export type ParsedFlowTarget =
  | { readonly ok: true; readonly target: FlowTargetSpec }
  | { readonly ok: false; readonly message: string };

const wanted =
  'Expected IP[:PORT[/PROTOCOL]] such as 10.96.0.10:53/udp, or namespace/service[:port] such as kube-system/kube-dns:dns.';
const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function wrong(message: string): ParsedFlowTarget {
  return { ok: false, message: `${message} ${wanted}` };
}

function parseAddress(text: string): ParsedFlowTarget {
  const slash = text.indexOf('/');
  const protocol = slash < 0 ? null : text.slice(slash + 1).toLowerCase();
  const address = parseHostPort(slash < 0 ? text : text.slice(0, slash));
  if (address === undefined) return wrong(`${shown(text)} is no address with a port.`);
  if (protocol !== null && !protocols.has(protocol)) {
    return wrong(`${shown(protocol)} is no protocol of Services: they have tcp, udp and sctp.`);
  }
  return { ok: true, target: { kind: 'address', ip: address.ip, port: address.port, protocol } };
}

/**
 * Takes `IP[:PORT[/PROTOCOL]]` (IPv6 with a port in brackets) or `namespace/service[:port]`, the port by name or number, apart.
 * Never throws; the message of a refusal says what was wrong and what is expected.
 */
export function parseFlowTarget(text: string): ParsedFlowTarget {
  const trimmed = text.trim();
  if (trimmed === '') return wrong('Nothing to follow was given.');
  const head = /^\[?([0-9a-fA-F.:]+)/.exec(trimmed)?.[1] ?? '';
  if (trimmed.startsWith('[') || canonicalIP(trimmed) !== undefined || canonicalIP(head.replace(/:\d*$/, '')) !== undefined) {
    return parseAddress(trimmed);
  }
  const service = /^([^\s/:\p{Cc}]+)\/([^\s/:\p{Cc}]+)(?::([^\s/:\p{Cc}]+))?$/u.exec(trimmed);
  if (service?.[1] === undefined || service[2] === undefined) {
    if (/^\d+(?:\.\d+){1,3}/.test(trimmed)) return wrong(`${shown(trimmed)} is no IP address.`);
    return wrong(`${shown(trimmed)} is neither an address nor namespace/service.`);
  }
  return { ok: true, target: { kind: 'service', namespace: service[1], name: service[2], port: service[3] ?? null } };
}

/** A target as text that `parseFlowTarget` takes. */
export function flowTargetText(target: FlowTargetSpec): string {
  if (target.kind === 'service') return `${target.namespace}/${target.name}${target.port === null ? '' : `:${target.port}`}`;
  if (target.port === null) return target.ip;
  return `${hostPort(target.ip, target.port)}${target.protocol === null ? '' : `/${target.protocol}`}`;
}

/** "10.96.20.10:80/tcp"; without a port "10.96.20.10". */
export function addressText(ip: string, port: number | null, protocol: string): string {
  if (port === null) return isIPv6(ip) ? `[${ip}]` : ip;
  return `${hostPort(ip, port)}${protocol === '' ? '' : `/${protocol}`}`;
}
