import type { RequestOptions } from 'node:https';

/** Shorter ones stand in words by chance. */
const shortest = 6;

function secretsOf({ headers, auth }: RequestOptions): readonly string[] {
  const entries = headers === undefined || Array.isArray(headers) ? [] : Object.entries(headers);
  const sent = entries.flatMap(([name, value]) => (name.toLowerCase() === 'authorization' ? [String(value)] : []));
  const basic = auth == null ? [] : [Buffer.from(auth).toString('base64'), auth, auth.slice(auth.indexOf(':') + 1)];
  const secrets = [...sent.map((value) => value.replace(/^\S+\s+/, '')), ...basic];
  return secrets.flatMap((secret) => [
    secret,
    // By way of bytes: halves of pairs have no place in a URL.
    encodeURIComponent(Buffer.from(secret).toString('utf8')),
    JSON.stringify(secret).slice(1, -1),
  ]);
}

/** JSON with no other escapes than those of `JSON.stringify`: a server writes "\\u0026" where another writes "&". */
function withPlainEscapes(text: string): string {
  if (!text.includes('\\')) return text;
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/**
 * What a server answered, without the token or password that it was sent: a proxy or a test server may tell all that it was asked, and what is shown of an
 * answer is copied to other people.
 */
export function withoutCredentials(text: string, options: Pick<RequestOptions, 'headers' | 'auth'>): string {
  let result = withPlainEscapes(text);
  for (const secret of secretsOf(options)) if (secret.length >= shortest) result = result.replaceAll(secret, '(credentials)');
  return result;
}
