import { callError, type CallSubject } from './answer-error.js';
import { jobSchema, type Job } from './job-schema.js';
import type { ApiAnswer } from './api-answer.js';

/**
 * Reads the API's answer about a job.
 *
 * @param warn - hears of what was odd and could be lived with
 * @throws WhisulError `invalid_response` for anything but a job
 */
export function readJob(
  subject: CallSubject & { readonly jobId: string },
  answer: ApiAnswer,
  warn: (message: string) => void,
): Job {
  const body = answer.object;
  if (body !== undefined) body['job_id'] = subject.jobId;
  const read = jobSchema.safeParse(body);
  if (body === undefined || !read.success) {
    const issue = read.error?.issues[0];
    const where = body === undefined ? 'no JSON object' : `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    const { status, requestId } = answer;
    throw callError(subject, 'invalid_response', `The answer cannot be read (${where}).`, { status, requestId });
  }
  const job = read.data;
  for (const field of ['started_at', 'finished_at'] as const) {
    const unreadable = job.status !== 'running' || field === 'started_at' ? (body[field] ?? undefined) : undefined;
    if (unreadable !== undefined && !(field in job)) warn(`\`${field}\` cannot be read and is left out.`);
  }
  const last = subject.lastState?.();
  if (job.status === 'running' && job.reported_status !== undefined) {
    if (last?.status !== 'running' || last.reported_status !== job.reported_status) {
      warn(`The status "${job.reported_status}" is not documented; the job counts as running.`);
    }
  }
  return job;
}
