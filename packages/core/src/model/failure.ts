import { fieldOf } from './field-of.js';
import { untrusted } from './never-sent.js';
import { isWhisulError, type WhisulErrorCode } from './whisul-error.js';

/**
 * The error code for an HTTP status that is not a success.
 *
 * @example
 * ```ts
 * import { codeOfStatus } from '@whisul-rx/core/adapter';
 *
 * const code = codeOfStatus(503); // 'server_error'
 * ```
 */
export function codeOfStatus(status: number): WhisulErrorCode {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404 || status === 410) return 'not_found';
  if (status === 408) return 'request_timeout';
  if (status === 429) return 'rate_limited';
  if (status === 425 || status >= 500) return 'server_error';
  // A browser shows a redirect that is not followed as status 0.
  return status >= 400 ? 'invalid_request' : 'invalid_response';
}

/**
 * Tells whether asking again may help: the network failed, the API was slow, busy or broken, or its answer could not
 * be read. A definite answer (401, 404, another 4xx, a redirect), a certificate that is not trusted and a `fetch` that
 * does not return a response are not transient.
 *
 * @example
 * ```ts
 * import { WhisulError } from '@whisul-rx/core';
 * import { isTransient } from '@whisul-rx/core/adapter';
 *
 * const again = isTransient(new WhisulError('network', 'The connection was reset.')); // true
 * ```
 */
export function isTransient(error: unknown): boolean {
  if (!isWhisulError(error)) return false;
  if (fieldOf(error.cause, 'code') === noResponse || untrusted(error) !== undefined) return false;
  if (error.code === 'invalid_response')
    return error.status === undefined || (error.status >= 200 && error.status < 300);
  return /^(network|request_timeout|rate_limited|server_error)$/.test(error.code);
}

/** Node's code for a function option that returns what it may not: here a `fetch` that returns no response. */
export const noResponse = 'ERR_INVALID_RETURN_VALUE';
