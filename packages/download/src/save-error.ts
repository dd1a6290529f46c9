import { type CompletedJob, WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from '@whisul-rx/core';
import type { SaveProgress } from './save-progress.js';

/** Makes the errors of one file: each says which job and file it is about, and that the song itself is there. */
export type SaveErrors = (code: WhisulErrorCode, message: string, details?: WhisulErrorDetails) => WhisulError;

export function saveErrors(job: CompletedJob, file: SaveProgress['file']): SaveErrors {
  return (code, message, details = {}) =>
    new WhisulError(
      code,
      `Job ${job.job_id}: The ${file} was not saved: ${message} The job itself is completed, so saving it again costs nothing.`,
      { jobId: job.job_id, lastState: job, ...details },
    );
}

/** What the platform says of a failure, with its causes: `fetch failed` alone explains nothing. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const deeper = error.cause instanceof Error ? reasonOf(error.cause) : '';
  if (deeper === '' || deeper.includes(error.message)) return deeper || error.message;
  return error.message === '' ? deeper : `${error.message}: ${deeper}`;
}
