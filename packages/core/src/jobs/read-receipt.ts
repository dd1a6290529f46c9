import { pollPath } from '../http/base-url.js';
import type { ClientContext } from './client-context.js';
import { isJobId } from '../model/job-ref.js';
import type { SubmittedJob } from '../model/job-schema.js';
import { usePollUrl } from './open-record.js';
import { isText } from '../model/read-job.js';
import type { ApiAnswer } from '../http/api-answer.js';
import { WhisulError } from '../model/whisul-error.js';

/**
 * Reads the answer to a submit.
 *
 * @throws WhisulError `invalid_response` when it names no usable job id
 */
export function readReceipt(context: ClientContext, prompt: string, answer: ApiAnswer): SubmittedJob {
  const body = answer.object;
  const named = body?.['job_id'];
  const id = Number.isSafeInteger(named) ? String(named) : named;
  if (!isJobId(id)) {
    const { status, text, requestId } = answer;
    const shown = text.slice(0, 200);
    throw new WhisulError('invalid_response', `The answer names no job: ${shown}`, { status, requestId, prompt });
  }
  const given = body?.['poll_url'];
  const isUsable = given !== undefined && usePollUrl(context, id, given) !== undefined;
  return {
    status: 'submitted',
    job_id: id,
    prompt,
    poll_url: isUsable && isText(given) ? given : pollPath(id),
    submitted_at: new Date(context.scheduler.now()).toISOString(),
  };
}
