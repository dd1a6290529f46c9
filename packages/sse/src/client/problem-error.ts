import { isWhisulError, WhisulError, type WhisulErrorDetails } from '@whisul-rx/core';
import { codeOfStatus } from '@whisul-rx/core/adapter';

/** Tells whether a value has fields. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** An object read from JSON; `{}` for anything else, broken JSON included. */
export function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Tells whether an error's code says that the request was refused, or never made, and would be again. */
export function isDefinite({ code }: WhisulError): boolean {
  return /^(unauthorized|invalid_request|not_found|closed|aborted|submit_limit)$/.test(code);
}

/** Tells whether a status is final, whatever the body says: a 4xx that another try would get again. */
export function isFinal(status: number): boolean {
  return /^4(?!08|25|29)/.test(String(status));
}

/**
 * The error that a problem (RFC 9457) tells of. Its code wins over its status; a code that is not known here falls
 * back to the status, and without one to `engine`. The status of an answer wins over the one in its body.
 */
export function problemError(problem: Record<string, unknown>, details: WhisulErrorDetails = {}): WhisulError {
  const { code, detail, title, job_id } = problem;
  const { status = typeof problem['status'] === 'number' ? problem['status'] : undefined } = details;
  // The guard knows the closed set of codes.
  const named: unknown = Object.assign(new Error(), { name: 'WhisulError', code });
  const text =
    [detail, title].find((text): text is string => typeof text === 'string' && text !== '') ??
    `The gateway answered ${status ?? 'a problem'}.`;
  return new WhisulError(
    isWhisulError(named) ? named.code : status === undefined ? 'engine' : codeOfStatus(status),
    text.replace(/[^.!?]$/, '$&.'),
    { ...details, status, jobId: typeof job_id === 'string' ? job_id : undefined },
  );
}
