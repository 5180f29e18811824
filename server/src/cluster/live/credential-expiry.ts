import { X509Certificate } from 'node:crypto';
import type { RequestOptions } from 'node:https';
import { type Fields, isFields, valueAt } from '../fields.ts';

function claimsOf(token: string): Fields {
  const [, payload = '', signature] = token.split('.');
  if (signature === undefined) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    return isFields(claims) ? claims : {};
  } catch {
    return {};
  }
}

function certificateEnd(certificate: RequestOptions['cert']): number | undefined {
  if (typeof certificate !== 'string' && !Buffer.isBuffer(certificate)) return undefined;
  try {
    return Date.parse(new X509Certificate(certificate).validTo);
  } catch {
    return undefined;
  }
}

/**
 * Why credentials that were not accepted no longer can be, as far as they say so themselves: "The token was valid until ... UTC."; empty
 * where they do not. Tokens are looked into where they are JSON Web Tokens.
 */
export function expiryText({ headers, cert }: RequestOptions, now: number): string {
  const authorization = isFields(headers) ? headers['Authorization'] : undefined;
  const bearer = typeof authorization === 'string' && authorization.startsWith('Bearer ') ? authorization.slice(7) : '';
  const seconds = valueAt(claimsOf(bearer), 'exp');
  const ends: readonly (readonly [what: string, at: number | undefined])[] = [
    ['token', typeof seconds === 'number' ? seconds * 1_000 : undefined],
    ['client certificate', certificateEnd(cert)],
  ];
  for (const [what, at] of ends) {
    if (at === undefined || !(at <= now) || !(at > -8.64e15)) continue;
    return `The ${what} was valid until ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  }
  return '';
}
