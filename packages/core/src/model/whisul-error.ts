import type { JobState } from './job-schema.js';
import { printable } from './printable.js';

/**
 * Everything that can go wrong. `docs/reference/error-codes.md` says for each code what it means, whether you were
 * charged, and what to do.
 */
export type WhisulErrorCode =
  | 'unauthorized'
  | 'invalid_request'
  | 'not_found'
  | 'rate_limited'
  | 'server_error'
  | 'network'
  | 'request_timeout'
  | 'invalid_response'
  | 'job_timeout'
  | 'job_failed'
  | 'submit_unknown'
  | 'submit_limit'
  | 'aborted'
  | 'closed'
  | 'journal_conflict'
  | 'journal'
  | 'source'
  | 'engine';

const codes: readonly unknown[] = [
  'unauthorized',
  'invalid_request',
  'not_found',
  'rate_limited',
  'server_error',
  'network',
  'request_timeout',
  'invalid_response',
  'job_timeout',
  'job_failed',
  'submit_unknown',
  'submit_limit',
  'aborted',
  'closed',
  'journal_conflict',
  'journal',
  'source',
  'engine',
] satisfies WhisulErrorCode[];

/** What a {@link WhisulError} has beside its code and its message, as far as it is known. */
export interface WhisulErrorDetails {
  /** The job that it is about. If an error of a submit has it, the job exists and is paid for. */
  jobId?: string | undefined;
  /** The HTTP status of the answer, where there was one. */
  status?: number | undefined;
  /** What the answer's `Retry-After` asked for, in ms. */
  retryAfter?: number | undefined;
  /** The last state this client saw of the job. */
  lastState?: JobState | undefined;
  /** The answer's `x-request-id`, for a support request. */
  requestId?: string | undefined;
  /** The prompt, on errors of a submit. */
  prompt?: string | undefined;
  /** What caused it. Errors of a client carry a copy without the key, never a live request. */
  cause?: unknown;
}

/**
 * The one error class of whisul-rx: every stream and promise fails with it. Match on `code`, not on the message.
 *
 * @example
 * ```ts
 * import { isWhisulError, type Whisul } from '@whisul-rx/core';
 *
 * function follow(whisul: Whisul, id: string) {
 *   whisul.job$(id).subscribe({
 *     next: (job) => console.log(job.status),
 *     error: (error: unknown) => {
 *       if (isWhisulError(error, 'job_timeout')) console.log(error.jobId, error.lastState);
 *     },
 *   });
 * }
 * ```
 */
export class WhisulError extends Error {
  static {
    this.prototype.name = 'WhisulError';
  }
  readonly code: WhisulErrorCode;
  declare readonly jobId?: string;
  declare readonly status?: number;
  declare readonly retryAfter?: number;
  declare readonly lastState?: JobState;
  declare readonly requestId?: string;
  declare readonly prompt?: string;

  constructor(code: WhisulErrorCode, message: string, details: WhisulErrorDetails = {}) {
    const { cause, ...fields } = details;
    // Here and nowhere else: a message may repeat what the API, the platform or a caller said.
    super(printable(message), cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: true });
    }
  }

  /** The error as plain data, for logs and wires: name, code, message and details, without stack and cause. */
  toJSON(): { name: string; code: WhisulErrorCode; message: string } & Omit<WhisulErrorDetails, 'cause'> {
    const { name, message } = this;
    return Object.assign({ name, message }, this);
  }
}

/**
 * Tells whether a caught value is a {@link WhisulError}, also one from another copy of this package.
 *
 * @param code - if it is given, only an error with this code counts
 * @example
 * ```ts
 * import { isWhisulError } from '@whisul-rx/core';
 *
 * const hint = (error: unknown) =>
 *   isWhisulError(error, 'unauthorized') ? 'Check WHISUL_API_KEY.' : String(error);
 * ```
 */
export function isWhisulError(value: unknown, code?: WhisulErrorCode): value is WhisulError {
  if (!(value instanceof Error) || value.name !== 'WhisulError' || !('code' in value)) return false;
  return code === undefined ? codes.includes(value.code) : value.code === code;
}
