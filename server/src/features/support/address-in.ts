import { canonicalIP, parseHostPort } from '../../base/ip.ts';

/** The address in an option's value: "10.0.0.1/32", "10.0.0.1:80", "[fd00::1]:80"; undefined for networks and lists. */
export function addressIn(text: string): { readonly ip: string; readonly port: number | null } | undefined {
  const slash = text.indexOf('/');
  if (slash >= 0) {
    const ip = canonicalIP(text.slice(0, slash));
    const whole = ip?.includes(':') === true ? '128' : '32';
    return ip !== undefined && text.slice(slash + 1) === whole ? { ip, port: null } : undefined;
  }
  return parseHostPort(text);
}
