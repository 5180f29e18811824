// One for all, as making one takes longer than a thousand uses.
const grouped = new Intl.NumberFormat('en-US');

/** "1,204": counts are grouped, whatever the machine's language, as a dump's reader compares them. */
export function count(value: number): string {
  return grouped.format(value);
}

/** "1 endpoint", "12 endpoints". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
