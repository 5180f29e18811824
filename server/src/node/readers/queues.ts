/** Queues that programs have opened: /proc/net/netfilter/nfnetlink_queue. */
import type { Part, QueueRecord } from '../records.ts';
import { numberedLines } from './lines.ts';

/** Queues of text; an empty one says that there are none. Never throws. */
export function readQueues(file: string, text: string): Part<QueueRecord> {
  const records: QueueRecord[] = [];
  let skipped = 0;
  for (const { line, text: source } of numberedLines(text)) {
    if (source.trim() === '') continue;
    // Number, port of the program's netlink socket, packets in the queue, ...
    const number = /^\s*(\d{1,5})\s+-?\d+\s+\d+\s/.exec(source)?.[1];
    if (number === undefined) skipped += 1;
    else records.push({ line, number: Number(number) });
  }
  return { file, records, skipped };
}
