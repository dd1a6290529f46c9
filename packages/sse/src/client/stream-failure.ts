import { isNeverSent, isWhisulError, WhisulError } from '@whisul-rx/core';

/** What a request ended with, and what may be done about it. */
export class StreamFailure extends Error {
  /**
   * @param error - what the subscribers are told in the end
   * @param again - asking again may help
   * @param unsent - nothing of the request can have reached the gateway
   */
  constructor(
    readonly error: WhisulError,
    readonly again: boolean,
    readonly unsent = false,
  ) {
    super(error.message);
  }
}

/** Reads whatever a request was stopped by. An error of ours was found before anything was sent. */
export function toFailure(error: unknown): StreamFailure {
  if (error instanceof StreamFailure) return error;
  if (isWhisulError(error)) return new StreamFailure(error, false, true);
  const lost = new WhisulError('network', 'The connection to the gateway failed.', { cause: error });
  return new StreamFailure(lost, true, isNeverSent(error));
}
