import type { JobState } from '../job-schema.js';
import { isWhisulError, WhisulError } from '../whisul-error.js';

/** A source and a foreign engine may throw anything, also what no string can be made of. */
export function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : typeof cause === 'string' ? cause : 'it gave no reason';
}

/** An item that was pulled and not sent before the run had to stop. */
export function unsent(fatal: WhisulError, prompt?: string): WhisulError {
  return new WhisulError(fatal.code, `Not sent, the batch stopped: ${fatal.message}`, { prompt, cause: fatal });
}

export function conflict(key: string, prompt: string, why: string): WhisulError {
  return new WhisulError('journal_conflict', `Not sent: the key "${key}" ${why}.`, {
    prompt,
  });
}

export function journalFailed(key: string, doing: string, cause: unknown): WhisulError {
  return new WhisulError('journal', `The journal could not ${doing} the item "${key}": ${reason(cause)}`, { cause });
}

/** `cause` is the engine's word on it; without one an earlier run ended before it could write down what became of it. */
export function inDoubt(key: string, prompt: string, sentAt: number, cause?: unknown): WhisulError {
  const known = isWhisulError(cause) ? cause : undefined;
  const why = cause === undefined ? 'that run ended before it learnt the answer' : reason(cause);
  return new WhisulError(
    known?.code ?? (cause === undefined ? 'submit_unknown' : 'engine'),
    `The item "${key}" ("${prompt}") was sent at ${new Date(sentAt).toISOString()} and may have been accepted and ` +
      `charged (one song): ${why}. Look at your account; with a journal, onUnknown: 'resubmit' sends it again.`,
    Object.assign({}, known, { prompt, cause }),
  );
}

/** What went wrong after the API gave the job its id; a paid id is never kept from the user. */
export function ofJob(cause: unknown, lastState: JobState): WhisulError {
  const known = isWhisulError(cause) ? cause : undefined;
  if (known?.jobId !== undefined) return known;
  const { job_id: jobId, prompt } = lastState;
  const message = known?.message ?? `The engine failed; the job ${jobId} may still be running: ${reason(cause)}`;
  return new WhisulError(
    known?.code ?? 'engine',
    message,
    Object.assign({}, known, { jobId, lastState, prompt, cause }),
  );
}
