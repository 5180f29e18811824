/** Names with a value a line: `sysctl -a`, and the counters that nstat prints. */
import type { NamedValues } from '../records.ts';
import { numberedLines } from './lines.ts';

const mostNames = 500_000;

/** Reads lines by an expression of a name and a value; empty lines and comments are none. */
function readNamed(file: string, text: string, shape: RegExp): NamedValues {
  const values = new Map<string, { readonly value: string; readonly line: number }>();
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    if (source.trim() === '' || source.startsWith('#')) continue;
    const found = shape.exec(source);
    // Programs that failed complain between the lines: "sysctl: permission denied on key ...".
    if (found === null || values.size >= mostNames) skipped += 1;
    else values.set(found[1] ?? '', { value: (found[2] ?? '').trim(), line });
  }
  return { file, values, skipped };
}

/** Settings of the kernel, by their names with dots ("net.ipv4.ip_forward"). An interface's own dots are slashes, as sysctl prints them. */
export function readSysctls(file: string, text: string): NamedValues {
  return readNamed(file, text, /^\s*([\w.\-/@:]+)\s*=\s?(.*)$/);
}

/** The network stack's counters: "TcpExtIPReversePathFilter  3  0.0". */
export function readCounters(file: string, text: string): NamedValues {
  return readNamed(file, text, /^\s*(\w+)\s+(\d+)(?:\s+[\d.]+)?\s*$/);
}
