import { defer, map, type Observable, ReplaySubject, startWith, switchMap } from 'rxjs';
import { Alarms } from './polling/alarms.js';
import { batch$ } from './batch/batch.js';
import type { BatchEvent } from './batch/batch-event.js';
import type { BatchOptions } from './batch/batch-options.js';
import type { BatchInput } from './batch/open-source.js';
import type { ClientContext } from './jobs/client-context.js';
import type { ClientEvent } from './http/client-event.js';
import { ClientEvents } from './http/client-events.js';
import { RecentDurations } from './polling/duration-history.js';
import { closedError, followJob$ } from './jobs/follow-job.js';
import { getJob, type JobCall } from './jobs/get-job.js';
import { parseJobRef, parsePrompt } from './model/job-ref.js';
import { JobRecords } from './jobs/job-record.js';
import type { Job, JobState, SubmittedJob } from './model/job-schema.js';
import type { GenerateRequest, JobEngine, JobRef } from './model/job-source.js';
import { LinkedList } from './polling/linked-list.js';
import { openRecord } from './jobs/open-record.js';
import { objectOption, signalOption } from './model/option.js';
import { RequestLane } from './http/request-lane.js';
import { type JobSubmission, submitJob } from './jobs/submit-job.js';
import { submissions } from './model/submission.js';
import { Timeouts } from './polling/timeouts.js';
import { toPromise } from './jobs/to-promise.js';
import { WhisulError } from './model/whisul-error.js';
import { resolveOptions, type WhisulOptions } from './whisul-options.js';

/** Ends a single call early. */
export interface CallOptions {
  /**
   * Aborts the call; it rejects with `aborted`, or `submit_unknown` when a POST is in flight. With what is no signal it
   * rejects with `invalid_request`, and nothing is sent.
   */
  readonly signal?: AbortSignal;
}

/** A client of the Whisul API; see {@link createWhisul}. */
export interface Whisul extends JobEngine {
  /**
   * The status transitions of a job: each once, in order; completes with `completed` or `failed` (a failed job is a
   * value). Cold; all subscribers share one polling loop; a late one gets the latest state at once. Unsubscribing the
   * last one aborts the request under way and clears every timer.
   *
   * Errors mean that the outcome could not be learnt: `not_found`, `unauthorized`, `invalid_request`, `job_timeout`,
   * `closed`, or the last of too many failures in a row (`network`, `request_timeout`, `rate_limited`,
   * `server_error`, `invalid_response`). They carry `jobId` and `lastState`.
   */
  job$(job: JobRef): Observable<Job>;
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
  /** The same as {@link Whisul.close}, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Creates a client of the Whisul API. Nothing is sent before something is subscribed or called.
 *
 * @throws WhisulError `invalid_request` that names a bad option
 * @example
 * ```ts
 * import { createWhisul } from '@whisul-rx/core';
 *
 * const whisul = createWhisul();
 * whisul.generate$('a relaxing lo-fi hip hop beat').subscribe((job) => console.log(job.status));
 * ```
 */
export function createWhisul(options: WhisulOptions = {}): Whisul {
  const { budget, remember, requestTimeout, ...rest } = resolveOptions(options);
  const events = new ClientEvents(rest.scheduler);
  const alarms = new Alarms(rest.scheduler);
  const lane = new RequestLane(budget, alarms, (ms) => {
    events.emit(ms === undefined ? { type: 'resumed' } : { type: 'paused', until: rest.scheduler.now() + ms });
  });
  const closed$ = new ReplaySubject<WhisulError>(1);
  const records = new JobRecords(remember);
  const context: ClientContext = {
    ...rest,
    events,
    alarms,
    lane,
    records,
    closed$,
    isClosed: () => closed,
    requestTimeouts: new Timeouts(alarms, requestTimeout),
    jobTimeouts: new Timeouts(alarms, rest.jobTimeout),
    durations: new RecentDurations(),
    calls: new LinkedList<JobCall>(),
  };
  let closed = false;

  const generate$ = (request: GenerateRequest): Observable<JobState> => {
    let submission: JobSubmission | undefined;
    const states$ = defer(() => (submission ??= submitJob(context, parsePrompt(request))).submitted$).pipe(
      switchMap(({ record, receipt }) =>
        defer(() => followJob$(context, records.get(record.id) ?? record)).pipe(startWith(receipt)),
      ),
    );
    submissions.set(states$, {
      get sent() {
        return submission?.sent ?? false;
      },
      get receipt() {
        return submission?.receipt;
      },
    });
    return states$;
  };

  const close = (): void => {
    if (closed) return;
    closed = true;
    lane.close();
    closed$.next(new WhisulError('closed', 'The client was closed.'));
    for (let call = context.calls.first; call !== undefined; call = context.calls.first) call.close();
    for (const record of records.live()) record.loop?.error(closedError(record));
    events.close();
  };

  const whisul: Whisul = {
    job$: (ref) => defer(() => followJob$(context, openRecord(context, parseJobRef(ref)))),
    generate$,
    batch$: (requests, batchOptions) => batch$(whisul, requests, batchOptions),
    submit: async (request, callOptions) => {
      const { submitted$, aborted } = submitJob(context, parsePrompt(request));
      return toPromise(submitted$.pipe(map(({ receipt }) => receipt)), readSignal(callOptions), aborted);
    },
    getJob: async (ref, callOptions) => getJob(context, parseJobRef(ref), readSignal(callOptions)),
    events$: events.events$,
    close,
    [Symbol.dispose]: close,
  };
  return whisul;
}

function readSignal(options: CallOptions | undefined): AbortSignal | undefined {
  return signalOption(objectOption('options', options)?.signal);
}
