/** All of the options but this one: what excludes it where only one of them may stand. */
export function othersThan(all: readonly string[], long: string): readonly string[] {
  return all.filter((other) => other !== long);
}
