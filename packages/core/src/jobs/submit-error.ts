import { isWhisulError, WhisulError } from '../model/whisul-error.js';

/** A definite refusal: after a call that costs money the first question is whether it did. */
export function refusedError(error: unknown): unknown {
  if (!isWhisulError(error)) return error;
  const { code, message, cause } = error;
  return new WhisulError(code, `${message} Nothing was accepted or charged.`, Object.assign({}, error, { cause }));
}

/** The third outcome of a submit, beside accepted and refused. */
export function doubtError(prompt: string, error: unknown): WhisulError {
  if (isWhisulError(error, 'submit_unknown')) return error;
  const known = isWhisulError(error) ? error : undefined;
  const { status, requestId } = known ?? {};
  return new WhisulError(
    'submit_unknown',
    `The prompt may have been accepted and charged; it is not sent again. ${known?.message ?? 'The submit broke off.'} ` +
      'Whisul cannot list jobs: look at your account before you submit the same prompt again.',
    { prompt, status, requestId, cause: error },
  );
}
