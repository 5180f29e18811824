/** From here on numbers are written as powers of ten. */
const tooLong = 1e21;

/** "1,204": counts are grouped, whatever the machine's language, as a dump's reader compares them. */
export function count(value: number): string {
  // Sums of a dump's counters may have any length.
  if (!Number.isInteger(value) || value < 0 || value >= tooLong) return new Intl.NumberFormat('en-US').format(value);
  // By hand: to make the first formatter of `Intl` takes as long as reading a small dump.
  const digits = String(value);
  let grouped = digits.slice(0, digits.length % 3);
  for (let at = grouped.length; at < digits.length; at += 3) {
    if (at > 0) grouped += ',';
    grouped += digits.slice(at, at + 3);
  }
  return grouped;
}

/** "1 endpoint", "12 endpoints". */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}
