import { callError, type CallSubject } from '../http/answer-error.js';
import type { ApiAnswer } from '../http/api-answer.js';
import type { ClientEvents } from '../http/client-events.js';
import type { Job } from '../model/job-schema.js';
import { readJob } from '../model/read-job.js';

/**
 * Reads the API's answer about a job. What is odd and can be lived with goes to `events$`.
 *
 * @throws WhisulError `invalid_response` for anything but a job
 */
export function readJobAnswer(
  events: ClientEvents,
  subject: CallSubject & { readonly jobId: string },
  answer: ApiAnswer,
): Job {
  const body = answer.object;
  if (body !== undefined) body['job_id'] = subject.jobId;
  const job = readJob(body);
  if (body === undefined || job === undefined) {
    const { status, requestId, text } = answer;
    const message = `The answer cannot be read as a job; it begins with ${JSON.stringify(text.slice(0, 100))}.`;
    throw callError(subject, 'invalid_response', message, { status, requestId });
  }
  for (const field of ['started_at', 'finished_at'] as const) {
    const counts = field === 'started_at' || job.status !== 'running';
    if (counts && !(field in job) && (body[field] ?? undefined) !== undefined) {
      events.warn(`\`${field}\` cannot be read and is left out.`, subject.jobId);
    }
  }
  const last = subject.lastState?.();
  if (job.status === 'running' && job.reported_status !== undefined) {
    if (last?.status !== 'running' || last.reported_status !== job.reported_status) {
      events.warn(`The status "${job.reported_status}" is not documented; the job counts as running.`, subject.jobId);
    }
  }
  return job;
}
