import { canonicalIP, inCIDR, isLoopbackIP } from '../../base/ip.ts';

/**
 * The proxy for a server by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, as kubectl uses them (golang.org/x/net/http/httpproxy): a loopback
 * server is reached directly; NO_PROXY lists names with their subdomains, addresses and networks, or is `*`. Undefined for none.
 */
export function proxyFor(server: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { protocol, hostname } = new URL(server);
  const variable = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[variable] || env[variable.toLowerCase()] || '';
  if (proxy === '') return undefined;
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const ip = canonicalIP(host);
  if (host === 'localhost' || (ip !== undefined && isLoopbackIP(ip))) return undefined;
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((entry) => entry.trim().toLowerCase());
  for (const entry of exceptions) {
    if (entry === '') continue;
    if (entry === '*' || entry === host) return undefined;
    if (ip !== undefined && entry.includes('/') && inCIDR(ip, entry)) return undefined;
    const suffix = entry.startsWith('.') ? entry : `.${entry}`;
    if (ip === undefined && host.endsWith(suffix)) return undefined;
  }
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}
