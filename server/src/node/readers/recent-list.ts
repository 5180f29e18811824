/** A list of `-m recent`, as /proc/net/xt_recent/NAME prints it. */
import { canonicalIP } from '../../base/ip.ts';
import type { RecentEntry, RecentList } from '../records.ts';
import { numberedLines } from './lines.ts';

const entry = /^src=(\S+) ttl: \d+ last_seen: (\d+)/;

/** The entries of one list. Lines that are none are left out; never throws. */
export function readRecentList(name: string, file: string, text: string): RecentList {
  const entries: RecentEntry[] = [];
  for (const { line, text: source } of numberedLines(text)) {
    const found = entry.exec(source);
    const ip = canonicalIP(found?.[1] ?? '');
    if (ip === undefined) continue;
    const times = /oldest_pkt: \d+ ([\d, ]*)$/.exec(source.trim())?.[1] ?? '';
    entries.push({
      line,
      ip,
      lastSeen: Number(found?.[2]),
      times: times
        .split(',')
        .filter((tick) => tick.trim() !== '')
        .map(Number),
    });
  }
  return { name, file, entries };
}
