import type { Observable } from 'rxjs';
import type { BatchEvent } from './batch/batch-event.js';
import type { BatchOptions } from './batch/batch-options.js';
import type { BatchInput } from './batch/open-source.js';
import type { CompletedJob, Job, JobState, SubmittedJob } from './model/job-schema.js';
import type { GenerateRequest, JobEngine, JobRef } from './model/job-source.js';
import type { ClientEvent } from './http/client-event.js';

/** Ends a single call early. */
export interface CallOptions {
  /**
   * Aborts the call. It rejects with `aborted`, or with `submit_unknown` if a POST is in flight. If the value is not an
   * AbortSignal, the call rejects with `invalid_request` and sends nothing.
   */
  readonly signal?: AbortSignal;
}

/** For `using`, where the types know `Symbol.dispose`: not every app's do. */
type WithDispose = SymbolConstructor extends { readonly dispose: infer Dispose extends symbol }
  ? Readonly<Record<Dispose, () => void>>
  : object;

/** A client of the Whisul API; see {@link createWhisul}. Disposing it (`using`) closes it. */
export interface Whisul extends JobEngine, WithDispose {
  /**
   * The states of a job: the latest one at once, if this client knows any (`submitted` for a job that it submitted
   * itself), then each change of status, once and in order. Completes after `completed` or `failed`: a failed job is a
   * value, not an error. Cold; all subscribers share one polling loop. When the last one unsubscribes, the request in
   * flight is aborted and every timer cleared.
   *
   * Errors if the outcome could not be determined: `not_found`, `unauthorized`, `invalid_request`, `job_timeout`,
   * `closed`, or the last of too many failures in a row (`network`, `request_timeout`, `rate_limited`,
   * `server_error`, `invalid_response`). The error has `jobId` and `lastState`; the job may still be running. Subscribe
   * again to go on.
   *
   * @example
   * ```ts
   * import { createWhisul } from '@whisul-rx/core';
   *
   * createWhisul()
   *   .job$('81fa5ff7')
   *   .subscribe({
   *     next: (job) => console.log(job.status),
   *     error: (error) => console.error(error.code, error.message),
   *   });
   * ```
   */
  job$(job: JobRef): Observable<JobState>;
  /**
   * Submits the prompt: one paid job for this call, however often it is subscribed. Emits `submitted` when the id is
   * known, then the same as {@link Whisul.job$}. Nothing is sent before the first subscription. Unsubscribing before the
   * POST leaves withdraws it; later it does not abort the POST, whose receipt still reaches `events$`.
   *
   * Errors before `submitted`: `invalid_request`, `unauthorized`, `rate_limited`, `network` (nothing was accepted or
   * charged), and `submit_unknown` (the prompt may have been accepted and charged; it is not sent again). Later errors are
   * those of {@link Whisul.job$}, and have the `jobId`.
   *
   * @example
   * ```ts
   * import { createWhisul } from '@whisul-rx/core';
   *
   * createWhisul()
   *   .generate$('a slow waltz')
   *   .subscribe({
   *     next: (job) => console.log(job.job_id, job.status),
   *     error: (error) => console.error(error.code, error.jobId),
   *   });
   * ```
   */
  generate$(request: GenerateRequest): Observable<JobState>;
  /**
   * Generates many songs, a few at a time: `batch$` of this package with this client as its engine. With a `journal`, no
   * prompt is paid twice, even if the process crashes.
   *
   * @example
   * ```ts
   * import { createWhisul, memoryJournal } from '@whisul-rx/core';
   *
   * createWhisul()
   *   .batch$(['a slow waltz', 'a fast polka'], { journal: memoryJournal() })
   *   .subscribe((event) => console.log(event.key, event.type));
   * ```
   */
  batch$(requests: BatchInput, options?: BatchOptions): Observable<BatchEvent>;
  /**
   * {@link Whisul.generate$} as a promise: submits the prompt and resolves with the completed job. Rejects with the
   * errors of `generate$`, with `job_failed` if no song was made, and with `aborted` when the signal aborts. Once the job
   * has its id, aborting ends the waiting and not the job: the error has the `jobId`.
   *
   * @example
   * ```ts
   * import { createWhisul } from '@whisul-rx/core';
   *
   * const { result } = await createWhisul().generate('a slow waltz');
   * console.log(result.title, result.song_url);
   * ```
   */
  generate(request: GenerateRequest, options?: CallOptions): Promise<CompletedJob>;
  /**
   * Submits the prompt and resolves with the API's receipt, which has the `job_id`. Each call is a paid job. Rejects with
   * the errors of {@link Whisul.generate$} before `submitted`, and with `aborted` when the signal aborts.
   */
  submit(request: GenerateRequest, options?: CallOptions): Promise<SubmittedJob>;
  /**
   * Asks for the state of a job with one request, without retries. Rejects with the errors of {@link Whisul.job$}, and
   * with `aborted` when the signal aborts.
   */
  getJob(job: JobRef, options?: CallOptions): Promise<Job>;
  /**
   * What the client does: requests, answers, retries, pauses, and every change of a job. Hot: you get what happens while
   * you are subscribed. Completes after {@link Whisul.close}, when every POST in flight has its answer. Never errors.
   */
  readonly events$: Observable<ClientEvent>;
  /**
   * Ends the client: all live streams, and all later calls, fail with `closed`. A submit whose POST is in flight fails with
   * `submit_unknown`; its receipt still reaches `events$`.
   */
  close(): void;
}
