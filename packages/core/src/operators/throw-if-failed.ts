import { map, type OperatorFunction } from 'rxjs';
import type { FailedJob, JobState } from '../model/job-schema.js';
import { WhisulError } from '../model/whisul-error.js';

/** The error that a failed job is, for those who want one. */
function jobFailedError(job: JobState): WhisulError {
  const reason = job.status === 'failed' ? job.error.replace(/[^.!?]$/, '$&.') : '';
  const message = `Job ${job.job_id} failed: ${reason} Submitting the prompt again is a new, paid job.`;
  return new WhisulError('job_failed', message, { jobId: job.job_id, lastState: job });
}

function isNotFailed<T extends JobState>(state: T): state is Exclude<T, FailedJob> {
  return state.status !== 'failed';
}

/**
 * Turns a failed job, which is a value of job streams, into an error.
 *
 * @returns an operator that passes every other state and errors with `job_failed`, with `jobId` and `lastState`
 * @example
 * ```ts
 * import { throwIfFailed, type Whisul } from '@whisul-rx/core';
 *
 * const strict$ = (whisul: Whisul) =>
 *   whisul.generate$('a relaxing lo-fi hip hop beat').pipe(throwIfFailed());
 * ```
 */
export function throwIfFailed<T extends JobState>(): OperatorFunction<T, Exclude<T, FailedJob>> {
  return map((state) => {
    if (isNotFailed(state)) return state;
    throw jobFailedError(state);
  });
}
