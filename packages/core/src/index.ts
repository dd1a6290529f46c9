// For users.
export { adaptiveSchedule, type AdaptiveScheduleOptions } from './adaptive-schedule.js';
export type { ApiKey } from './api-key.js';
export { batch$, type BatchEvent } from './batch/batch.js';
export type { BatchOptions } from './batch/batch-options.js';
export { batchProgress, type BatchProgress } from './batch/batch-progress.js';
export type { Journal, JournalEntry } from './batch/journal.js';
export { memoryJournal } from './batch/memory-journal.js';
export type { BatchInput, BatchRequest } from './batch/open-source.js';
export type { ClientEvent, ClientEventBody } from './client-event.js';
export { type CallOptions, createWhisul, type Whisul } from './create-whisul.js';
export type { DurationHistory } from './duration-history.js';
export { fixedSchedule } from './fixed-schedule.js';
export { isTerminal } from './is-terminal.js';
export {
  jobSchema,
  jobStateSchema,
  songSchema,
  type CompletedJob,
  type FailedJob,
  type Job,
  type JobState,
  type RunningJob,
  type Song,
  type SubmittedJob,
} from './job-schema.js';
export type { PollSchedule } from './poll-schedule.js';
export { type PollOptions, pollUntil } from './poll-until.js';
export type { RequestBudget } from './request-lane.js';
export { song } from './song.js';
export { throwIfFailed } from './throw-if-failed.js';
export type { Transport, TransportRequest, TransportResponse } from './transport.js';
export { isWhisulError, WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from './whisul-error.js';
export type { WhisulOptions } from './whisul-options.js';

// For adapters.
export { abort$ } from './abort.js';
export { codeOfStatus, isNeverSent, isTransient } from './failure.js';
export { parseJobRef, parsePrompt } from './job-ref.js';
export { longTimer$ } from './long-timer.js';
export { badOption, functionOption, numberOption, objectOption, schedulerOption, signalOption } from './option.js';
export { readJobState } from './read-job-state.js';
export { retryAfterMs } from './retry-after.js';
export { resolveRetryPolicy, retryWait, type RetryPolicy } from './retry-policy.js';
export type { GenerateRequest, JobEngine, JobRef, JobSource } from './job-source.js';
export { statesOption } from './states-option.js';
export { isNotSent, registerSubmission, type Submission, submissionOf } from './submission.js';
