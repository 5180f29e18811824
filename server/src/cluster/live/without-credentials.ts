import type { RequestOptions } from 'node:https';

/** Shorter ones stand in words by chance. */
const shortest = 6;

function secretsOf({ headers, auth }: RequestOptions): readonly string[] {
  const entries = headers === undefined || Array.isArray(headers) ? [] : Object.entries(headers);
  const sent = entries.flatMap(([name, value]) => (name.toLowerCase() === 'authorization' ? [String(value)] : []));
  const basic = auth == null ? [] : [Buffer.from(auth).toString('base64'), auth, auth.slice(auth.indexOf(':') + 1)];
  const secrets = [...sent.map((value) => value.replace(/^\S+\s+/, '')), ...basic];
  return secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
}

/**
 * What a server answered, without the token or password that it was sent: a proxy or a test server may tell all that it was asked, and what is shown of an
 * answer is copied to other people.
 */
export function withoutCredentials(text: string, options: RequestOptions): string {
  let result = text;
  for (const secret of secretsOf(options)) if (secret.length >= shortest) result = result.replaceAll(secret, '(credentials)');
  return result;
}
