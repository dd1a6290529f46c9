import { fieldOf } from '../model/field-of.js';
import type { JobState } from '../model/job-schema.js';
import { readJobState } from '../model/read-job-state.js';
import { isText } from '../model/read-job.js';
import { isRefusal } from '../model/refusal.js';
import type { Submission } from '../model/submission.js';
import { isWhisulError, type WhisulError, type WhisulErrorCode } from '../model/whisul-error.js';
import { reason, retold } from './batch-problem.js';

/** What became of a POST: there is a job, or it was provably not accepted, or nobody knows. */
export interface SubmitOutcome {
  readonly job?: JobState;
  readonly refusal?: WhisulError;
  /** What is known of it; nothing if the engine was closed before an answer came. */
  readonly doubt?: unknown;
}

/** What no engine says of a prompt that may have been accepted: for that there is `submit_unknown`. */
const refusals: readonly WhisulErrorCode[] = ['invalid_request', 'unauthorized', 'not_found', 'aborted', 'closed'];

/**
 * Finds out what became of a POST whose stream failed before it told a state. The answer of an engine that tells counts
 * more than its stream, which ends when the client is closed, and the POST does not.
 */
export async function submitOutcome(
  error: unknown,
  prompt: string,
  submission: Submission | undefined,
): Promise<SubmitOutcome> {
  let known = error;
  try {
    const told = await submission?.receipt;
    const id = fieldOf(told, 'job_id');
    const job = readJobState(told) ?? (isText(id) && id !== '' ? receiptOf(id, prompt) : undefined);
    if (job) return { job };
  } catch (refusal) {
    known = refusal;
  }
  if (isWhisulError(known) && known.jobId !== undefined)
    return { job: known.lastState ?? receiptOf(known.jobId, prompt) };
  const isDoubt = isWhisulError(known, 'submit_unknown');
  if (!isDoubt && (submission?.sent === false || provesRefusal(known, known === error)))
    return { refusal: refused(known, prompt) };
  return { doubt: known === error || !isClosing(known) ? known : undefined };
}

/** Whether an error proves that the prompt was not accepted. With anything else it is in doubt: a song is paid once. */
function provesRefusal(error: unknown, ofStream: boolean): boolean {
  if (!isWhisulError(error) || (!ofStream && isClosing(error))) return false;
  return refusals.includes(error.code) || isRefusal(error);
}

/** The engine was stopped by its owner: of a POST that has begun, that says nothing. */
function isClosing(error: unknown): boolean {
  return isWhisulError(error, 'closed') || isWhisulError(error, 'aborted');
}

/** In the words of the engine, where they are about this prompt. */
function refused(error: unknown, prompt: string): WhisulError {
  const known = isWhisulError(error) ? error : undefined;
  if (known?.prompt !== undefined && (!isClosing(known) || known.message.startsWith('Not sent'))) return known;
  return retold(error, known?.code ?? 'engine', `Not sent: ${reason(error)}`, { prompt });
}

/** What is known of a job whose engine told nothing but its id. */
function receiptOf(job_id: string, prompt: string): JobState {
  const poll_url = `/jobs/${encodeURIComponent(job_id)}`;
  return { status: 'submitted', job_id, prompt, poll_url, submitted_at: new Date().toISOString() };
}
