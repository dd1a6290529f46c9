import { isWhisulError, type WhisulErrorCode } from '@whisul-rx/core';

/** The exit code for each error code. Scripts rely on them: a number is never given to another code. */
const codes = {
  job_failed: 20,
  submit_unknown: 21,
  submit_limit: 22,
  job_timeout: 23,
  unauthorized: 30,
  invalid_request: 31,
  not_found: 32,
  rate_limited: 33,
  server_error: 34,
  network: 35,
  request_timeout: 36,
  invalid_response: 37,
  journal: 40,
  journal_conflict: 41,
  source: 42,
  engine: 43,
  closed: 44,
  aborted: 45,
} as const satisfies Record<WhisulErrorCode, number>;

/** The exit codes that are about no single error. */
export const exitCodes = { unexpected: 1, usage: 2, several: 3, declined: 4, output: 5, interrupted: 130 } as const;

export function exitCodeOf(error: unknown): number {
  return isWhisulError(error) ? codes[error.code] : exitCodes.unexpected;
}

/** The exit code for everything that went wrong: that of its one error code, or 3 if there are several. */
export function exitCodeOfAll(errors: Iterable<WhisulErrorCode>): number {
  const [first, ...others] = new Set(errors);
  if (first === undefined) return 0;
  return others.length === 0 ? codes[first] : exitCodes.several;
}
