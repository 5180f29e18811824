/** The texts that are not empty, behind each other: "serves, 3 endpoints". */
export function listed(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join(', ');
}
