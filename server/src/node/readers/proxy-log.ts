/** kube-proxy's log, in klog's form: "I1125 21:00:47.133235     890 proxier.go:243] message". */
import { isFields, textAt } from '../../cluster/fields.ts';
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

/** A line of `--logging-format=json`: {"ts":1764104447133.2,"caller":"...","msg":"...","v":2}; undefined for another line. */
function jsonRecord(line: number, source: string): LogRecord | undefined {
  const at = source.indexOf('{"ts":');
  if (at < 0) return undefined;
  try {
    const value: unknown = JSON.parse(source.slice(at));
    if (!isFields(value)) return undefined;
    const { ts, v, err } = value;
    if (typeof ts !== 'number') return undefined;
    const time = new Date(ts);
    const isError = typeof v !== 'number' || typeof err === 'string';
    return {
      line,
      severity: isError ? 'error' : 'info',
      month: time.getUTCMonth() + 1,
      day: time.getUTCDate(),
      seconds: time.getUTCHours() * 3600 + time.getUTCMinutes() * 60 + time.getUTCSeconds(),
      message: `${textAt(value, 'msg')}${Object.entries(value)
        .filter(([key]) => !['ts', 'caller', 'msg', 'v'].includes(key))
        .map(([key, each]) => ` ${key}=${typeof each === 'string' ? `"${each}"` : JSON.stringify(each)}`)
        .join('')}`,
    };
  } catch {
    return undefined;
  }
}

/** The log's records; lines without a head belong to the one before them. Never throws. */
export function readProxyLog(file: string, text: string): Part<LogRecord> {
  const records: LogRecord[] = [];
  let skipped = 0;
  let joined = 0;
  for (const { line, text: source } of numberedLines(text)) {
    const found = head.exec(source);
    const told = found === null ? jsonRecord(line, source) : undefined;
    if (told !== undefined) {
      records.push(told);
      joined = 0;
      continue;
    }
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
