import type { Line } from '../syntax/line.ts';

const counters = /^\s*\[\d+:\d+\]\s+/;

/** A rule's text without its counters, as `iptables-save` prints it and the kernel's traces name it. */
export function ruleText(line: Line): string {
  return line.text.replace(counters, '').trim();
}
