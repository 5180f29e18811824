/** kube-proxy's log, in klog's form: "I1125 21:00:47.133235     890 proxier.go:243] message". */
import type { LogRecord, Part } from '../records.ts';
import { numberedLines } from './lines.ts';

/** What kubelet, containerd and `kubectl logs --timestamps` put before a line. */
const before = String.raw`(?:\S+ (?:stdout|stderr) [FP] |\d{4}-\d\d-\d\dT\S+ )?`;
const head = new RegExp(String.raw`^${before}([IWEF])(\d\d)(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?\s+\d+ [\w.+-]+:\d+\] (.*)$`);
const severities = { I: 'info', W: 'warning', E: 'error', F: 'fatal' } as const;
const mostLinesJoined = 40;

function severityOf(letter: string | undefined): LogRecord['severity'] {
  return letter === 'W' || letter === 'E' || letter === 'F' ? severities[letter] : 'info';
}

/** The log's records; lines without a head belong to the one before them. Never throws. */
export function readProxyLog(file: string, text: string): Part<LogRecord> {
  const records: LogRecord[] = [];
  let skipped = 0;
  let joined = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const found = head.exec(source);
    if (found !== null) {
      const [, letter, month, day, hours, minutes, seconds, message = ''] = found;
      records.push({
        line,
        severity: severityOf(letter),
        month: Number(month),
        day: Number(day),
        seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds),
        message,
      });
      joined = 0;
      continue;
    }
    const last = records.at(-1);
    if (source.trim() === '') continue;
    if (last === undefined || joined >= mostLinesJoined) skipped += 1;
    else {
      joined += 1;
      records[records.length - 1] = { ...last, message: `${last.message}\n${source}` };
    }
  }
  return { file, records, skipped };
}

const dayMilliseconds = 86_400_000;

/**
 * When something was logged, in milliseconds since 1970: in the year that puts it at or before `near` (with a day's slack for clocks), as the
 * log says none. UTC, as kube-proxy's Pod has no time zone.
 */
export function timeOfLog({ month, day, seconds }: LogRecord, near: number): number {
  const year = new Date(near).getUTCFullYear();
  const time = Date.UTC(year, month - 1, day) + seconds * 1000;
  return time > near + dayMilliseconds ? Date.UTC(year - 1, month - 1, day) + seconds * 1000 : time;
}
