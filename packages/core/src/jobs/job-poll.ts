import type { Job } from '../model/job-schema.js';
import { isTerminal } from '../model/is-terminal.js';
import { isTransient } from '../model/failure.js';
import { isWhisulError, type WhisulError } from '../model/whisul-error.js';
import { judgeFailure } from '../polling/judge-failure.js';
import { nextGap, nextGapOrSound } from '../polling/poll-schedule.js';
import { callError } from '../http/answer-error.js';
import type { ApiAnswer } from '../http/api-answer.js';
import type { ApiCall } from '../http/api.js';
import type { ClientContext } from './client-context.js';
import { closeGate } from './close-gate.js';
import type { JobRecord } from './job-record.js';
import { readJobAnswer } from './read-job-answer.js';

/** For this long after its own 202 a client takes a 404 for a failed poll: the id may not be visible everywhere yet. */
const visibleWithin = 60_000;

/**
 * The status request of one job, and what its outcomes do to the job's record. A record is written before anything is
 * emitted: a subscriber may leave, or come back, in the middle of an emission.
 */
export class JobPoll implements ApiCall<Job> {
  readonly method = 'GET';
  readonly #client: ClientContext;
  readonly #record: JobRecord;

  constructor(client: ClientContext, record: JobRecord) {
    this.#client = client;
    this.#record = record;
  }

  get url(): string {
    return this.#record.url;
  }

  get jobId(): string {
    return this.#record.id;
  }

  lastState() {
    return this.#record.state;
  }

  onSend(): void {
    this.#record.sentAt = this.#client.now();
  }

  /** Ms until the schedule, or a wait after a failure, allows the next request. */
  dueIn(): number {
    const record = this.#record;
    const { sentAt } = record;
    // That request was aborted: then the wait runs from its start.
    if (sentAt !== undefined) record.notBefore = sentAt + this.#soundGap(sentAt);
    record.sentAt = undefined;
    return Math.max(0, record.notBefore - this.#client.now());
  }

  /** Takes in an answer. @throws WhisulError for one that cannot be read */
  read(answer: ApiAnswer): Job {
    const record = this.#record;
    const job = this.#readJob(answer);
    const now = this.#client.now();
    record.sentAt = undefined;
    record.unknown = false;
    record.polls += 1;
    record.failures = 0;
    if (!isTerminal(job)) record.notBefore = now + this.#nextGap(now);
    const isNews = record.state?.status !== job.status;
    record.state = job;
    if (isNews) this.#report(job);
    return job;
  }

  /** Takes in a failure. @throws the error that the stream ends with */
  readonly onFailure = (error: unknown): void => {
    const record = this.#record;
    const { events, now, policy, random } = this.#client;
    const options = { policy, random, isTransient: (failure: unknown) => this.#isTransient(failure) };
    const { failures, wait, final } = judgeFailure(options, error, record.failures + 1);
    const { code = 'engine', retryAfter = 0 } = isWhisulError(error) ? error : {};
    const at = now();
    record.sentAt = undefined;
    record.unknown = final && code === 'not_found';
    // A subscription after the error counts from zero. One that comes before the error goes on counting.
    record.failures = final ? 0 : failures;
    record.notBefore = at + (final ? Math.max(this.#soundGap(at), retryAfter) : wait);
    closeGate(this.#client, error, wait);
    if (final) throw error;
    events.emit({ type: 'retry', wait, code, failures }, record.id);
  };

  timeoutError(): WhisulError {
    this.#record.failures = 0;
    return callError(this, 'job_timeout', `The job did not end within ${String(this.#client.jobTimeout / 1000)} s.`);
  }

  closedError(): WhisulError {
    return callError(this, 'closed', 'The client was closed.');
  }

  #readJob(answer: ApiAnswer): Job {
    const record = this.#record;
    const { state } = record;
    // Reading is most of a poll's cost, and most answers repeat the one before.
    if (answer.raw === record.answer && state !== undefined && state.status !== 'submitted') return state;
    const job = readJobAnswer(this.#client.events, this, answer);
    record.answer = answer.raw;
    return job;
  }

  #report(job: Job): void {
    const { durations, events } = this.#client;
    events.emit({ type: 'transition', job }, job.job_id);
    if (job.status === 'running' || job.started_at === undefined || job.finished_at === undefined) return;
    const duration = Date.parse(job.finished_at) - Date.parse(job.started_at);
    if (duration >= 0) durations.add(duration);
  }

  #isTransient(error: unknown): boolean {
    if (isTransient(error)) return true;
    const { submittedAt } = this.#record;
    if (submittedAt === undefined || !isWhisulError(error, 'not_found') || error.status !== 404) return false;
    return this.#client.now() - submittedAt < visibleWithin;
  }

  /** What the schedule says at that time, or a sound wait if it fails. */
  #soundGap(time: number): number {
    return nextGapOrSound(this.#client.schedule, this.#scheduleState(time));
  }

  #nextGap(now: number): number {
    try {
      return nextGap(this.#client.schedule, this.#scheduleState(now));
    } catch (error) {
      if (!isWhisulError(error)) throw error;
      throw callError(this, error.code, error.message, { cause: error.cause });
    }
  }

  #scheduleState(time: number) {
    const { polls, firstSeen } = this.#record;
    return { polls, elapsed: time - firstSeen, durations: this.#client.durations };
  }
}
