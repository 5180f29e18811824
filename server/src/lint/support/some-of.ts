const mostNamed = 6;

/** "A", "A and B", "A, B, C, D, E, F and 12 more": what a sentence can hold of a list. */
export function someOf(names: readonly string[]): string {
  if (names.length > mostNamed) return `${names.slice(0, mostNamed).join(', ')} and ${names.length - mostNamed} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
