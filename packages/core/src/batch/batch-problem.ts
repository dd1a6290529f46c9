import { fieldOf } from '../model/field-of.js';
import { isTerminal } from '../model/is-terminal.js';
import type { JobState } from '../model/job-schema.js';
import { isText } from '../model/read-job.js';
import { readJobState } from '../model/read-job-state.js';
import { isWhisulError, WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from '../model/whisul-error.js';

/** A source and a foreign engine may throw anything, also what no string can be made of. */
export function reason(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : cause;
  return isText(text) ? text : 'it gave no reason';
}

/** An error that says more than the one it comes from, and still knows all that that one knew. */
export function retold(
  error: unknown,
  code: WhisulErrorCode,
  message: string,
  details: WhisulErrorDetails,
): WhisulError {
  const known = isWhisulError(error) ? error : undefined;
  return new WhisulError(code, message, Object.assign({}, known, details, { code, cause: error }));
}

/** What a doubt comes from: a client says of the doubt what to do about it, of its cause what happened. */
export function causeOf(error: unknown): unknown {
  return isWhisulError(error, 'submit_unknown') ? (error.cause ?? error) : error;
}

/** What would be the end of every other item, too. */
export function fatalOf(error: unknown): WhisulError | undefined {
  const cause = causeOf(error);
  return isWhisulError(cause, 'unauthorized') || isWhisulError(cause, 'closed') ? cause : undefined;
}

/**
 * What is wrong with what an engine gave for a state.
 *
 * @param written - it goes to a journal, which takes what can be read again and fails for all else. Reading costs several
 * times what all the rest of an item does without a journal (4.7 us for 1.2), so there a glance has to do.
 */
export function flawOf(state: unknown, written: boolean): WhisulError | undefined {
  const id = fieldOf(state, 'job_id');
  const jobId = isText(id) && id !== '' ? id : undefined;
  if (jobId !== undefined && (written ? readJobState(state) : isText(fieldOf(state, 'status')))) return undefined;
  return new WhisulError('engine', 'The engine emitted something that is not a job state.', { jobId });
}

/** An item that was pulled and not sent before the run had to stop. */
export function unsent(fatal: WhisulError, prompt?: string): WhisulError {
  return new WhisulError(fatal.code, `Not sent, the batch stopped: ${fatal.message}`, { prompt, cause: fatal });
}

export function limitReached(maxSubmits: number): WhisulError {
  return new WhisulError('submit_limit', `The batch needs more than maxSubmits = ${maxSubmits} submits.`);
}

export function stopped(cause: unknown): WhisulError {
  const message = 'The signal of the batch aborted. With a journal, running the batch again continues from here.';
  return new WhisulError('aborted', message, { cause });
}

/** @param flaw - what the item has instead */
export function unusable(key: string, flaw: string | undefined, prompt: string | undefined): WhisulError {
  return new WhisulError('invalid_request', `Not sent: the item "${key}" has ${flaw}.`, { prompt });
}

export function conflict(key: string, prompt: string, why: string): WhisulError {
  return new WhisulError('journal_conflict', `Not sent: the key "${key}" ${why}.`, { prompt });
}

export function journalFailed(key: string, doing: string, cause: unknown): WhisulError {
  return new WhisulError('journal', `The journal could not ${doing} the item "${key}": ${reason(cause)}`, { cause });
}

/** `cause` is the engine's word on it; without one an earlier run ended before it could write down what became of it. */
export function inDoubt(key: string, prompt: string, sentAt: number, cause?: unknown): WhisulError {
  const because = cause === undefined ? 'that run ended before the answer arrived' : reason(causeOf(cause));
  return retold(
    cause,
    cause === undefined || isWhisulError(cause) ? 'submit_unknown' : 'engine',
    `The item "${key}" ("${prompt}") was sent at ${new Date(sentAt).toISOString()} and may have been accepted and ` +
      `charged (one song): ${because.replace(/\.$/, '')}. ` +
      `Look at your account; with a journal, onUnknown: 'resubmit' sends it again.`,
    { prompt },
  );
}

/** What went wrong after the API gave the job its id; a paid id is never kept from the user, nor from their log. */
export function ofJob(cause: unknown, lastState: JobState): WhisulError {
  const known = isWhisulError(cause) ? cause : undefined;
  const { job_id: jobId, prompt } = lastState;
  if (known?.jobId !== undefined && known.message.includes(known.jobId)) return known;
  const fate = isTerminal(lastState) ? `has ended as ${lastState.status}` : 'was accepted and may still be running';
  const message = known?.message ?? `The engine failed: ${reason(cause)}`;
  return retold(cause, known?.code ?? 'engine', `${message.replace(/\.?$/, '.')} The job ${jobId} ${fate}.`, {
    jobId,
    lastState: known?.lastState ?? lastState,
    prompt: known?.prompt ?? prompt,
  });
}
