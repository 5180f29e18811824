/** How debug pods are told from others, and those that somebody still reads from those that were left. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';

export const debugPodLabels = { 'app.kubernetes.io/name': 'iptables-dump', 'app.kubernetes.io/managed-by': 'vscode-iptables' };

/** On a debug pod: the process that made it, as a hash of its machine's name and its number there. */
export const markAnnotation = 'vscode-iptables/process';

function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 12);
}

/** This process. */
export function processMark(): string {
  return `${machine()}.${process.pid}`;
}

/** Whether the process of a mark is gone for certain: it was one of this machine, and there is none of its number. */
export function isGone(mark: string): boolean {
  const [made, number] = mark.split('.');
  const pid = Number(number);
  if (made !== machine() || !Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
