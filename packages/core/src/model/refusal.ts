import { isTransient } from './failure.js';
import { isNeverSent } from './never-sent.js';
import { isWhisulError } from './whisul-error.js';

/** With a status there was an answer, and it was its body that could not be fetched. */
function isUnsent(error: unknown): boolean {
  return isWhisulError(error, 'network') && error.status === undefined && isNeverSent(error);
}

/** Provably not accepted, and worth another try: the connection was never made, or the API said 429. */
export function isSafeToRepeat(error: unknown): boolean {
  return isWhisulError(error, 'rate_limited') || (isUnsent(error) && isTransient(error));
}

/** Provably not accepted: also a certificate that is not trusted, and the definite refusals, which are all of 4xx but 408. */
export function isRefusal(error: unknown): boolean {
  const status = isWhisulError(error) ? (error.status ?? 0) : 0;
  return isSafeToRepeat(error) || isUnsent(error) || (status >= 400 && status < 500 && status !== 408);
}
