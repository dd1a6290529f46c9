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
 * be read. A definite answer (401, 404, another 4xx, a redirect) is not transient.
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
  if (error.code === 'invalid_response')
    return error.status === undefined || (error.status >= 200 && error.status < 300);
  return /^(network|request_timeout|rate_limited|server_error)$/.test(error.code);
}

/** A code of the platform; the first one along a chain of causes is the one that tells what happened. */
const platformCode = /^(E[A-Z_]+|UND_ERR_\w+)$/;
/** Codes of a name look-up or a connection that failed: nothing of the request can have been sent. */
const neverSent = /^(E(CONNREFUSED|NOTFOUND|AI_\w+|(HOST|NET)(UNREACH|DOWN)|ADDRNOTAVAIL)|UND_ERR_CONNECT_TIMEOUT)$/;

/**
 * Tells whether a failed request provably never left: the connection was not made (name look-up, refused,
 * unreachable). Looks for the platform's code along the chain of causes.
 *
 * @example
 * ```ts
 * import { isNeverSent } from '@whisul-rx/core/adapter';
 *
 * const safe = isNeverSent(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })); // true
 * ```
 */
export function isNeverSent(error: unknown): boolean {
  let link = error;
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth += 1) {
    const { code, syscall, message, cause }: Partial<Record<'code' | 'syscall' | 'message' | 'cause', unknown>> = link;
    if (typeof code === 'string' && platformCode.test(code)) {
      // A route can also be lost under an open connection; then the system call was not the connect. node-fetch, below
      // cross-fetch, has it in its message only: `reason: read EHOSTUNREACH`.
      const call: unknown = syscall ?? /\b(\w+) E[A-Z]+\b/.exec(typeof message === 'string' ? message : '')?.[1];
      return neverSent.test(code) && (call === undefined || call === 'connect' || call === 'getaddrinfo');
    }
    link = cause;
  }
  return false;
}
