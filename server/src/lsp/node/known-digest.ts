/** The digest of the text that was opened last, where it was worked out to tell whether it is that of a file. */
let known: { readonly text: string; readonly sha256: string } | undefined;

/** Longer than until it is asked for. */
const longestMilliseconds = 1_000;

/** Keeps SHA-256 of a text in UTF-8, in hexadecimal digits, until another one comes; a second at most, so that the text does not stay. */
export function rememberDigest(text: string, sha256: string): void {
  const remembered = { text, sha256 };
  known = remembered;
  const forget = (): void => {
    if (known === remembered) known = undefined;
  };
  setTimeout(forget, longestMilliseconds).unref();
}

/** SHA-256 of a text, where it is known. */
export function knownDigest(text: string): string | undefined {
  return known?.text === text ? known.sha256 : undefined;
}
