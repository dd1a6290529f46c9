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
   * `server_error`, `invalid_response`). The error carries `jobId` and `lastState`; the job may still be running.
   */
  job$(job: JobRef): Observable<JobState>;
  /**
   * Submits the prompt, once for this call however often it is subscribed: emits `submitted` when the id is known, then
   * as {@link Whisul.job$}. Unsubscribing does not abort a POST in flight: its receipt still reaches `events$`.
   *
   * Errors before `submitted`: `invalid_request`, `unauthorized`, `rate_limited`, `network` (nothing was accepted), and
   * `submit_unknown` (the job may exist and be charged; never sent again).
   */
  generate$(request: GenerateRequest): Observable<JobState>;
  /**
   * Generates many songs, a few at a time, none of them paid twice and none lost: `batch$` of this package, bound to this
   * client.
   */
  batch$(requests: BatchInput, options?: BatchOptions): Observable<BatchEvent>;
  /**
   * {@link Whisul.generate$} for those who await: submits the prompt and resolves with the finished song's job. Rejects
   * with the errors of `generate$`, with `job_failed` if no song was made, and with `aborted` when the signal aborts. Once
   * the job has its id, aborting ends the waiting and not the job: the error has the `jobId`.
   */
  generate(request: GenerateRequest, options?: CallOptions): Promise<CompletedJob>;
  /** Submits one job and gives its receipt; the rules and errors of {@link Whisul.generate$}, and `aborted`. */
  submit(request: GenerateRequest, options?: CallOptions): Promise<SubmittedJob>;
  /** Asks for a job's state with one request, without retries; the errors of {@link Whisul.job$}, and `aborted`. */
  getJob(job: JobRef, options?: CallOptions): Promise<Job>;
  /** What the client does, hot; completes after {@link Whisul.close} when no receipt is awaited any more. */
  readonly events$: Observable<ClientEvent>;
  /**
   * Ends the client: live streams error with `closed` (a submit whose POST is in flight with `submit_unknown`; its
   * receipt still reaches `events$`), and so does every later call.
   */
  close(): void;
}
