/** What listens on the node: `ss -lntu`, with its head line or without. */
import { canonicalIP } from '../../base/ip.ts';
import type { Part, SocketRecord } from '../records.ts';
import { numberedLines } from './lines.ts';

/** "0.0.0.0:22", "[::]:22", "*:22", "127.0.0.53%lo:53" */
const local = /^(?:\[([0-9a-f.:]+)\]|([0-9.]+|\*))(?:%[^:\s]+)?:(\d+)$/i;
const states: ReadonlySet<string> = new Set(['LISTEN', 'UNCONN']);

/** Sockets of text. Never throws. */
export function readSockets(file: string, text: string): Part<SocketRecord> {
  const records: SocketRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const [protocol = '', state = '', , , own = ''] = source.trim().split(/\s+/);
    if (source.trim() === '' || protocol === 'Netid') continue;
    const found = local.exec(own);
    const [, v6, v4 = '', port = ''] = found ?? [];
    const ip = v4 === '*' ? '' : canonicalIP(v6 ?? v4);
    if (found === null || ip === undefined || !states.has(state)) skipped += 1;
    else records.push({ line, protocol, ip, port: Number(port) });
  }
  return { file, records, skipped };
}
