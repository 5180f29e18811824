import { fieldsAt, isFields, textAt } from '../fields.ts';

/**
 * What went wrong with a request.
 * - `unreachable`: no connection to the server, or it broke
 * - `refused`: 401, 403, or no credentials; asking again changes nothing until somebody does something
 * - `gone`: 410, the resource version or continue token is too old
 * - `throttled`: 429, or 503 with Retry-After
 * - `not-found`: 404
 * - `garbage`: an answer that is none of the API's
 * - `server`: any other error of the server
 */
export type ApiFailure = 'unreachable' | 'refused' | 'gone' | 'throttled' | 'not-found' | 'garbage' | 'server';

/** A request that failed. The message is a sentence for the user, without the server's own words where these could be anything. */
export class ApiError extends Error {
  readonly failure: ApiFailure;
  /** The HTTP status; 0 where there was none. */
  readonly status: number;
  /** How long the server wants to be left alone, in milliseconds; 0 where it does not say. */
  readonly retryAfter: number;

  constructor(failure: ApiFailure, message: string, status = 0, retryAfter = 0) {
    super(message);
    this.name = 'ApiError';
    this.failure = failure;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const longestRetryAfter = 600_000;

/** Retry-After in milliseconds, from seconds or an HTTP date; at most ten minutes. 0 where there is none. */
export function retryAfterOf(header: string | undefined, now: number): number {
  if (header === undefined || header.trim() === '') return 0;
  const milliseconds = /^\s*\d{1,9}\s*$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isNaN(milliseconds) ? 0 : Math.min(Math.max(milliseconds, 0), longestRetryAfter);
}

/** Text from a server in a message: short, on one line. */
export function shown(text: string, most = 300): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 3)}...` : line;
}

/** The message of a Status object as a sentence; empty where the value is none. */
export function statusMessage(value: unknown): string {
  const said = isFields(value) && textAt(value, 'kind') === 'Status' ? shown(textAt(value, 'message')) : '';
  return said === '' || /[.!?]$/.test(said) ? said : `${said}.`;
}

function howLong(milliseconds: number): string {
  return milliseconds > 0 ? ` ${Math.ceil(milliseconds / 1_000)} s` : '';
}

/**
 * The error that a status of 400 or more stands for.
 * @param what was asked: "list services"
 * @param credentials what is known of why they are not accepted, in a sentence; empty for nothing
 */
export function errorOfStatus(status: number, what: string, body: unknown, retryAfter: number, credentials = ''): ApiError {
  const said = statusMessage(body);
  const more = said === '' ? '' : ` The server says: ${said}`;
  switch (status) {
    case 401:
      return credentials === ''
        ? new ApiError('refused', `The credentials are not accepted (401) to ${what}.${more}`, status)
        : new ApiError('refused', `The credentials are not accepted (401). ${credentials}`, status);
    case 403: {
      const reason = said === '' ? '' : ` ${said}`;
      return new ApiError('refused', `Permission to ${what} is missing (403).${reason}`, status);
    }
    case 404:
      return new ApiError('not-found', `There is nothing to ${what} (404).${more}`, status);
    case 410:
      return new ApiError('gone', 'The server no longer knows what changed since the last look (410): all is read anew.', status);
    case 429:
      return new ApiError('throttled', `The server is busy and asks to wait${howLong(retryAfter)} (429).`, status, retryAfter);
    default:
      if (status >= 300 && status < 400) {
        const text = `The server sends elsewhere (${status}), and credentials are sent nowhere but to the server that the kubeconfig names.`;
        return new ApiError('server', text, status);
      }
      return status === 503 && retryAfter > 0
        ? new ApiError('throttled', `The server is not ready and asks to wait${howLong(retryAfter)} (503).`, status, retryAfter)
        : new ApiError('server', `The server failed (${status}).${more}`, status, retryAfter);
  }
}

/** The error that a Status object within a watch stands for. */
export function errorOfWatchStatus(object: unknown, what: string): ApiError {
  const code = isFields(object) && typeof object['code'] === 'number' ? object['code'] : 0;
  const reason = isFields(object) ? textAt(object, 'reason') : '';
  const seconds = isFields(object) ? fieldsAt(object, 'details')['retryAfterSeconds'] : 0;
  const status = code !== 0 ? code : reason === 'Expired' || reason === 'Gone' ? 410 : 500;
  return errorOfStatus(status, what, object, typeof seconds === 'number' ? retryAfterOf(String(seconds), 0) : 0);
}

const certificateCodes = /^(?:CERT_|ERR_TLS_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH)/;

/** What OpenSSL gives as the reason, of "error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/...". */
function reasonOfOpenssl(message: string): string {
  const [, parts = ''] = message.split(/\berror:[0-9A-F]+:/, 2);
  return shown(parts.split(':')[2] ?? '') || shown(message);
}

/** The error of a request that could not even be begun: what Node.js says of credentials in it names neither them nor where they come from. */
export function errorOfBeginning(error: unknown, server: string): ApiError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = error instanceof Error ? error.message : String(error);
  if (code.startsWith('ERR_OSSL') || /^error:[0-9A-F]+:/.test(message)) {
    const why = reasonOfOpenssl(message);
    return new ApiError('refused', `A certificate or key with which ${server} is to be asked cannot be used: ${why}.`);
  }
  return code === 'ERR_INVALID_CHAR'
    ? new ApiError('refused', `The credentials for ${server} hold a character that cannot be sent.`)
    : new ApiError('refused', `${server} cannot be asked: ${shown(message)}.`);
}

/**
 * The error of a connection that could not be made or broke.
 * @param proxy by which the server is asked, without its password; empty for none. Where it is one, the address that nothing listens at is its own
 */
export function errorOfConnection(error: unknown, asked: string, proxy = ''): ApiError {
  const server = proxy === '' ? asked : `${asked} by the proxy ${proxy}`;
  const next = proxy === '' ? asked : `the proxy ${proxy} for ${asked}`;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const message = shown(error instanceof Error ? error.message : String(error));
  if (certificateCodes.test(code)) {
    return new ApiError('unreachable', `The certificate of ${server} is not trusted: ${message} (${code}).`);
  }
  switch (code) {
    case 'ECONNREFUSED':
      return new ApiError('unreachable', `Nothing listens at ${next}.`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ApiError('unreachable', `The name of ${next} could not be looked up (${code}).`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new ApiError('unreachable', `There is no way to ${next} (${code}).`);
    case 'ETIMEDOUT':
      return new ApiError('unreachable', `${server} does not answer in time.`);
    case 'EPROTO':
      return new ApiError('unreachable', `${server} speaks no TLS that is accepted here: ${reasonOfOpenssl(message)}.`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ApiError('unreachable', `${server} broke the connection (${code}).`);
    default:
      return new ApiError('unreachable', `${server} cannot be reached: ${message}.`);
  }
}
