/** What is known of the text that was opened last: it was worked out for all that is asked of it. */
interface Known {
  readonly text: string;
  /** SHA-256 of it in UTF-8, in hexadecimal digits. */
  readonly sha256?: string;
  /** SHA-256 of the bytes that it came in as. */
  readonly bytesSha256?: string;
}

let known: Known | undefined;

/** Longer than until it is asked for. */
const longestMilliseconds = 1_000;

/** A second at most, so that the text does not stay. */
function remember(remembered: Known): void {
  known = remembered;
  const forget = (): void => {
    if (known === remembered) known = undefined;
  };
  setTimeout(forget, longestMilliseconds).unref();
}

/** Keeps SHA-256 of a text in UTF-8, in hexadecimal digits, until another one comes. */
export function rememberDigest(text: string, sha256: string): void {
  remember({ text, sha256 });
}

/** SHA-256 of a text, where it is known. */
export function knownDigest(text: string): string | undefined {
  return known?.text === text ? known.sha256 : undefined;
}

/** Keeps SHA-256 of the bytes that a text came in as, in hexadecimal digits, until another one comes. */
export function rememberBytes(text: string, bytesSha256: string): void {
  remember({ text, bytesSha256 });
}

/** SHA-256 of the bytes that a text came in as, where that is known. */
export function knownBytes(text: string): string | undefined {
  return known?.text === text ? known.bytesSha256 : undefined;
}
