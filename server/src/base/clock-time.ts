/** "14:03:20", as the machine's clock shows it. */
export function clockTime(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}
