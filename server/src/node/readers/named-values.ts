/** Names with a value a line: `sysctl -a`, and the counters that nstat prints. */
import type { NamedValue, NamedValues } from '../records.ts';
import { numberedLines } from './lines.ts';

const mostNames = 500_000;

/** Reads lines by an expression of a name and a value; empty lines and comments are none. */
function readNamed(file: string, text: string, shape: RegExp): NamedValues {
  const values = new Map<string, NamedValue>();
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    if (source.trim() === '' || source.startsWith('#')) continue;
    const found = shape.exec(source);
    // Programs that failed complain between the lines: "sysctl: permission denied on key ...".
    if (found === null || values.size >= mostNames) skipped += 1;
    else values.set(found[1] ?? '', { value: (found[2] ?? '').trim(), line, file });
  }
  return { file, values, skipped };
}

/** Where sysctl has dots, paths of /proc/sys have slashes, and the dots of an interface's own name are what sysctl has as slashes. */
function nameOfPath(path: string): string {
  return path.replaceAll(/[./]/g, (character) => (character === '/' ? '.' : '/'));
}

/**
 * Settings of the kernel, by their names with dots ("net.ipv4.ip_forward"). An interface's own dots are slashes, as sysctl prints them. Also what
 * `grep -r . /proc/sys/net` prints, and names with slashes alone ("net/ipv4/ip_forward = 1").
 */
export function readSysctls(file: string, text: string): NamedValues {
  const read = readNamed(file, text, /^\s*((?:\/proc\/sys\/[\w.\-/@]+)(?=:)|[\w.\-/@:]+(?=\s*=))\s*[:=]\s?(.*)$/);
  const values = new Map<string, NamedValue>();
  for (const [name, value] of read.values) {
    const path = /^\/?proc\/sys\/(.*)$/.exec(name)?.[1] ?? (name.includes('/') && !name.includes('.') ? name : undefined);
    values.set(path === undefined ? name : nameOfPath(path), value);
  }
  return { ...read, values };
}

/** One setting, of a file of /proc/sys that was copied: its path says the name. Undefined for another file. */
export function readSysctlFile(path: string, text: string): NamedValues | undefined {
  const name = sysctlFileName(path);
  const value = text.trim();
  if (name === undefined || value.includes('\n') || value.length > 200) return undefined;
  return { file: path, values: new Map([[name, { value, line: 1, file: path }]]), skipped: 0 };
}

/** "net.ipv4.ip_forward" of the path ".../proc/sys/net/ipv4/ip_forward", or Retina's "proc-sys-net/ipv4/ip_forward"; undefined for another path. */
export function sysctlFileName(path: string): string | undefined {
  const start = Math.max(path.lastIndexOf('proc/sys/net/'), path.lastIndexOf('proc-sys-net/'));
  const inner = start < 0 || (start > 0 && path.charAt(start - 1) !== '/') ? undefined : path.slice(start + 'proc/sys/'.length);
  return inner === undefined ? undefined : nameOfPath(inner);
}

/** What `netstat -s` says in words, by the counters' names. */
const inWords: readonly (readonly [RegExp, string])[] = [
  [/^(\d+) fragments failed$/, 'IpFragFails'],
  [/^(\d+) dropped because of missing route$/, 'IpOutNoRoutes'],
  [/^(\d+) with invalid addresses$/, 'IpInAddrErrors'],
];

/**
 * The network stack's counters: "TcpExtIPReversePathFilter  3  0.0" of nstat, what `netstat -s` prints of them, or /proc/net/netstat and snmp, where
 * a line of names stands above one of values.
 */
export function readCounters(file: string, text: string): NamedValues {
  const values = new Map<string, NamedValue>();
  let skipped = 0;
  let section = '';
  let names: readonly string[] = [];
  for (const { line, text: source } of numberedLines(text)) {
    const trimmed = source.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const set = (name: string, value: string): void => {
      if (values.size < mostNames) values.set(name, { value, line, file });
    };
    const plain = /^(\w+)\s+(\d+)(?:\s+[\d.]+)?$/.exec(trimmed);
    const table = /^(\w+): (.+)$/.exec(source);
    const named = /^(\w+): (\d+)$/.exec(trimmed);
    if (/^\w+:$/.test(source.trimEnd())) section = trimmed.slice(0, -1);
    else if (source.startsWith(' ') && section !== '') {
      const worded = inWords.find(([shape]) => shape.test(trimmed));
      if (named?.[1] !== undefined) set(`${section}${named[1]}`, named[2] ?? '');
      else if (worded !== undefined) set(worded[1], worded[0].exec(trimmed)?.[1] ?? '');
    } else if (plain?.[1] !== undefined) set(plain[1], plain[2] ?? '');
    else if (table !== null) {
      const words = (table[2] ?? '').split(' ');
      if (!/^-?\d+$/.test(words[0] ?? '')) names = words;
      else if (names.length === words.length)
        for (const [at, name] of names.entries()) set(`${table[1]}${name}`, words[at] ?? '');
    } else skipped += 1;
  }
  return { file, values, skipped };
}
