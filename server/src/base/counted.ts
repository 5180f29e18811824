let grouped: Intl.NumberFormat | undefined;

/** "1,204": counts are grouped, whatever the machine's language, as a dump's reader compares them. */
export function count(value: number): string {
  if (Number.isInteger(value) && value >= 0 && value < 1_000) return String(value);
  // One for all, and not before a number needs it: making the first takes as long as reading a small dump.
  grouped ??= new Intl.NumberFormat('en-US');
  return grouped.format(value);
}

/** "1 endpoint", "12 endpoints". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
