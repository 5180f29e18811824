/** Lines that TRACE of the legacy back end writes to the kernel's log. Source: ip_tables.c, trace_packet. */
import { loggedPacket } from './log-fields.ts';
import type { SeenEvent } from './seen-packet.ts';

// A log may put the time, the host and the program before it.
const form = /\bTRACE: ([a-z]+):(\S+):(rule|return|policy):(\d{1,9}) (IN=.*)/;

/** The event that a line is; undefined where it is none. @param line its number, 1-based */
export function kernelLogEvent(text: string, line: number): SeenEvent | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, table = '', chain = '', kind, number = '', words = ''] = match;
  const { fields, key } = loggedPacket(words);
  return {
    format: 'kernel-log',
    family: fields.src?.includes(':') === true ? 'ipv6' : 'ipv4',
    id: '',
    key,
    table,
    chain,
    kind: kind === 'policy' || kind === 'return' ? kind : 'rule',
    rule: { by: 'number', number: Number(number) },
    verdict: '',
    fields,
    line,
  };
}
