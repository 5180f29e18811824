/** The digest of the text that was opened last, where it was worked out to tell whether it is that of a file. */
let known: { readonly text: string; readonly sha256: string } | undefined;

/** Longer than until it is asked for, where it is asked for at all. */
const longestMilliseconds = 1_000;

/** Keeps SHA-256 of a text in UTF-8, in hexadecimal digits, until it is asked for or another one comes; a second at most, so that the text does not stay. */
export function rememberDigest(text: string, sha256: string): void {
  const remembered = { text, sha256 };
  known = remembered;
  const forget = (): void => {
    if (known === remembered) known = undefined;
  };
  setTimeout(forget, longestMilliseconds).unref();
}

/** Whether SHA-256 of a text is known. */
export function hasDigest(text: string): boolean {
  return known?.text === text;
}

/** SHA-256 of a text, where it is known; once. */
export function takeDigest(text: string): string | undefined {
  const sha256 = known !== undefined && hasDigest(text) ? known.sha256 : undefined;
  known = undefined;
  return sha256;
}
