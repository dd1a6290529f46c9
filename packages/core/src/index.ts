/**
 * What apps import from `@whisul-rx/core`.
 *
 * @module main
 */
export { adaptiveSchedule, type AdaptiveScheduleOptions } from './polling/adaptive-schedule.js';
export type { ApiKey } from './http/api-key.js';
export { batch$ } from './batch/batch.js';
export type { BatchEvent } from './batch/batch-event.js';
export type { BatchOptions } from './batch/batch-options.js';
export { batchProgress, type BatchProgress } from './batch/batch-progress.js';
export type { Journal, JournalEntry } from './batch/journal.js';
export { memoryJournal } from './batch/memory-journal.js';
export type { BatchInput, BatchRequest } from './batch/open-source.js';
export type { ClientEvent, ClientEventBody } from './http/client-event.js';
export { createWhisul } from './create-whisul.js';
export type { CallOptions, Whisul } from './whisul.js';
export type { DurationHistory } from './polling/duration-history.js';
export { fixedSchedule } from './polling/fixed-schedule.js';
export { isTerminal } from './model/is-terminal.js';
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
} from './model/job-schema.js';
export type { GenerateRequest, JobEngine, JobRef, JobSource } from './model/job-source.js';
export type { RetryPolicy } from './polling/retry-policy.js';
export type { PollSchedule } from './polling/poll-schedule.js';
export { type PollOptions, pollUntil } from './polling/poll-until.js';
export type { RequestBudget } from './http/request-lane.js';
export { song } from './operators/song.js';
export { throwIfFailed } from './operators/throw-if-failed.js';
export { toAsyncIterable } from './operators/to-async-iterable.js';
export type { Transport, TransportRequest, TransportResponse } from './http/transport.js';
export { isWhisulError, WhisulError, type WhisulErrorCode, type WhisulErrorDetails } from './model/whisul-error.js';
export type { WhisulOptions } from './whisul-options.js';
