import { isWhisulError, WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from '@whisul-rx/core';

/** What a request ended with, and whether asking again may help. */
export class StreamFailure extends Error {
  /** @param error - what the subscribers are told in the end */
  constructor(
    readonly error: WhisulError,
    readonly again: boolean,
  ) {
    super();
  }
}

/** Reads whatever a request was stopped by, and after which status. */
export function toFailure(error: unknown, status?: number): StreamFailure {
  if (error instanceof StreamFailure) return error;
  if (isWhisulError(error)) return new StreamFailure(error, false);
  const message = 'The connection failed.';
  return new StreamFailure(new WhisulError('network', message, { cause: error, status }), true);
}

/** The same error, told of a job or a prompt. */
export function retell(
  { status, retryAfter, requestId, cause }: WhisulError,
  code: WhisulErrorCode,
  message: string,
  subject: WhisulErrorDetails,
): WhisulError {
  return new WhisulError(code, message, { status, retryAfter, requestId, cause, ...subject });
}
