import type { JobState, SubmittedJob } from './job-schema.js';
import { isFields, isText, readJob } from './read-job.js';

function isSubmitted(value: unknown): value is SubmittedJob {
  if (!isFields(value) || value['status'] !== 'submitted' || value['job_id'] === '') return false;
  const { job_id, prompt, poll_url, submitted_at } = value;
  return [job_id, prompt, poll_url, submitted_at].every(isText);
}

/**
 * Reads a state as `jobStateSchema` does, without zod: that is 6 KB of a browser's bundle, and most of the time that
 * reading takes.
 *
 * @returns the value itself where it was read before, as on the way through a gateway; `undefined` for anything but a job state
 * @example
 * ```ts
 * import { readJobState } from '@whisul-rx/core/adapter';
 *
 * // with result: null, error: null, prompt: ''
 * const state = readJobState({ job_id: 'abc', status: 'running' });
 * ```
 */
export function readJobState(value: unknown): JobState | undefined {
  return isSubmitted(value) ? value : readJob(value);
}
